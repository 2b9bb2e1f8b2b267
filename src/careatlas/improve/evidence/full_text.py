"""Words looked up in the texts of examples, by whichever engine the database has.

All words must be there (in any form: waits finds waiting), those in "quotation marks" side by side; nearness of title
and summary counts most. SQLite and PostgreSQL search the same texts and put them in the same kind of order. Only here
is either spoken to in its own words; which examples may be seen, and what else is asked of them, is in `finding`.
"""

import re
from typing import Any

from django.db import connection

MOST_WORDS = 12
# Of the columns in migration 0002, in its order.
_WEIGHTS = "10, 4, 2, 2, 1, 1, 1, 1, 1, 1, 1"
# Asked for alone or among others, such words tell nothing; in a phrase they stay.
_TOO_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        a about above after again against all am an and any are as at be because been before being below between both
        but by can did do does doing don down during each few for from further had has have having he her here hers
        herself him himself his how i if in into is it its itself just me more most my myself no nor not now of off on
        once only or other our ours ourselves out over own s same she should so some such t than that the their theirs
        them themselves then there these they this those through to too under until up very was we were what when where
        which while who whom why will with you your yours yourself yourselves
        """,
    )
)


def ranks(words: str) -> tuple[dict[int, float] | None, bool]:
    """Of those with every word how far they are from them, the less the nearer; where there is none, of those with any
    (then the second is True). None where no words are asked for."""
    wanted = _wanted(words)
    found = ranks_with_all(words)
    if found == {} and len(wanted) > 1:
        found = _looked_up(wanted, "OR")
        return found, bool(found)
    return found, False


def ranks_with_all(words: str) -> dict[int, float] | None:
    """Of those with every word; None where no words are asked for."""
    wanted = _wanted(words)
    return _looked_up(wanted, "AND") if wanted else None


def _wanted(text: str) -> list[str]:
    """Words and phrases of letters and figures only, so that nothing in them is a command to the database.

    >>> _wanted('the "length of stay" & (beds OR wards)*')
    ['length of stay', 'beds', 'wards']
    """
    parts = re.findall(r'"([^"]*)"|([^\s"]+)', text.lower())
    split = [re.findall(r"[^\W_]+", phrase or word) for phrase, word in parts]
    told = [" ".join(words) for words in split if set(words) - _TOO_COMMON]
    return told[:MOST_WORDS]


def _looked_up(wanted: list[str], joined: str) -> dict[int, float]:
    look_up = _in_postgresql if connection.vendor == "postgresql" else _in_sqlite
    with connection.cursor() as cursor:
        look_up(cursor, wanted, joined)
        return dict(cursor.fetchall())


def _in_sqlite(cursor: Any, wanted: list[str], joined: str) -> None:
    cursor.execute(
        f"SELECT rowid, bm25(evidence_finding, {_WEIGHTS}) FROM evidence_finding WHERE evidence_finding MATCH %s",
        [f" {joined} ".join(f'"{one}"' for one in wanted)],
    )


def _in_postgresql(cursor: Any, wanted: list[str], joined: str) -> None:
    each = ["phraseto_tsquery('careatlas_english', %s)"] * len(wanted)
    query = {"AND": " && ", "OR": " || "}[joined].join(each)
    cursor.execute(
        f"SELECT id, -ts_rank(finding, query) FROM evidence_example, (SELECT {query} AS query) AS asked "
        "WHERE finding @@ query",
        wanted,
    )
