"""Waits of the small fictional country: 32 sub-areas, six months to March 2026, two specialties, three trusts.

Sub-area n completes 100 + 10n pathways with admission and 400 without each month, of 10,000 registered people. Seven
in ten took 5 to 6 weeks, three in ten 30 to 31. On its list are 1,000: 650 for 5 to 6 weeks, 340 for 30 to 31 and 10
for 60 to 61. In the last month S02 and T01 are missing and S03 is incomplete. Trauma (110) is half of everything.
"""

from datetime import date
from typing import Any

SUB_AREAS, BOARDS = 32, 4
MISSING, INCOMPLETE, ABSENT = "S02", "S03", "T01"
SHORT, MIDDLE, LONG = 5, 30, 60  # weeks


def tables(months: list[tuple[date, date]], country: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of ``waits`` and ``denominators``; ``months`` are all the country's, oldest first."""
    return {
        "waits": [row for month in months[-6:] for row in _of_month(month, country, month == months[-1])],
        "denominators": _people(country),
    }


def reproductions(months: list[tuple[date, date]]) -> dict[str, dict[str, Any]]:
    """Two claims on file in full, one on too many months, and one about places of another country."""
    on_file, longer = (months[-6][0], months[-1][1]), (months[0][0], months[-1][1])
    return {
        one["id"]: one
        for one in (
            _published(
                "whole",
                on_file,
                [
                    {
                        "id": "first",
                        "kind": "rank",
                        "words": "Heatherbottom treated most",
                        "area": "S31",
                        "rank": 1,
                    },
                    {
                        "id": "wrong",
                        "kind": "rank",
                        "words": "Heatherbottom was 20th",
                        "area": "S31",
                        "rank": 20,
                    },
                    {
                        "id": "low",
                        "kind": "lowest_fifth",
                        "words": "Alderbrook was among the lowest",
                        "area": "S00",
                    },
                    {"id": "all", "kind": "total", "words": "125,000 were completed", "total": 125_000.0},
                ],
            ),
            _published(
                "longer",
                longer,
                [{"id": "most", "kind": "rank", "words": "Glenhollow was second", "area": "S30", "rank": 2}],
            ),
            _published(
                "elsewhere",
                on_file,
                [
                    {
                        "id": "real",
                        "kind": "rank",
                        "words": "Another place was first",
                        "area": "X99",
                        "rank": 1,
                    }
                ],
            ),
        )
    }


def _published(id: str, window: tuple[date, date], claims: list[dict[str, Any]]) -> dict[str, Any]:
    empty = {"area": None, "rank": None, "total": None}
    return {
        "id": id,
        "title": f"A comparison: {id}",
        "publisher": "A publisher",
        "published": "2026",
        "source": {"title": "A report", "url": "https://example.org/report"},
        "first_month": window[0].isoformat(),
        "last_month": window[1].isoformat(),
        "claims": [empty | claim for claim in claims],
    }


def _flows(n: int) -> dict[str, int]:
    admitted = 100 + 10 * n
    return {
        "completed_admitted": admitted,
        "completed_non_admitted": 400,
        "incomplete": 1000,
        "new_periods": admitted + 400,
    }


def _of_month(month: tuple[date, date], country: str, is_last: bool) -> list[dict[str, Any]]:
    counts = {f"S{n:02d}": _flows(n) for n in range(SUB_AREAS)}
    boards = {
        f"B{b}": [c for n, c in enumerate(counts) if n * BOARDS // SUB_AREAS == b] for b in range(BOARDS)
    }
    regions = {f"R{r}": boards[f"B{2 * r}"] + boards[f"B{2 * r + 1}"] for r in (0, 1)}
    levels = {"sub_icb": {code: [code] for code in counts}, "icb": boards, "region": regions}
    levels["country"] = {country: list(counts)}
    rows = []
    for level, members in levels.items():
        for code, inside in members.items():
            for part in _flows(0):
                rows += _rows(month, level, code, part, sum(counts[one][part] for one in inside), is_last)
    for n in range(3):
        for part, count in _flows(10 * n).items():
            rows += _rows(month, "provider", f"T0{n}", part, count, is_last)
    return rows


def _rows(
    month: tuple[date, date], level: str, code: str, part: str, count: int, is_last: bool
) -> list[dict[str, Any]]:
    status = "missing" if is_last and code in (MISSING, ABSENT) else "reported"
    status = "incomplete" if is_last and code == INCOMPLETE else status
    rows = []
    for specialty, pathways in (("total", count), ("110", count // 2)):
        figures = {
            "pathways": float(pathways),
            "weeks": None if part == "new_periods" else _weeks(part, pathways),
        }
        rows.append(
            {"area_type": level, "area": code, "period_start": month[0], "period_end": month[1], "part": part}
            | {
                "specialty": specialty,
                "status": status,
                "note": None if status == "reported" else "It did not report.",
            }
            | (dict.fromkeys(figures) if status == "missing" else figures)
        )
    return rows


def _weeks(part: str, pathways: int) -> list[int]:
    weeks = [0] * 105
    long = pathways // 100 if part == "incomplete" else 0
    weeks[LONG] = long
    weeks[SHORT] = pathways * (65 if part == "incomplete" else 70) // 100
    weeks[MIDDLE] = pathways - long - weeks[SHORT]
    return weeks


def _people(country: str) -> list[dict[str, Any]]:
    """Registered 10,000 each; residents fewer where n is high, so that ranks move; need the other way."""
    of_kind = {
        ("registered", "2023_2024"): lambda n: 10_000.0,
        ("resident", "mid_2022"): lambda n: 14_000.0 - 100 * n,
        ("need_weighted", "2023_2024"): lambda n: 8_000.0 + 600 * n,
    }
    rows = []
    for (kind, edition), people in of_kind.items():
        start, end = (
            (date(2023, 4, 1), date(2024, 3, 31))
            if edition[0] == "2"
            else (date(2022, 6, 30), date(2022, 6, 30))
        )
        counts = {"sub_icb": {f"S{n:02d}": people(n) for n in range(SUB_AREAS)}}
        counts["icb"] = {f"B{b}": sum(people(n) for n in range(8 * b, 8 * b + 8)) for b in range(BOARDS)}
        counts["country"] = {country: sum(people(n) for n in range(SUB_AREAS))}
        rows += [
            {"people_counted": kind, "edition": edition, "area_type": level, "area": code, "people": count}
            | {"period_start": start, "period_end": end, "source": "made"}
            for level, members in counts.items()
            for code, count in members.items()
        ]
    return rows
