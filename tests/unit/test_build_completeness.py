"""The completeness rules on simulated months: what a long and a short history can show, and that thresholds bite."""

import pandas as pd
import pyarrow as pa
import pytest
from small_data import no_changes

from careatlas.build import completeness
from careatlas.build.areas import Areas, Country
from careatlas.catalogue.completeness import CompletenessRules
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED

RULES = load_catalogue().completeness
BOARDS = {"A1": "B1", "A2": "B1", "A3": "B1", "A4": "B2", "A5": "B2"}
# New pathways of each area at each provider in an ordinary month. Of A1's 1,000, 400 are at RYY; of A2's, 30
# (3 %); of A3's, 5 (0.5 %).
ORDINARY = {
    "A1": {"RXX": 600, "RYY": 400},
    "A2": {"RXX": 970, "RYY": 30},
    "A3": {"RXX": 995, "RYY": 5},
    "A4": {"RZZ": 1000},
    "A5": {"RZZ": 1000},
}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def month_ends(number: int) -> list[pd.Timestamp]:
    """That many months, the last January 2026."""
    return list(pd.date_range(end="2026-01-31", periods=number, freq="ME"))


def month_of(
    end: pd.Timestamp, without: str = "", waiting: int = 3, completed: dict[str, float] | None = None
) -> list[dict]:
    """Returns of one month: completed is as new unless ``completed`` says which share; three months wait."""
    rows = []
    for area, providers in ORDINARY.items():
        for provider, new in providers.items():
            if provider == without:
                continue
            share = (completed or {}).get(provider, 1.0)
            parts = {"completed_admitted": 0.2 * share * new, "completed_non_admitted": 0.8 * share * new}
            parts |= {"new_periods": new, "incomplete": waiting * new}
            rows += [
                {"period_start": end.replace(day=1).date(), "period_end": end.date(), "commissioner": area,
                 "provider": provider, "part": part, "specialty": "total", "pathways": float(pathways)}
                for part, pathways in parts.items()
            ]  # fmt: skip
    return rows


def examine(
    engine, rows: list[dict], rules: CompletenessRules = RULES, submitters: list[dict] = ()
) -> completeness.Findings:
    tables = {"rtt": engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["rtt"].schema))}
    if submitters:
        schema = TIDIED["rtt_submitters"].schema
        tables["rtt_submitters"] = engine.from_arrow(pa.Table.from_pylist(submitters, schema=schema))
    people = pd.DataFrame({"area": list(ORDINARY), "people": 35_000.0})
    boards = pd.DataFrame(
        {"provider": ["RXX", "RYY", "RZZ"], "icb": ["B1", "B1", "B2"], "share": [0.9, 0.9, 0.9]}
    )
    return completeness.examine_waiting_times(engine, tables, areas(), boards, people, rules)


def areas() -> Areas:
    table = pd.DataFrame({"code": list(BOARDS), "name": list(BOARDS), "parent_code": list(BOARDS.values())})
    table = table.assign(area_type="sub_icb").reindex(columns=RELEASE["areas"].column_names)
    codes = {"sub_icb": {area: area for area in BOARDS}}
    return Areas(table, codes, no_changes(), pd.DataFrame(), Country("ENG", "England"))


def found(findings: completeness.Findings) -> dict[str, str]:
    return dict(zip(findings.table["submitter"], findings.table["status"], strict=True))


def flags(findings: completeness.Findings, *parts: str) -> dict[str, str]:
    flagged = findings.of("sub_icb", set(parts))
    return dict(zip(flagged["area"], flagged["flag"], strict=True)) if len(flagged) else {}


def history(months: int) -> list[dict]:
    return [row for end in month_ends(months + 1)[:-1] for row in month_of(end)]


LAST = month_ends(1)[0]


def test_ordinary_months_raise_no_doubt(engine):
    findings = examine(engine, history(7) + month_of(LAST))
    assert found(findings) == {}
    assert flags(findings, "completed_admitted", "new_periods") == {}


def test_with_seven_months_an_absent_provider_is_found_and_what_each_area_had_there(engine):
    """40 % of A1 were there: incomplete. 3 % of A2: noted. 0.5 % of A3: not worth a word."""
    findings = examine(engine, history(7) + month_of(LAST, without="RYY"))
    assert found(findings) == {"RYY": "absent", "A1": "incomplete"}
    assert flags(findings, "new_periods") == {"A1": "incomplete", "A2": "noted"}
    evidence = findings.table.set_index("submitter")["evidence"]
    assert evidence["RYY"] == "reported in 7 of the last 7 months on file, absent now"
    assert evidence["A1"] == "40% of its new pathways of the last 7 months were at RYY (RYY), which is absent"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"incomplete_share_above": 0.5}, {"A1": "noted", "A2": "noted"}),
        ({"incomplete_share_above": 0.02}, {"A1": "incomplete", "A2": "incomplete"}),
        ({"noted_share_above": 0.004}, {"A1": "incomplete", "A2": "noted", "A3": "noted"}),
        ({"noted_share_above": 0.04}, {"A1": "incomplete"}),
    ],
)
def test_the_shares_that_matter_are_configurable(engine, changed, expected):
    findings = examine(engine, history(7) + month_of(LAST, without="RYY"), RULES.model_copy(update=changed))
    assert flags(findings, "new_periods") == expected


