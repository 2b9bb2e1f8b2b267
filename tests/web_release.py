"""A small release of a fictional country for the tests of pages and API: every status, every kind of page.

Two regions, four boards, 32 sub-areas in a grid, three trusts, fifteen months. Numbers follow a plain rule,
so that a test can say what to expect: sub-area n completes 100 + 2n + 3m of 10,000 people in month m.
"""

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import opportunity_rows
import provider_rows
import pyarrow as pa
import waiting_rows

from careatlas.engine.release import Release, publish
from careatlas.engine.tables import RELEASE
from careatlas.present.maps import simplified

SUB_AREAS, BOARDS, MONTHS = 32, 4, 15
COUNTRY = "SIM"
IMPROVED = date(2025, 9, 1)
ZERO, MISSING, INCOMPLETE, HIDDEN = "S01", "S02", "S03", "S04"  # their states in the latest month
_NAMES = """
    Alderbrook Birchcombe Cragford Dunmere Elmstow Fernhollow Greyburn Hazeldon Inglewick Jessamy Kestrelby
    Larkmoor Mallowby Netherfold Oakenshaw Penworthy Quarrendale Rushcroft Silverbeck Thornhaven Underhill
    Vexford Westmarch Yarrowby Ashpool Bramblegate Coldwater Driftwood Eastmere Foxley Glenhollow
    Heatherbottom
"""
NAMES = _NAMES.split()


@contextmanager
def client_of(home: Path) -> Iterator[Any]:
    """Django's test client on the releases in ``home``."""
    os.environ.setdefault("CAREATLAS_HOME", str(home))
    os.environ["DJANGO_SETTINGS_MODULE"] = "careatlas.web.settings"
    import django
    from django.test import Client, override_settings

    django.setup()
    with override_settings(HOME=home):
        yield Client(raise_request_exception=False)


