"""Community waiting lists: boards with an organisation that sent nothing, and lists whose weeks are not known.

The publisher says how many organisations of each board were silent, and not how many people they have; each is taken
to have as many as the mean organisation, which decides only whether a region or the country is whole. A board with
one silent organisation is incomplete whatever its size, because some service of its people is not counted. Where
weeks waited are not known of more than 5 % of those who wait, shares by weeks are incomplete; the list itself is not.
A board without a provider of its own is missing: a region lacks its residents, but no share of people who wait.
"""

from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import _

from careatlas.build.areas import Areas
from careatlas.build.count import run
from careatlas.build.gather import MISSING_SHARE_INCOMPLETE
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.connect import Engine
from careatlas.engine.tables import RELEASE

TABLE = "community_waits"
UNKNOWN_WEEKS_NOTED = 0.01
BODY = ["area_type", "area", "period_start", "period_end"]


def doubted(
    engine: Engine, tables: Mapping[str, ibis.Table], indicator: Indicator, area_type: str, areas: Areas
) -> pd.DataFrame:
    """What an indicator of these lists must heed at one area type: area, period_end, flag (incomplete or noted),
    note, and ``share_lost``, the part of the area that is thought not to be counted."""
    found = _lists(engine, tables, indicator.numerator.equal_to)
    found = found[found["area_type"] == area_type]
    by_weeks = any(side.measure != "waiting" for side in indicator.counted.values() if side.table == TABLE)
    unknown = found["unknown"] if by_weeks else found["unknown"] * 0.0
    lost = 1 - (1 - found["silent_share"]) * (1 - unknown)
    of_those_who_wait = all(side.table == TABLE for side in indicator.counted.values())
    lost = lost.where(found["reported"], 0.0 if of_those_who_wait else 1.0)
    incomplete = (found["silent"] > 0) | (unknown > MISSING_SHARE_INCOMPLETE)
    flagged = found.assign(
        area=areas.spoken(area_type, found["area"]),
        flag=incomplete.map({True: "incomplete", False: "noted"}),
        note=[_note(*told) for told in zip(found["silent"], unknown, found["reported"], strict=True)],
        share_lost=lost,
    )
    flagged = flagged[flagged["note"] != ""].dropna(subset=["area"])
    return flagged[["area", "period_end", "flag", "note", "share_lost"]]


def examine_community_waits(engine: Engine, tables: Mapping[str, ibis.Table], areas: Areas) -> pd.DataFrame:
    """Rows of the release's ``completeness`` table: boards with silent organisations, and lists without weeks."""
    columns = RELEASE["completeness"].column_names
    if TABLE not in tables:
        return pd.DataFrame(columns=columns)
    found = _lists(engine, tables, {})
    silent = found[found["silent"] > 0].assign(status="incomplete")
    silent = silent.assign(evidence=[_note(each, 0.0) for each in silent["silent"]])
    without = found[(found["area_type"] == "provider") & (found["unknown"] > MISSING_SHARE_INCOMPLETE)]
    without = without.assign(status="partial", evidence=[_note(0.0, each) for each in without["unknown"]])
    rows = pd.concat([silent, without]).rename(columns={"area": "submitter", "area_type": "submitter_type"})
    named = [areas.name(code) for code in rows["submitter"]]
    return rows.assign(source=TABLE, submitter_name=named)[columns].reset_index(drop=True)


def _lists(
    engine: Engine, tables: Mapping[str, ibis.Table], equal_to: Mapping[str, list[object]]
) -> pd.DataFrame:
    """Every board's and provider's list: ``silent`` organisations and their ``silent_share`` of a mean board's, and
    the share of those who wait whose weeks are ``unknown``; ``reported``: whether anything was."""
    rows = tables[TABLE]
    for column, wanted in equal_to.items():
        rows = rows.filter(rows[column].isin(wanted))
    sums = run(
        engine,
        rows.group_by(BODY).aggregate(
            waiting=_.waiting.sum(),
            known=_.known_weeks.sum(),
            silent=_.silent_organisations.max(),
            reported=_.waiting.count() > 0,
        ),
    )
    sums[["waiting", "known", "silent"]] = sums[["waiting", "known", "silent"]].astype(float).fillna(0.0)
    bodies = sums.groupby(["period_end", "area_type"]).size().unstack(fill_value=0)
    bodies = bodies.reindex(columns=["provider", "icb"], fill_value=0)
    reporting = (bodies["provider"] / bodies["icb"].where(bodies["icb"] > 0)).fillna(0.0)
    silent_share = sums["silent"] / (sums["silent"] + sums["period_end"].map(reporting))
    unknown = 1 - sums["known"] / sums["waiting"].where(sums["waiting"] > 0)
    return sums.assign(silent_share=silent_share.fillna(0.0), unknown=unknown.fillna(0.0).clip(lower=0.0))


def _note(silent: float, unknown: float, reported: bool = True) -> str:
    told = [] if reported else ["its people are on the lists of providers that other boards answer for"]
    if silent > 0:
        several = "organisation" if silent == 1 else "organisations"
        told.append(f"{silent:.0f} {several} of this board sent no return")
    if unknown > UNKNOWN_WEEKS_NOTED:
        told.append(f"weeks waited are not known of {unknown:.0%} of those who wait")
    return "; ".join(told)
