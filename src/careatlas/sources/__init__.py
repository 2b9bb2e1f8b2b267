"""One file per publication: what the publisher issued as the declared tables, every row accounted for.

A source registers by being a file in this folder; ``source.py`` is the contract it keeps.
"""
