"""Whether a text can be read quickly by somebody of another trade. It advises and stops nobody.

Use it beside what somebody writes. Not to judge them: a long sentence can be a clear one, and assessors read words,
not counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from careatlas.catalogue.plain_words import PlainWords, load_plain_words

SHOWN = 3  # of each kind: a page of advice is not read
_MARKUP = re.compile(r"https?://\S+|`[^`]*`|[*_#>|]|\]\([^)]*\)|^\s*[-+]\s", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"(])|\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.)\s)")
_WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*")
_ACRONYM = re.compile(r"\b[A-Z][A-Z&]*[A-Z]s?\b")
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?"
    r"(?:\w{2,}ed|done|made|given|taken|seen|shown|sent|held|kept|known|written|found|built|brought)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Advice:
    """``about``: sentences, words, acronyms, jargon or passive. ``words``: what to do, in a sentence."""

    about: str
    words: str


def advice(text: str, spelt_out_before: str = "") -> list[Advice]:
    """What could be said more plainly. ``spelt_out_before``: text that readers have met already, so that an acronym
    explained there need not be explained again.

    >>> [one.words for one in advice("We used the SDEC unit.")]
    ['SDEC is not spelt out: write the words once, with SDEC in brackets after them.']
    >>> advice("Same day emergency care (SDEC) opened. SDEC is quick.")
    []
    """
    rules = load_plain_words()
    plain = _MARKUP.sub(" ", text)
    parts = (_MARKUP.sub(" ", one).strip() for one in _SENTENCE_END.split(text))
    sentences = [one for one in parts if _WORD.search(one)]
    return [
        *_long_sentences(sentences, rules),
        *_long_words(plain, rules),
        *_acronyms(plain, f"{spelt_out_before}\n{plain}", rules),
        *_jargon(plain, rules),
        *_passive(sentences, rules),
    ]


def _long_sentences(sentences: list[str], rules: PlainWords) -> Iterator[Advice]:
    counted = [(len(_WORD.findall(one)), one) for one in sentences]
    long = sorted((one for one in counted if one[0] > rules.longest_sentence_words), reverse=True)
    for words, sentence in long[:SHOWN]:
        start = " ".join(sentence.split()[:6])
        yield Advice("sentences", f"A sentence of {words} words: “{start} …”. Could it be two?")
    if len(long) > SHOWN:
        yield Advice("sentences", f"{len(long) - SHOWN} other sentences are as long.")


def _long_words(text: str, rules: PlainWords) -> Iterator[Advice]:
    long = list(dict.fromkeys(w.lower() for w in _WORD.findall(text) if len(w) >= rules.long_word_letters))
    if len(long) >= SHOWN:
        shown = ", ".join(long[: 2 * SHOWN])
        yield Advice("words", f"{len(long)} long words: {shown}. Keep those your readers use themselves.")


def _acronyms(text: str, whole: str, rules: PlainWords) -> Iterator[Advice]:
    known = set(rules.known_acronyms)
    met = dict.fromkeys(found.removesuffix("s") for found in _ACRONYM.findall(text))
    unknown = [one for one in met if one not in known and not _is_spelt_out(one, whole)]
    for one in unknown[:SHOWN]:
        yield Advice(
            "acronyms",
            f"{one} is not spelt out: write the words once, with {one} in brackets after them.",
        )
    if len(unknown) > SHOWN:
        yield Advice("acronyms", f"Nor are {', '.join(unknown[SHOWN : 4 * SHOWN])}.")


def _is_spelt_out(acronym: str, whole: str) -> bool:
    """``Words (ABC)`` or ``ABC (words)``."""
    letters = re.escape(acronym)
    return bool(
        re.search(rf"\w[\w,&’'\- ]+\({letters}s?\)|\b{letters}s?\s+\([a-z][^)]*\s[^)]*\)", whole, re.I)
    )


def _jargon(text: str, rules: PlainWords) -> Iterator[Advice]:
    said = " ".join(text.lower().split())
    found = [
        (phrase, plain)
        for phrase, plain in rules.instead_of.items()
        if re.search(rf"\b{re.escape(phrase)}\b", said)
    ]
    longest = [one for one in found if not any(one[0] in other and one[0] != other for other, _ in found)]
    for phrase, plain in longest[: 2 * SHOWN]:
        yield Advice("jargon", f"Instead of “{phrase}”: {plain}.")


def _passive(sentences: list[str], rules: PlainWords) -> Iterator[Advice]:
    passive = [one for one in sentences if _PASSIVE.search(one)]
    if len(passive) >= SHOWN and len(passive) > rules.most_passive_share * len(sentences):
        yield Advice(
            "passive",
            f"{len(passive)} of {len(sentences)} sentences do not say who acted. "
            "Write “the ward sister rang”, not “calls were made”.",
        )
