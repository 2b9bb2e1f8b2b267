"""From engine sums to one frame an indicator: every area, period and stratum, with why a figure is not there.

The frame is built from the areas and periods themselves, not from what was reported, so that nobody vanishes: an
area that sent nothing is a row with status *missing*. Sums above the base level leave a missing area out of
numerator and denominator alike and say how large a part it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd

from careatlas.build import count, restate
from careatlas.build.areas import Areas
from careatlas.build.count import Grain
from careatlas.catalogue.area import AreaType, base_type
from careatlas.catalogue.indicator import Counted, Indicator
from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED

DAYS_OF_GRACE = pd.Timedelta(days=3)
FURTHEST_EDITION_YEARS = 5  # a population further from the period than this says nothing about it
DAYS_LOST_NOTED, MISSING_SHARE_INCOMPLETE = 0.01, 0.05
KEYS = ["area", "period_start", "period_end"]
STRATA = ["sex", "age_band"]


@dataclass
class Inputs:
    """What indicators are counted from: an engine and its tidied tables. Equal sums are asked for once.

    ``spans``: first and last day on file of each table of days. A table without a span (a worked example's few
    rows) is taken to be whole.
    """

    engine: Engine
    tables: Mapping[str, ibis.Table]
    spans: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]] = field(default_factory=dict)
    _answers: dict[object, pd.DataFrame] = field(default_factory=dict)

    def sums(self, side: Counted, grain: Grain, also_present: str | None) -> pd.DataFrame:
        key = ("sums", side.model_dump_json(), grain, also_present)
        return self._answer(
            key, lambda: count.counting_expression(self.tables[side.table], side, grain, also_present), grain
        )

    def presence(self, table: str, grain: Grain) -> pd.DataFrame:
        rows = lambda: count.presence_expression(self.tables[table], TIDIED[table], grain)  # noqa: E731
        return self._answer(("presence", table, grain), rows, grain)

    def published(self, side: Counted, grain: Grain) -> pd.DataFrame:
        rows = lambda: count.published_expression(self.tables[side.table], side, grain)  # noqa: E731
        return self._answer(("published", side.model_dump_json(), grain), rows, grain)

    def listed(self, table: str, grain: Grain, columns: tuple[str, ...]) -> pd.DataFrame:
        rows = lambda: count.listed_values_expression(self.tables[table], TIDIED[table], grain, columns)  # noqa: E731
        return self._answer(("listed", table, grain, columns), rows, grain)

    def _answer(self, key: object, expression, grain: Grain) -> pd.DataFrame:
        if key not in self._answers:
            self._answers[key] = count.dated(count.run(self.engine, expression()), grain.period)
        return self._answers[key].copy()


@dataclass
class Gathered:
    """One indicator at one area type: keys, sums, ``denominator``, ``status``, ``note``; strata in rows of their own
    (``strata``) where the method standardises; ``origins``: the old areas that restated figures are made of."""

    frame: pd.DataFrame
    strata: pd.DataFrame | None
    origins: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=[*KEYS, *restate.OLD_AND_SHARE])
    )


def stratified(indicator: Indicator) -> bool:
    return indicator.standard_population is not None


def gather_base(
    indicator: Indicator,
    area_type: str,
    inputs: Inputs,
    areas: Areas,
    area_types: Mapping[str, AreaType],
    flagged: pd.DataFrame | None = None,
) -> Gathered:
    """The indicator at a base area type. ``flagged``: area, period_end, flag and note of returns found incomplete, and
    ``share_lost`` where it is known how large a part is not counted."""
    grain = Grain(area_type, indicator.period, stratified(indicator))
    paired = count.paired_measures(indicator)
    top = inputs.sums(indicator.numerator, grain, paired["numerator"])
    top, origins = _placed(top, indicator.numerator.table, area_type, areas, grain)
    grid = _grid(indicator, area_type, inputs, areas, grain, top)
    totals = top.groupby(KEYS, as_index=False)[count.SUMS].sum(min_count=1)
    frame = grid.merge(totals, on=KEYS, how="left")
    _say_what_is_absent(frame, indicator)
    bottom = None
    if indicator.denominator is not None:
        bottom, below = _denominator_sums(indicator, grain, inputs, areas, area_types)
        origins = restate.both(origins, below, KEYS)
        frame, bottom = _with_denominator(frame, bottom, indicator)
    else:
        frame["denominator"] = frame["observations"].where(frame["observations"] > 0)
    _say_what_has_no_denominator(frame, indicator)
    _say_which_days_are_missing(frame, indicator, area_type, set(inputs.spans), origins)
    strata = _strata(frame, top, bottom) if stratified(indicator) else None
    _say_which_parts_are_silent(frame)
    if flagged is not None and len(flagged):
        _say_what_is_incomplete(frame, flagged)
    return Gathered(frame, strata, origins)


def roll_up(below: Gathered, above: Mapping[str, str], named: Callable[[str], str]) -> Gathered:
    """Sums of areas one level up. A missing area is left out of both sides; its share of the denominator decides
    whether the sum is incomplete (over 5 %) or carries a note."""
    frame = below.frame.assign(below=below.frame["area"], area=below.frame["area"].map(above))
    frame = frame.dropna(subset=["area"])
    share = _shares_lost(frame, named)
    known = frame[~frame["status"].isin(["missing"])]
    sums = [*count.SUMS, "denominator"]
    totals = known.groupby(KEYS, as_index=False)[sums].sum(min_count=1)
    result = share.merge(totals, on=KEYS, how="left")
    result["status"] = np.select(
        [
            result["count"].isna() | result["denominator"].isna(),
            result["share"] > MISSING_SHARE_INCOMPLETE,
            result["count"] == 0,
        ],
        ["missing", "incomplete", "zero"],
        "reported",
    )
    strata = below.strata
    if strata is not None:
        strata = strata.assign(area=strata["area"].map(above)).dropna(subset=["area"])
        sums = ["count", "sum_of_squares", "denominator"]
        strata = strata.groupby([*KEYS, *STRATA], as_index=False)[sums].sum(min_count=1)
    return Gathered(result.drop(columns="share"), strata, restate.rolled_up(below.origins, above, KEYS))


def path_up(area_type: str, base: str, area_types: Mapping[str, AreaType]) -> list[str]:
    """The types from just above ``base`` up to ``area_type``, in order; empty where they are the same."""
    path: list[str] = []
    while area_type != base:
        path.insert(0, area_type)
        area_type = area_types[area_type].rolls_up_from
    return path


def members_of(area_type: AreaType, below: str, areas: Areas) -> dict[str, str]:
    """Each area below -> the area of this type that it belongs to."""
    if area_type.members:
        return {child: code for code, grouping in area_type.members.items() for child in grouping.of}
    return {child: parent for child, parent in areas.parents(below).items() if parent}


def base_of(indicator: Indicator, area_type: str, area_types: Mapping[str, AreaType]) -> str | None:
    return base_type(area_type, dict(area_types), dict(TIDIED[indicator.numerator.table].area_columns))


def _placed(
    sums: pd.DataFrame, table: str, area_type: str, areas: Areas, grain: Grain
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sums by today's areas, and the old areas they were restated from; what is counted for codes that are not areas
    stands in the reconciliation. A closed code that a publisher goes on listing, with nothing, is not among them."""
    spoken = sums.assign(area=areas.spoken(area_type, sums["area"]))
    succession, of_the_period = areas.succession(area_type), TIDIED[table].areas_of_the_period
    shared = restate.shared_out(spoken, succession, count.SUMS, of_the_period)
    counted = shared if of_the_period else shared[shared["count"].fillna(0) != 0]
    return _summed(shared, grain), restate.origins(counted, KEYS)


