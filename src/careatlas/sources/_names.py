"""Names of areas and hospitals as people write them, from names as publishers shout or pad them.

For sources that list areas. Not a source itself.
"""

import re

SMALL_WORDS = {"and", "of", "the", "on", "upon", "under", "in", "by", "for", "with", "le"}
ACRONYMS = {"NHS", "ICB", "UK", "PLC", "CIC", "LLP", "GP", "MSK", "HQ", "CES", "DHC", "DMC", "HCRG", "N2S"}


def in_title_case(name: str) -> str:
    """A name as people write it: "VALE OF YORK" becomes "Vale of York", "Isle Of Wight" "Isle of Wight"."""
    shouted = name.isupper()

    def written(word: re.Match) -> str:
        if word[0].upper() in ACRONYMS:
            return word[0].upper()
        if word[0].lower() in SMALL_WORDS and word.start() > 0:
            return word[0].lower()
        return word[0][0].upper() + word[0][1:].lower() if shouted else word[0]

    return re.sub(r"[A-Za-z0-9'’]+", written, name.strip())


def without_nhs(name: str) -> str:
    """What tells areas apart: "NHS Wakefield CCG" and "NHS WAKEFIELD (SUB ICB LOCATION)" are Wakefield."""
    words = re.sub(r"(?i)\s*(\(sub icb location\)|\bintegrated care board|\bicb|\bccg)\s*$", "", name.strip())
    return in_title_case(re.sub(r"(?i)^nhs\s+", "", words))
