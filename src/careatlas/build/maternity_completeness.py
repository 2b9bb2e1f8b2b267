"""Maternity records that do not say, or cannot be: found before trusts are compared.

Women whose record says nothing may differ from the rest. Were 30 of 100 known to smoke and only 10 of 100 of the
others, a trust with a fifth of the others would look 4 points worse than it is; trusts differ by more than that.
Above a fifth a figure is incomplete, so that nothing compares it; above a twentieth it carries a note.

Some records that have a value have the wrong one. Where none of a trust's thousand records says what more than a
twentieth of the country's do, or all of them do, it was not recorded: incomplete, never zero and never all. So is a
trust with fewer than half as many caesareans as the country: in 2021-22 ten trusts recorded most of theirs as
spontaneous or other births, and had twice as many the year after.
"""

from collections.abc import Iterable, Mapping

import ibis
import pandas as pd
from ibis import _

from careatlas.build.areas import Areas
from careatlas.build.count import run
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.connect import Engine
from careatlas.engine.tables import RELEASE

TABLE = "maternity"
NOT_KNOWN_NOTED, NOT_KNOWN_INCOMPLETE = 0.05, 0.2
RECORDS_THAT_RULE_OUT_NONE = 1000
SHARE_THAT_RULES_OUT_NONE = 0.05  # .95 to the power of 1,000: never by chance
METHOD_OF_DELIVERY, FEWEST_CAESAREANS = "DeliveryMethodBabyGroup", 0.5  # of the country's share
BODY = ["area_type", "area", "period_start", "period_end"]


def doubted(
    engine: Engine, tables: Mapping[str, ibis.Table], indicator: Indicator, area_type: str, areas: Areas
) -> pd.DataFrame:
    """What an indicator of these records must heed at one area type: area, period_end, flag (incomplete or noted),
    note, and ``share_lost``, the part of the records that does not say."""
    found = _findings(engine, tables, indicator)
    found = found[found["area_type"] == area_type]
    flagged = found.assign(
        area=areas.spoken(area_type, found["area"]),
        flag=found["is_incomplete"].map({True: "incomplete", False: "noted"}),
        share_lost=found["not_known"],
    )
    return flagged.dropna(subset=["area"])[["area", "period_end", "flag", "note", "share_lost"]]


def examine_maternity(
    engine: Engine, tables: Mapping[str, ibis.Table], areas: Areas, indicators: Iterable[Indicator]
) -> pd.DataFrame:
    """Rows of the release's ``completeness`` table: trusts whose records do not say what indicators ask."""
    columns = RELEASE["completeness"].column_names
    if TABLE not in tables:
        return pd.DataFrame(columns=columns)
    asked = [each for each in indicators if each.numerator.table == TABLE]
    found = pd.concat(
        [_findings(engine, tables, each).assign(title=each.short_title) for each in asked] or [pd.DataFrame()]
    )
    if not len(found):
        return pd.DataFrame(columns=columns)
    found = found[found["is_incomplete"] & (found["area_type"] == "provider")]
    told = [f"{title}: {note}" for title, note in zip(found["title"], found["note"], strict=True)]
    rows = found.assign(evidence=told).groupby(BODY, as_index=False).agg(evidence=("evidence", "; ".join))
    return rows.assign(
        source=TABLE,
        submitter=rows["area"],
        submitter_type=rows["area_type"],
        submitter_name=[areas.name(code) for code in rows["area"]],
        status="partial",
    )[columns]


def _findings(engine: Engine, tables: Mapping[str, ibis.Table], indicator: Indicator) -> pd.DataFrame:
    """Every body with a note: ``is_incomplete``, and the share of its records that is ``not_known``."""
    bodies = _bodies(engine, tables, indicator)
    cannot_be = _what_cannot_be(bodies, indicator)
    told = bodies["not_known"] > NOT_KNOWN_NOTED
    unsaid = [
        f"not recorded for {share:.0%} of {counted}" if is_told else ""
        for share, counted, is_told in zip(bodies["not_known"], bodies["counted"], told, strict=True)
    ]
    notes = ["; ".join(filter(None, both)) for both in zip(unsaid, cannot_be, strict=True)]
    incomplete = (bodies["not_known"] > NOT_KNOWN_INCOMPLETE) | (cannot_be != "")
    return bodies.assign(note=notes, is_incomplete=incomplete)[told | incomplete]


def _bodies(engine: Engine, tables: Mapping[str, ibis.Table], indicator: Indicator) -> pd.DataFrame:
    """Of each body everyone, those whose record says something (``known``), and those whom the indicator counts
    (``counted_in``)."""
    wanted = indicator.numerator.equal_to
    rows = tables[TABLE].filter(_.dimension.isin(wanted["dimension"]))
    is_counted = _.category.isin(wanted["category"])
    sums = run(
        engine,
        rows.group_by([*BODY, "counted"]).aggregate(
            everyone=_["count"].sum(),
            known=_.count_where_known.sum(),
            counted_in=_["count"].sum(where=is_counted),
        ),
    )
    figures = ["everyone", "known", "counted_in"]
    sums[figures] = sums[figures].astype(float).fillna(0.0)
    sums = sums[sums["everyone"] > 0]
    return sums.assign(not_known=(sums["everyone"] - sums["known"]) / sums["everyone"])


def _what_cannot_be(bodies: pd.DataFrame, indicator: Indicator) -> pd.Series:
    """A note for each body whose records contradict the country's beyond all chance; empty for the others."""
    country = bodies[bodies["area_type"] == "country"].set_index("period_end")
    of_country = bodies["period_end"].map(country["counted_in"] / country["known"])
    large = bodies["known"] >= RECORDS_THAT_RULE_OUT_NONE
    common = of_country.between(SHARE_THAT_RULES_OUT_NONE, 1 - SHARE_THAT_RULES_OUT_NONE)
    none, all_of_them = bodies["counted_in"] == 0, bodies["counted_in"] == bodies["known"]
    few = bodies["counted_in"] < FEWEST_CAESAREANS * of_country * bodies["known"]
    few &= METHOD_OF_DELIVERY in indicator.numerator.equal_to["dimension"]
    told = pd.Series("", bodies.index, dtype=object)
    told[large & few] = "fewer than half as many caesareans as in the country: recorded in part"
    for at_an_end, words in ((none, "none"), (all_of_them, "all")):
        which = large & common & at_an_end
        told[which] = [
            f"{words} of {known:,.0f} records: not recorded" for known in bodies.loc[which, "known"]
        ]
    return told