def _summed(sums: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    """One row an area, period and stratum; rows without an area are left out."""
    keys = [*KEYS, *(STRATA if grain.by_age_and_sex else [])]
    return sums.dropna(subset=["area"]).groupby(keys, as_index=False)[count.SUMS].sum(min_count=1)


def _denominator_sums(
    indicator: Indicator, grain: Grain, inputs: Inputs, areas: Areas, area_types: Mapping[str, AreaType]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The denominator by the numerator's areas, summed up to them where its own table counts smaller ones; and what it
    was restated from."""
    table = TIDIED[indicator.denominator.table]
    base = base_type(grain.area_type, dict(area_types), dict(table.area_columns))
    own_grain = Grain(base, grain.period, grain.by_age_and_sex)
    paired = count.paired_measures(indicator)["denominator"]
    sums = inputs.sums(indicator.denominator, own_grain, paired)
    sums, origins = _placed(sums, table.name, base, areas, own_grain)
    below = base
    for above in path_up(grain.area_type, base, area_types):
        members = members_of(area_types[above], below, areas)
        sums = _of_whole_areas(sums, {code: members.get(code) for code in areas.current(below)})
        origins, below = restate.rolled_up(origins, members, KEYS), above
    return _summed(sums, grain), origins


def _of_whole_areas(sums: pd.DataFrame, above: Mapping[str, str | None]) -> pd.DataFrame:
    """Sums by the areas one level up, of those whose every part has a figure: part of the people are not the people."""
    parts = pd.Series(above, dtype=object).value_counts()
    raised = sums.assign(part=sums["area"], area=sums["area"].map(above)).dropna(subset=["area"])
    on_file = raised.groupby(KEYS)["part"].transform("nunique")
    return raised[on_file == raised["area"].map(parts)].drop(columns="part")


def _grid(
    indicator: Indicator, area_type: str, inputs: Inputs, areas: Areas, grain: Grain, top: pd.DataFrame
) -> pd.DataFrame:
    """Every area x period that should have an answer, and whether the table has any row for it. ``top``: the
    numerator's sums."""
    table = indicator.numerator.table
    presence = inputs.presence(table, Grain(area_type, indicator.period))
    returns = presence.assign(area=areas.spoken(area_type, presence["area"])).dropna(subset=["area"])[KEYS]
    succession, of_the_period = areas.succession(area_type), TIDIED[table].areas_of_the_period
    presence = restate.shared_out(returns, succession, [], of_the_period).dropna(subset=["area"])
    presence = presence[KEYS].drop_duplicates().assign(present=True)
    periods = presence[["period_start", "period_end"]].drop_duplicates()
    periods = _with_all_listed_values(indicator, periods, inputs, grain)
    periods = _wholly_on_file(periods, inputs.spans.get(table))
    if area_type == "provider":  # no look-up lists providers; who reports nothing of this may not do it
        reporting = top[KEYS].drop_duplicates().assign(present=True, silent=None)
        return reporting.merge(periods, on=["period_start", "period_end"])
    everyone = pd.DataFrame({"area": areas.current(area_type)}, dtype=object).merge(periods, how="cross")
    grid = everyone.merge(presence, on=KEYS, how="left")
    silent = restate.silent_parts(returns, areas.current(area_type), succession, of_the_period)
    told = [silent.get(key) for key in zip(*(grid[key] for key in KEYS), strict=True)]
    grid["silent"] = pd.Series(told, grid.index, dtype=object)
    counted_from_records = TIDIED[table].person is not None
    return grid.assign(present=grid["present"].notna() | counted_from_records)


def _wholly_on_file(periods: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp] | None) -> pd.DataFrame:
    """A year of which one month is on file is not a year. A few quiet days at either end are allowed."""
    if span is None:
        return periods
    first, last = span[0] - DAYS_OF_GRACE, span[1] + DAYS_OF_GRACE
    return periods[(periods["period_start"] >= first) & (periods["period_end"] <= last)]


def _with_all_listed_values(
    indicator: Indicator, periods: pd.DataFrame, inputs: Inputs, grain: Grain
) -> pd.DataFrame:
    """Periods for which every value that the indicator lists is on file: half a sum is not the sum, and a part
    that no file of the period gives was not counted as zero."""
    side, wanted = indicator.numerator, indicator.numerator.equal_to
    if TIDIED[side.table].person or not wanted:
        return periods
    on_file = inputs.listed(side.table, Grain(grain.area_type, grain.period), tuple(wanted))
    for (
        column,
        values,
    ) in wanted.items():  # together: a specialty that another part gives is not given by this one
        on_file = on_file[on_file[column].isin(values)]
    found = on_file.groupby(["period_start", "period_end"])[list(wanted)].nunique()
    complete = found[(found == [len(set(values)) for values in wanted.values()]).all(axis=1)].index
    keys = pd.MultiIndex.from_frame(periods[["period_start", "period_end"]])
    return periods[keys.isin(complete)]


def _say_what_is_absent(frame: pd.DataFrame, indicator: Indicator) -> None:
    """Status and note of each row by what the numerator's table holds; zero only where the area did report."""
    no_rows = frame["rows"].isna()
    unreported = ~no_rows & (frame["observations"] == 0)
    needs_records = indicator.denominator is None
    silent = ~frame["present"] | (no_rows if needs_records else False)
    zero = frame["present"] & no_rows & ~silent
    frame.loc[zero, count.SUMS] = 0.0
    frame["status"] = np.select(
        [silent, unreported, frame["count"] == 0], ["missing", "missing", "zero"], "reported"
    )
    frame["note"] = np.select([silent, unreported], ["no return on file", "not reported"], "")
    frame.loc[silent | unreported, count.SUMS] = np.nan


def _with_denominator(
    frame: pd.DataFrame, bottom: pd.DataFrame, indicator: Indicator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The denominator of each row: of the same period, else of the edition that stands for it."""
    editions = bottom[["period_start", "period_end"]].drop_duplicates()
    periods = frame[["period_start", "period_end"]].drop_duplicates()
    fixed = indicator.denominator.edition is not None
    has_editions = "edition" in TIDIED[indicator.denominator.table].column_names
    chosen = [
        {
            "period_start": p.period_start,
            "period_end": p.period_end,
            "edition_end": _edition(p, editions, fixed, has_editions),
        }
        for p in periods.itertuples()
    ]
    chosen = pd.DataFrame(chosen, columns=["period_start", "period_end", "edition_end"]).dropna()
    chosen = chosen.astype("datetime64[ns]")  # stated, so that no period at all joins as well as many
    bottom = bottom.drop(columns="period_start").rename(columns={"period_end": "edition_end"})
    bottom = chosen.merge(bottom, on="edition_end").drop(columns="edition_end")
    bottom = bottom.rename(columns={"count": "denominator", "observations": "denominator_observations"})
    bottom = bottom.drop(columns=["sum_of_squares", "rows"])
    sums = ["denominator", "denominator_observations"]
    totals = bottom.groupby(KEYS, as_index=False)[sums].sum(min_count=1)
    return frame.merge(totals, on=KEYS, how="left"), bottom


def _edition(period, editions: pd.DataFrame, fixed: bool, has_editions: bool) -> pd.Timestamp | None:
    """The end of the denominator's period or edition that stands for this period; None where none may."""
    same = editions[
        (editions["period_start"] == period.period_start) & (editions["period_end"] == period.period_end)
    ]
    if len(same):
        return same["period_end"].iloc[0]
    if not has_editions:
        return None
    near = editions if fixed else editions[editions["period_start"] <= period.period_end]
    years_away = (near["period_start"] - period.period_end).abs().dt.days / 365.25
    near = near[years_away <= FURTHEST_EDITION_YEARS]
    return near["period_end"].max() if len(near) else None


def _say_what_has_no_denominator(frame: pd.DataFrame, indicator: Indicator) -> None:
    answered = frame["status"].isin(["reported", "zero"])
    none = answered & frame["denominator"].isna()
    nobody = answered & (frame["denominator"] == 0)
    table = indicator.denominator.table if indicator.denominator else indicator.numerator.table
    has_editions = "edition" in TIDIED[table].column_names
    when = f"within {FURTHEST_EDITION_YEARS} years of the period" if has_editions else "for the period"
    frame.loc[none, "note"] = f"no {table.replace('_', ' ')} on file {when}"
    frame.loc[nobody, "note"] = "nobody in the denominator"
    cannot_be = answered & (frame["count"] < 0)
    if indicator.method == "proportion":
        cannot_be |= answered & (frame["count"] > frame["denominator"])
    frame.loc[cannot_be, "note"] = (
        "the return says what cannot be: a part larger than its whole, or less than nothing"
    )
    frame.loc[none | nobody | cannot_be, "status"] = "missing"


def _say_which_days_are_missing(
    frame: pd.DataFrame, indicator: Indicator, area_type: str, on_file: set[str], origins: pd.DataFrame
) -> None:
    """Too many days without a figure, on either side, make the sum incomplete. Only a table with one row for every
    area and day can tell: its observations are days, of each area that a restated one is made of."""
    sides = zip(("observations", "denominator_observations"), indicator.counted.values(), strict=False)
    told = [name for name, side in sides if side.table in on_file and _one_row_a_day(side.table, area_type)]
    if not told:
        return
    rows_a_day = (
        origins.groupby(KEYS)["share"].sum().reindex(pd.MultiIndex.from_frame(frame[KEYS])).to_numpy()
    )
    days = (frame["period_end"] - frame["period_start"]).dt.days + 1
    reported = frame[told].min(axis=1) / np.where(rows_a_day > 0, rows_a_day, 1)
    lost = (days - reported) / days
    answered = frame["status"].isin(["reported", "zero"])
    noted = answered & (lost > DAYS_LOST_NOTED)
    frame.loc[noted, "note"] = [
        f"{int(all_days - some)} of {all_days} days not reported"
        for all_days, some in zip(days[noted], reported[noted], strict=True)
    ]
    frame.loc[answered & (lost > MISSING_SHARE_INCOMPLETE), "status"] = "incomplete"


def _one_row_a_day(table: str, area_type: str) -> bool:
    declared = TIDIED[table]
    return bool(declared.day) and set(declared.key) == {declared.day, declared.area_columns.get(area_type)}


def _say_which_parts_are_silent(frame: pd.DataFrame) -> None:
    """A merged area of which a part sent nothing is incomplete: the other parts are not the whole."""
    lacking = frame["silent"].notna() & frame["status"].isin(["reported", "zero"])
    frame.loc[lacking, "status"] = "incomplete"
    told = [f"no return from {silent}, then a part of this area" for silent in frame.loc[lacking, "silent"]]
    frame.loc[lacking, "note"] = pd.Series(told, frame.index[lacking], dtype=object)


def _say_what_is_incomplete(frame: pd.DataFrame, flagged: pd.DataFrame) -> None:
    """Returns that the completeness rules doubt: incomplete, or reported with a note."""
    found = frame.merge(flagged, on=["area", "period_end"], how="left", suffixes=("", "_flag"))
    note = found["note_flag"].fillna("").to_numpy()
    incomplete = (found["flag"] == "incomplete").to_numpy() & frame["status"].isin(
        ["reported", "zero"]
    ).to_numpy()
    frame.loc[incomplete, "status"] = "incomplete"
    told = note != ""
    frame.loc[told, "note"] = [
        f"{old}; {new}".strip("; ") for old, new in zip(frame.loc[told, "note"], note[told], strict=True)
    ]
    if "share_lost" in flagged:
        frame["share_lost"] = found["share_lost"].to_numpy()


def _strata(frame: pd.DataFrame, top: pd.DataFrame, bottom: pd.DataFrame) -> pd.DataFrame:
    """Every stratum that has people, with its events: none is zero, because the area did report."""
    answered = frame[~frame["status"].isin(["missing"])][KEYS]
    cells = answered.merge(bottom, on=KEYS)
    cells = cells.merge(top[[*KEYS, *STRATA, "count", "sum_of_squares"]], on=[*KEYS, *STRATA], how="left")
    return cells.fillna({"count": 0.0, "sum_of_squares": 0.0})


def _shares_lost(frame: pd.DataFrame, named: Callable[[str], str]) -> pd.DataFrame:
    """For each sum: the share of its denominator in areas missing or incomplete, and a note that names them. What
    is lost is carried up: a region has not lost the whole of a board that has lost one area."""
    doubted = frame["status"].isin(["missing", "incomplete"]) & (frame["denominator"] != 0)
    if "lost" not in frame:
        size = _size(frame)
        frame = frame.assign(size=size, lost=(size * _part_lost(frame)).where(doubted, 0.0))
    share = frame.groupby(KEYS, as_index=False)[["size", "lost"]].sum()
    share["share"] = share["lost"] / share["size"].where(share["size"] > 0)
    who = frame[doubted].groupby(KEYS)["below"].agg(lambda codes: _named(codes, named))
    who = pd.Series(who.reindex(pd.MultiIndex.from_frame(share[KEYS])).to_numpy(), share.index, dtype=object)
    share["note"] = ("missing or incomplete within it: " + who).where(who.notna(), "")
    return share


def _part_lost(frame: pd.DataFrame) -> pd.Series | float:
    """The whole of an area, unless it is known how large a part of it is not counted."""
    return frame["share_lost"].fillna(1.0) if "share_lost" in frame else 1.0


def _size(frame: pd.DataFrame) -> pd.Series:
    """Each area's denominator; where it is not known its usual one, and of an area never seen the mean area's."""
    known = frame["denominator"]
    usual = known.groupby(frame["below"]).transform("median")
    mean = known.groupby([frame["period_start"], frame["period_end"]]).transform("mean")
    return known.fillna(usual).fillna(mean).fillna(1.0)


def _named(codes: pd.Series, named: Callable[[str], str], most: int = 6) -> str:
    words = [f"{named(code)} ({code})" for code in sorted(codes.dropna())]
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
