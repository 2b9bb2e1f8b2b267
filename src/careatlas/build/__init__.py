"""From publishers' files to a release: tidy -> count -> estimate -> disclose -> publish.

`pipeline.py` tells the story in one screen; each step is a file of its own.
"""