def months() -> list[tuple[date, date]]:
    """January 2025 to March 2026."""
    starts = [date(2025 + n // 12, n % 12 + 1, 1) for n in range(MONTHS + 1)]
    return [(start, after - timedelta(days=1)) for start, after in itertools.pairwise(starts)]


def make_release(home: Path) -> Release:
    """Write the release into ``home`` and serve it from there."""
    values = [*_pathways(), *_four_hours(), *_antibiotics()]
    spending = opportunity_rows.spending(months()[-1], _value)  # compared with nobody: too few people
    rows = {
        "areas": _areas(),
        "area_names": _area_names(),
        "values": [*values, *spending],
        "comparisons": provider_rows.with_z_adjusted(_comparisons(values)),
        **explanations(),
        "population": _population(),
        "peers": [*_peers(), *provider_rows.peers()],
        "opportunities": [
            *opportunity_rows.opportunities(months()[-1]),
            *provider_rows.opportunities(months()[-1]),
        ],
        **waiting_rows.tables(months(), COUNTRY),
        "neighbours": _neighbours(),
        "completeness": [
            {
                "source": "rtt",
                "submitter": "T01",
                "submitter_name": "Alderbrook Infirmary",
                "submitter_type": "provider",
                **_period(months()[-1]),
                "status": "absent",
                "evidence": "Reported in 14 of the last 14 months, not in this one.",
            }
        ],
        "files": _files(),
        "reconciliation": [
            {
                "source": "rtt",
                "file": "rtt/march.zip",
                **_period(months()[-1]),
                "total": "completed pathways",
                "published": 4_280.0,
                "counted": 4_280.0,
                "in_areas": 4_192.0,
                "outside_areas": 88.0,
            }
        ],
    }
    tables = {
        name: pa.Table.from_pylist(
            [{c: row.get(c) for c in table.column_names} for row in rows.get(name, [])], table.schema
        )
        for name, table in RELEASE.items()
    }
    documents = {"catalogue.json": _catalogue(), "boundaries/sub_icb.json": _outlines()}
    return publish(home, tables, documents, _manifest())


def _period(month: tuple[date, date]) -> dict[str, date]:
    return {"period_start": month[0], "period_end": month[1]}


def _codes() -> list[str]:
    return [f"S{n:02d}" for n in range(SUB_AREAS)]


def _board(n: int) -> str:
    return f"B{n * BOARDS // SUB_AREAS}"


def _areas() -> list[dict[str, Any]]:
    def area(code: str, name: str, area_type: str, parent: str | None, **more: Any) -> dict[str, Any]:
        return {
            "code": code,
            "name": name,
            "official_name": name,
            "area_type": area_type,
            "parent_code": parent,
            **more,
        }

    return [
        area(COUNTRY, "Simland", "country", None),
        area("R0", "North", "region", COUNTRY),
        area("R1", "South", "region", COUNTRY),
        *(
            area(f"B{n}", f"{('Upper', 'Middle', 'Lower', 'Far')[n]} Board", "icb", f"R{n // 2}")
            for n in range(BOARDS)
        ),
        *(
            area(
                code,
                NAMES[n],
                "sub_icb",
                _board(n),
                hex_q=n % 8 - n // 16,
                hex_r=n // 8,
                longitude=n % 8 * 0.2,
                latitude=51 + n // 8 * 0.2,
            )
            for n, code in enumerate(_codes())
        ),
        *(area(f"T0{n}", f"{NAMES[n]} Infirmary", "provider", "R0") for n in range(3)),
    ]


def _area_names() -> list[dict[str, Any]]:
    own = [
        {"name": a["name"], "kind": "area", "area": a["code"], "area_type": a["area_type"]} for a in _areas()
    ]
    return [
        *own,
        {"name": "St Éloi's", "kind": "town", "area": "S05", "area_type": "sub_icb", "share": 1.0},
        {"name": "Wideshire", "kind": "council", "area": "S06", "area_type": "sub_icb", "share": 0.75},
        {"name": "Wideshire", "kind": "council", "area": "S07", "area_type": "sub_icb", "share": 0.25},
        {"name": "The Old Royal", "kind": "hospital", "area": "T00", "area_type": "provider"},
    ]


def _value(
    indicator: str,
    area_type: str,
    area: str,
    month: tuple[date, date],
    count: float,
    among: float,
    per: float,
) -> dict:
    """Normal limits: only the shape matters here."""
    value, error = count / among * per, per * np.sqrt(max(count, 1)) / among
    return {
        "indicator": indicator,
        "area_type": area_type,
        "area": area,
        **_period(month),
        "sex": "persons",
        "age_band": "all",
        "count": float(count),
        "denominator": float(among),
        "value": float(value),
        "lower_95": float(max(0, value - 1.96 * error)),
        "upper_95": float(value + 1.96 * error),
        "lower_998": float(max(0, value - 3.09 * error)),
        "upper_998": float(value + 3.09 * error),
        "status": "reported" if count else "zero",
        "note": None,
    }


def _without_value(row: dict[str, Any], status: str, note: str) -> dict[str, Any]:
    numbers = ("count", "value", "lower_95", "upper_95", "lower_998", "upper_998")
    return row | dict.fromkeys(numbers) | {"status": status, "note": note}


def _pathways() -> list[dict[str, Any]]:
    rows = []
    for n_month, month in enumerate(months()):
        latest = n_month == MONTHS - 1
        counts = {code: 100 + 2 * n + 3 * n_month for n, code in enumerate(_codes())}
        if latest:
            counts[ZERO] = 0
        for code, count in counts.items():
            row = _value("completed", "sub_icb", code, month, count, 10_000, 1_000)
            if latest and code == MISSING:
                row = _without_value(row, "missing", "Its trust did not report.")
            if latest and code == INCOMPLETE:
                row |= {"status": "incomplete", "note": "Alderbrook Infirmary did not report."}
            if latest and code == HIDDEN:
                row = _without_value(row, "hidden", "Fewer than 8.")
            rows.append(row)
        for level, members in _levels().items():
            for code, inside in members.items():
                total = sum(counts[one] for one in inside)
                rows.append(_value("completed", level, code, month, total, 10_000 * len(inside), 1_000))
    return rows


def _levels() -> dict[str, dict[str, list[str]]]:
    boards = {
        f"B{b}": [code for n, code in enumerate(_codes()) if _board(n) == f"B{b}"] for b in range(BOARDS)
    }
    regions = {f"R{r}": boards[f"B{2 * r}"] + boards[f"B{2 * r + 1}"] for r in (0, 1)}
    return {"icb": boards, "region": regions, "country": {COUNTRY: _codes()}}


def _four_hours() -> list[dict[str, Any]]:
    """Trust n has 90 - 15 n percent; T01 had 60 before it improved in September 2025."""
    rows = []
    for month in months():
        counts = [9_000, 7_500 if month[0] >= IMPROVED else 6_000, 6_000]
        rows += [
            _value("four_hours", "provider", f"T0{n}", month, count, 10_000, 100)
            for n, count in enumerate(counts)
        ]
        rows.append(_value("four_hours", "country", COUNTRY, month, 22_500, 30_000, 100))
    return rows


def _antibiotics() -> list[dict[str, Any]]:
    """In the latest month sub-area n has 60 - n broad items of 1,000; S05 did not report."""
    counts = {code: 60 - n for n, code in enumerate(_codes())}
    rows = [_value("antibiotics", "sub_icb", code, months()[-1], n, 1_000, 100) for code, n in counts.items()]
    rows[5] = _without_value(rows[5], "missing", "It did not report.")
    total = sum(counts.values()) - counts["S05"]
    return [*rows, _value("antibiotics", "country", COUNTRY, months()[-1], total, 31_000, 100)]


def _population() -> list[dict[str, Any]]:
    """Sub-area n has 100 + n of each sex under 5 and 50 over 90; the country is their sum."""
    mid_2025 = {"period_start": date(2025, 6, 30), "period_end": date(2025, 6, 30)}
    young = {code: 100.0 + n for n, code in enumerate(_codes())} | {
        COUNTRY: sum(100.0 + n for n in range(SUB_AREAS))
    }
    return [
        {"area_type": "country" if code == COUNTRY else "sub_icb", "area": code, **mid_2025}
        | {"sex": sex, "age_band": band, "people": people}
        for code, of_young in young.items()
        for band, people in (("00-04", of_young), ("90+", 50.0 * (SUB_AREAS if code == COUNTRY else 1)))
        for sex in ("female", "male")
    ]


def _pathway() -> dict[str, Any]:
    return {
        "id": "planned",
        "title": "Planned care",
        "programme": "planned_care",
        "steps": [
            {"title": "Primary care", "indicators": ["antibiotics"], "not_on_file": ""},
            {"title": "Activity", "indicators": ["completed"], "not_on_file": ""},
            {"title": "Outcome", "indicators": [], "not_on_file": "How patients fare."},
        ],
    }


def _peers() -> list[dict[str, Any]]:
    """S20 has S21 and S22 for peers; S23 is too unlike."""
    rows = [("S21", 1, 0.2, True), ("S22", 2, 0.4, True), ("S23", 3, 2.5, False)]
    names = ("peer", "rank", "distance", "good_match")
    of_area = {"area_type": "sub_icb", "area": "S20", "inclusion_share": 1.0}
    return [of_area | dict(zip(names, row, strict=True)) for row in rows]


def _neighbours() -> list[dict[str, Any]]:
    """S00 borders S01 and S08, eight miles away each; S01 lies under the same board."""
    pairs = [("S00", "S01", True), ("S01", "S00", True), ("S00", "S08", False), ("S08", "S00", False)]
    return [
        {"area_type": "sub_icb", "area": one, "other_area": other, "same_parent": same_parent}
        | {"miles": 8.0, "shares_border": True, "nearness": 1}
        for one, other, same_parent in pairs
    ]


def _comparisons(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    national = {
        (row["indicator"], row["period_end"]): row["value"] for row in values if row["area_type"] == "country"
    }
    found = []
    for row in values:
        if row["area_type"] == "country" or row["value"] is None:
            continue
        against = national[row["indicator"], row["period_end"]]
        if row["lower_95"] <= against <= row["upper_95"]:
            word = "similar"
        elif row["indicator"] == "antibiotics":
            word = "worse" if row["value"] > against else "better"
        elif row["indicator"] == "four_hours":
            word = "better" if row["value"] > against else "worse"
        else:
            word = "higher" if row["value"] > against else "lower"
        ranked = row["status"] != "incomplete"
        found.append(
            {key: row[key] for key in ("indicator", "area_type", "area", "period_start", "period_end")}
            | {
                "benchmark": "national",
                "benchmark_name": "Simland",
                "benchmark_value": against,
                "difference": row["value"] - against,
                "z": (row["value"] - against) / max(0.1, against / 10),
                "limits": "95",
                "significance": word if ranked else "not_compared",
                "group": None,
                "noise": None,
            }
        )
    return [*_ranked(found), *(_against_the_standard(row) for row in found if row["area_type"] == "provider")]


def _against_the_standard(national: dict[str, Any]) -> dict[str, Any]:
    keys = ("indicator", "area_type", "area", "period_start", "period_end")
    difference = national["benchmark_value"] + national["difference"] - 95.0
    return {
        **{key: national[key] for key in keys},
        "benchmark": "standard",
        "benchmark_name": "Seen within four hours (constitutional standard)",
        "benchmark_value": 95.0,
        "difference": difference,
        "significance": "better" if difference >= 0 else "worse",
        "limits": "95",
    }


def _ranked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["indicator"], row["area_type"], row["period_end"]), []).append(row)
    for members in groups.values():
        counted = sorted(
            (r for r in members if r["significance"] != "not_compared"), key=lambda r: -r["difference"]
        )
        for place, row in enumerate(counted, 1):
            row |= {
                "rank": float(place),
                "rank_lower": float(max(1, place - 3)),
                "rank_upper": float(min(len(counted), place + 3)),
                "ranked_areas": len(counted),
                "group": _half(max(1, place - 3), min(len(counted), place + 3), len(counted)),
                "noise": "comes_and_goes",
            }
    return rows


def _half(lower: int, upper: int, areas: int) -> str:
    half = areas // 2
    return "higher_half" if upper <= half else "lower_half" if lower > areas - half else "neither_half"


def explanations() -> dict[str, list[dict[str, Any]]]:
    """Why sub-areas differ in completed pathways in the latest month: S05 lies low against need, S00 unexplained."""
    of_month = {"indicator": "completed", "area_type": "sub_icb", **_period(months()[-1])}

    def limits(lower: str, upper: str, value: float, reach: float) -> dict[str, float]:
        return {lower: value - reach, upper: value + reach}

    shares = {"chance": 0.2, "comes_and_goes": 0.1, "need": 0.3, "against_need": 0.15, "spatial": 0.05}
    shares["unexplained"] = 0.2
    gaps = {"chance": 1.0, "need": 4.0, "unexplained": -24.0, "all": -20.0}
    fifths = {f"fifth_{n}": 10.0 + n for n in range(1, 6)} | {"sii": 5.0, "rii": 1.4}
    return {
        "shares": [
            of_month
            | {"component": name, "share": share, "covariates": "all", "periods": 12}
            | limits("lower", "upper", share, 0.05)
            | {"note": "not separable" if name == "spatial" else None}
            for name, share in shares.items()
        ],
        "gaps": [
            of_month
            | {"area": area, "component": name, "percent": percent, "periods": 12}
            | limits("lower", "upper", percent, 3.0)
            | {"verdict": verdict if name == "all" else None}
            for area, verdict in (("S05", "against_need"), ("S00", "unexplained"))
            for name, percent in gaps.items()
        ],
        "variation": [
            of_month
            | {"areas": 28, "index": "ratio_5_95", "value": 1.5, "lower": 1.4, "upper": 1.6, "p": 0.001}
            | {"chance": 1.1, "chance_lower": 1.05, "chance_upper": 1.15}
        ],
        "concentration": [
            *_parts("sub_icb", "S05", "specialty", ("110", -90.0, 0.5), ("mix", -30.0, 1 / 6)),
            *_parts("icb", "B0", "smaller_area", ("S05", -120.0, 2 / 3)),
        ],
        "inequality": [
            of_month
            | {"group": name, "areas": 6, "value": value, "count": 900.0, "denominator": 60_000.0}
            | limits("lower_95", "upper_95", value, 0.3)
            for name, value in fifths.items()
        ],
        "persistence": [
            _lasting("completed", "sub_icb", "S05", -18.0),
            _lasting("completed", "sub_icb", "S00", -21.0),
            _lasting("four_hours", "provider", "T02", -20.0),
            _lasting("four_hours", "provider", "T01", -12.0)
            | {"verdict": "improved", "change_start": IMPROVED, "change": 24.0, "change_q": 0.01}
            | limits("change_lower", "change_upper", 24.0, 6.0),
        ],
    }


def _parts(area_type: str, area: str, kind: str, *parts: tuple[str, float, float]) -> list[dict[str, Any]]:
    """The parts that make half of a gap of -180 pathways: with their names, excess and shares, by place."""
    of_area = {"indicator": "completed", "area_type": area_type, "area": area, **_period(months()[-1])}
    of_area |= {"kind": kind, "parts": 8, "parts_for_half": len(parts), "left_out": 0.0}

    def limit(part: str, excess: float) -> float | None:
        return None if part == "mix" else excess

    return [
        of_area
        | {"part": part, "place": place, "observed": 200.0 + excess, "expected": 200.0, "denominator": 10_000.0}
        | {"excess": excess, "share_of_gap": share, "area_observed": 720.0, "area_expected": 900.0}
        | {"excess_lower": limit(part, excess - 20), "excess_upper": limit(part, excess + 20)}
        for place, (part, excess, share) in enumerate(parts, 1)
    ]  # fmt: skip


def _lasting(indicator: str, area_type: str, area: str, deviation: float) -> dict[str, Any]:
    return {
        "indicator": indicator,
        "area_type": area_type,
        "area": area,
        "period_start": months()[0][0],
        "period_end": months()[-1][1],
        "periods": MONTHS,
        "verdict": "persistently_low",
        "deviation": deviation,
        "deviation_lower": deviation - 4.0,
        "deviation_upper": deviation + 4.0,
        "next_deviation": deviation + 3.0,
        "q": 0.001,
    }


def _files() -> list[dict[str, Any]]:
    read = {
        "outcome": "read",
        "source": "rtt_waiting_times",
        "bytes": 5_200_000,
        "rows_read": 900,
        "rows_kept": 898,
        "rows_refused": 2,
        "refusals": "2 rows: no commissioner (first: row 17)",
    }
    return [
        {"file": "rtt/march.zip", "sha256": "ab" * 32, **read, **_period(months()[-1])},
        {
            "file": "rtt/march-old.zip",
            "sha256": "cd" * 32,
            **read,
            **_period(months()[-1]),
            "outcome": "superseded",
            "reason": "rtt/march.zip is the later edition.",
        },
        {
            "file": "holiday.xlsx",
            "sha256": "ef" * 32,
            "bytes": 812,
            "outcome": "not_read",
            "reason": "No source knows this layout.",
        },
    ]


def _catalogue() -> dict[str, Any]:
    def level(id: str, title: str, plural: str, parent: str | None, order: int) -> dict[str, Any]:
        return {
            "id": id,
            "title": title,
            "plural": plural,
            "parent": parent,
            "rolls_up_from": None,
            "ranked": True,
            "boundaries": id == "sub_icb",
            "order": order,
            "members": None,
        }

    return {
        "indicators": {one["id"]: one for one in _indicators()},
        "area_types": {
            one["id"]: one
            for one in (
                level("sub_icb", "Sub-area", "Sub-areas", "icb", 1),
                level("icb", "Board", "Boards", "region", 2),
                level("region", "Region", "Regions", "country", 3),
                level("provider", "Trust", "Trusts", None, 4),
                level("country", "Country", "Countries", None, 9),
            )
        },
        "programmes": {
            id: {"id": id, "title": id.replace("_", " ").capitalize(), "kind": "workstream"}
            for id in ("planned_care", "medicines", "urgent_care")
        },
        "themes": {},
        "pathways": {"planned": _pathway()},
        "compartments": provider_rows.compartments(),
        "collections": opportunity_rows.collections(),
        "reproductions": waiting_rows.reproductions(months()),
        "targets": {
            "rtt_18_weeks": {
                "id": "rtt_18_weeks",
                "title": "Waiting up to 18 weeks",
                "unit": "%",
                "entries": [
                    {
                        "value": 92.0,
                        "direction": "at_least",
                        "kind": "constitutional",
                        "applies_to": ["sub_icb", "icb", "country"],
                        "valid_from": "2012-04-01",
                        "valid_to": None,
                        "source": {"title": "A handbook", "url": "https://example.org/handbook"},
                    }
                ],
            },
            "ae_four_hours": {
                "id": "ae_four_hours",
                "title": "Seen within four hours",
                "unit": "%",
                "entries": [
                    {
                        "value": 95.0,
                        "direction": "at_least",
                        "kind": "constitutional",
                        "applies_to": ["provider", "country"],
                        "valid_from": "2010-01-01",
                        "valid_to": None,
                        "source": {"title": "A law", "url": "https://example.org/law"},
                    },
                    {
                        "value": 70.0,
                        "direction": "at_least",
                        "kind": "interim_ambition",
                        "applies_to": ["provider"],
                        "valid_from": "2025-04-01",
                        "valid_to": "2026-03-31",
                        "source": {"title": "A plan", "url": "https://example.org/plan"},
                    },
                ],
            },
        },
    }


def _indicators() -> tuple[dict[str, Any], ...]:
    spend = _words("medicines_spend") | opportunity_rows.SPEND
    return _completed(), _within_four_hours(), _broad_spectrum(), spend


def _completed() -> dict[str, Any]:
    return _words("completed") | {
        "title": "Referral-to-treatment pathways completed",
        "short_title": "Pathways completed",
        "theme": "waiting",
        "polarity": "neither",
        "unit": "per 1,000 people",
        "method": "crude_rate",
        "multiplier": 1000.0,
        "numerator": {
            "table": "rtt",
            "measure": "pathways",
            "where": {"specialty": "total", "part": ["completed_admitted"]},
        },
        "denominator": {"table": "population", "measure": "people", "where": {}, "edition": None},
        "area_types": ["sub_icb", "icb", "region"],
        "standard": [],
    }


def _within_four_hours() -> dict[str, Any]:
    return _words("four_hours") | {
        "title": "A&E attendances done within four hours",
        "short_title": "A&E within four hours",
        "theme": "urgent_care",
        "polarity": "higher_is_better",
        "unit": "%",
        "method": "proportion",
        "multiplier": 100.0,
        "numerator": {"table": "accident_emergency", "measure": "within_four_hours", "where": {}},
        "denominator": {
            "table": "accident_emergency",
            "measure": "attendances_timed",
            "where": {},
            "edition": None,
        },
        "area_types": ["provider"],
        "standard": ["ae_four_hours"],
    }


def _broad_spectrum() -> dict[str, Any]:
    return _words("antibiotics") | {
        "title": "Broad-spectrum share of antibiotics",
        "short_title": "Broad-spectrum antibiotics",
        "theme": "prescribing",
        "programme": "medicines",
        "polarity": "lower_is_better",
        "unit": "% of items",
        "method": "proportion",
        "multiplier": 100.0,
        "numerator": {"table": "prescribing", "measure": "numerator", "where": {}},
        "denominator": {"table": "prescribing", "measure": "denominator", "where": {}, "edition": None},
        "area_types": ["sub_icb"],
        "standard": [],
    }


def _words(id: str) -> dict[str, Any]:
    return {
        "id": id,
        "programme": "planned_care",
        "need": [],
        "unit_cost": None,
        "decimals": 1,
        "period": None,
        "standard_population": None,
        "context": "Why it matters.",
        "reasons_for_variation": "Why places differ.",
        "options_for_action": "What to do.",
        "caveats": "What to mind.",
        "author": "A. Nalyst",
        "checked_by": "C. Linician",
        "resources": [{"title": "A guide", "url": "https://example.org/guide"}],
        "reviewed_on": "2026-01-01",
        "review_due": "2027-01-01",
    }


def _outlines() -> dict[str, Any]:
    """A grid of squares, eight to a row."""

    def square(n: int) -> dict[str, Any]:
        west, south = n % 8 * 0.2, 51 + n // 8 * 0.2
        ring = [
            [west, south],
            [west + 0.2, south],
            [west + 0.2, south + 0.2],
            [west, south + 0.2],
            [west, south],
        ]
        geometry = json.dumps({"type": "Polygon", "coordinates": [ring]})
        return {
            "area_type": "sub_icb",
            "ons_code": f"E{n}",
            "code": f"S{n:02d}",
            "name": NAMES[n],
            "geometry": geometry,
        }

    return simplified([square(n) for n in range(SUB_AREAS)])


def _manifest() -> dict[str, Any]:
    return {
        "simulated": True,
        "country_code": COUNTRY,
        "country_name": "Simland",
        "code_version": "test",
        "inputs": "none",
        "sources": [
            {
                "id": "rtt_waiting_times",
                "title": "Waiting times",
                "publisher": "NHS Simland",
                "page": "https://example.org/rtt",
                "licence": "Open Government Licence v3.0",
                "attribution": "Contains fictional information.",
                "tables": ["rtt"],
                "files": [{"file": "rtt/march.zip", "sha256": "ab" * 32, "bytes": 5_200_000}],
            },
        ],
    }
