"""The content of the atlas, read and checked once: indicators, areas, programmes, standards, populations.

``library.load_catalogue()`` gathers every fault in every file before it speaks.
"""
