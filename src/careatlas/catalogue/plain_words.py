"""What the plain-language check looks for: ``content/library/plain_words.yaml``."""

import functools

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.library import load_for_library


class PlainWords(Definition):
    """``instead_of``: a phrase in small letters, and what to say. ``known_acronyms``: need not be spelt out."""

    longest_sentence_words: int
    long_word_letters: int
    most_passive_share: float
    known_acronyms: list[str]
    instead_of: dict[str, str]


@functools.cache
def load_plain_words() -> PlainWords:
    return load_for_library("plain_words", PlainWords)