def test_only_the_last_twelve_months_count(engine):
    """RYY reported for eight months, then not for twelve. From the eighth month of silence on it has been there in
    fewer than six of the last twelve: nobody expects it any more.
    """
    rows = [
        row
        for number, end in enumerate(month_ends(20))
        for row in month_of(end, without="RYY" if number > 7 else "")
    ]
    statuses = examine(engine, rows).table
    assert set(statuses.loc[statuses["submitter"] == "RYY", "period_end"]) == set(month_ends(20)[8:15])


def test_a_partial_return_is_found_by_ratio_and_stock(engine):
    """RZZ: 2,000 new, 800 completed (ratio 0.40), 24,000 waiting. A4 and A5 wait nowhere else."""
    findings = examine(engine, month_of(LAST, waiting=12, completed={"RZZ": 0.4}))
    assert found(findings) == {"RZZ": "partial", "A4": "incomplete", "A5": "incomplete"}
    assert (
        findings.table["evidence"][0]
        == "800 completed against 2,000 new pathways (ratio 0.40) with 24,000 waiting"
    )


def test_a_partial_return_makes_only_completed_pathways_incomplete(engine):
    findings = examine(engine, month_of(LAST, waiting=12, completed={"RZZ": 0.4}))
    assert flags(findings, "completed_admitted") == {"A4": "incomplete", "A5": "incomplete"}
    assert flags(findings, "incomplete") == {}


@pytest.mark.parametrize("changed", [{"partial_ratio_below": 0.35}, {"partial_waiting_above": 30_000}])
def test_what_counts_as_partial_is_configurable(engine, changed):
    rows = month_of(LAST, waiting=12, completed={"RZZ": 0.4})
    assert found(examine(engine, rows, RULES.model_copy(update=changed))) == {}


def submitters(over_18_weeks: float = 5000.0) -> list[dict]:
    """A list of who reported, for the year up to a year ago: RYY in each month."""
    ends = pd.date_range(end="2025-02-28", periods=12, freq="ME")
    return [
        {"period_start": end.replace(day=1).date(), "period_end": end.date(), "provider": "RYY",
         "provider_name": "RYY HOSPITALS NHS TRUST", "over_18_weeks": over_18_weeks}
        for end in ends
    ]  # fmt: skip


LOST_MOST = {**ORDINARY, "A1": {"RXX": 200, "RYY": 800}}


def test_with_one_month_a_level_far_below_the_others_is_incomplete_and_its_neighbours_not_known(
    engine, monkeypatch
):
    """A1 keeps 200 of 1,000: 5.7 per 1,000 where the median is 28.6. A2 and A3 may have lost some too: who knows."""
    monkeypatch.setitem(ORDINARY, "A1", LOST_MOST["A1"])
    findings = examine(engine, month_of(LAST, without="RYY"), submitters=submitters())
    assert found(findings) == {"RYY": "absent", "A1": "incomplete", "A2": "not_known", "A3": "not_known"}
    evidence = findings.table.set_index("submitter")["evidence"]
    assert evidence["A1"].startswith("5.7 new pathways per 1,000 people, median 28.")
    assert evidence["A1"].endswith("likely cause: no return from Ryy Hospitals NHS Trust (RYY)")
    assert evidence["A2"].startswith("completeness not known: no return from")
    assert flags(findings, "new_periods") == {"A1": "incomplete", "A2": "noted", "A3": "noted"}


def test_the_level_that_is_too_low_is_configurable(engine, monkeypatch):
    monkeypatch.setitem(ORDINARY, "A1", LOST_MOST["A1"])
    lenient = RULES.model_copy(update={"low_level_share": 0.1})
    findings = examine(engine, month_of(LAST, without="RYY"), lenient, submitters())
    assert found(findings) == {"RYY": "absent", "A1": "not_known", "A2": "not_known", "A3": "not_known"}


def test_a_provider_too_small_to_matter_is_not_expected(engine):
    findings = examine(engine, month_of(LAST, without="RYY"), submitters=submitters(over_18_weeks=500))
    assert found(findings) == {}


def test_a_month_of_one_part_and_no_providers_is_not_examined(engine):
    """Commissioner workbooks give completed pathways by area only: there is nobody to miss."""
    rows = [{**row, "provider": None} for row in month_of(LAST) if row["part"] == "completed_admitted"]
    assert found(examine(engine, rows)) == {}
