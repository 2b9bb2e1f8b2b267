"""Invented names for the simulated country: none is a real English place, trust or council.

Names are put together from syllables in a fixed order, so that the country keeps its names whatever the seed.
A test holds every one of them against the real names in publishers' files.
"""

from collections.abc import Iterator

COUNTRY_NAME = "Ostmarrow"

_STARTS = (
    *("Tal", "Vor", "Kes", "Lun", "Bren", "Thal", "Gor", "Pel", "Ruv", "Sen", "Dol", "Fyr"),
    *("Jor", "Quel", "Yar", "Zel", "Ebr", "Ind", "Ulv", "Osk", "Ael", "Mirr", "Nav", "Skor"),
)
_MIDDLES = ["a", "e", "i", "o", "u", "ei", "au"]
_ENDS = ["var", "nna", "th", "ska", "ndal", "rra", "mond", "ssin", "stra", "lin"]


def invented_words() -> Iterator[str]:
    """1,680 single invented words, each once, always in the same order; neighbours look unlike."""
    for turn in range(len(_MIDDLES) * len(_ENDS)):  # 7 and 10 share no factor: every pair comes once
        for place, start in enumerate(_STARTS):
            yield (
                start + _MIDDLES[(3 * place + turn) % len(_MIDDLES)] + _ENDS[(7 * place + turn) % len(_ENDS)]
            )


def sub_area_name(word: str, other: str, place: int) -> str:
    """A sub-area's name: mostly one word; some as real ones are made (North ..., Vale of ...)."""
    patterns = {3: "North {}", 7: "Vale of {}", 11: "{} and {}", 17: "South {}", 19: "{} Coast"}
    return patterns.get(place % 23, "{}").format(word, other)


def board_name(word: str, other: str, place: int) -> str:
    patterns = {2: "{} and {}", 5: "Greater {}"}
    return patterns.get(place % 7, "{}").format(word, other)


def region_name(word: str, place: int) -> str:
    patterns = {1: "{} Isles", 4: "{} and the Marches"}
    return patterns.get(place, "{}").format(word)
