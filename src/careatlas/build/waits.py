"""How long people wait: pathways by week waited, of every area and provider, month, part and specialty.

The ``waits`` table of a release is some 40,000 rows of 105 weeks a month, so it is written to disk one specialty
at a time and never held whole. It lies in order of specialty, part and area type, a row group each, because that
is how it is asked for. Who was missing or incomplete is decided once for all specialties, by the same rules as
for the indicators; what had to be shared out between areas of today is an estimate, and counts as incomplete.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.sparse import csr_array

from careatlas.build import count, restate
from careatlas.build.areas import Areas
from careatlas.build.completeness import COMPLETED, Findings
from careatlas.build.gather import KEYS, Gathered, members_of, path_up, roll_up
from careatlas.catalogue.area import AreaType, base_type
from careatlas.engine.connect import Engine
from careatlas.engine.tables import RELEASE
from careatlas.sources._weeks import as_lists

BASE, PROVIDER, COUNTRY = "sub_icb", "provider", "country"
CELL = ["area", "period_end"]
IN_ORDER = ["period_end", "counted_by", "body", "part"]  # engines answer in any, and shares add up in theirs
STATE = ["area_type", "area", "period_start", "period_end", "part", "status", "note"]


def write_waits(
    path: Path,
    engine: Engine,
    tables: Mapping[str, ibis.Table],
    areas: Areas,
    area_types: Mapping[str, AreaType],
    findings: Findings,
    people: pd.Series,
) -> Path:
    """The table as a Parquet file. ``people`` by area: how large a part of a board is missing when an area is."""
    with pq.ParquetWriter(path, RELEASE["waits"].schema, compression="zstd") as writer:
        if "rtt_weeks" in tables:
            rows = tables["rtt_weeks"]
            levels = _levels(areas, area_types)
            states = _states_of_areas(engine, rows, areas, area_types, findings, people)
            specialties = engine.to_arrow(rows.select("specialty").distinct())["specialty"].to_pylist()
            for specialty in sorted(specialties):
                cells = _Cells.of(engine.to_arrow(rows.filter(rows.specialty == specialty)))
                for group in _row_groups(specialty, cells, levels, states, areas, findings):
                    writer.write_table(group)
    return path


@dataclass
class _Cells:
    """One specialty: ``keys`` (period_start, period_end, counted_by, body, part, pathways), and beside each row of
    them the ``weeks`` and how many of those are ``published``: -1 where none are."""

    keys: pd.DataFrame
    weeks: np.ndarray
    published: np.ndarray

    @classmethod
    def of(cls, rows: pa.Table) -> "_Cells":
        rows = rows.sort_by([(key, "ascending") for key in IN_ORDER])
        lists = rows["weeks"].combine_chunks()
        published = pc.list_value_length(lists).fill_null(-1).to_numpy().astype(np.int64)
        weeks = np.zeros((len(rows), max(published.max(), 0)))
        weeks[np.arange(weeks.shape[1]) < published[:, None]] = lists.flatten().to_numpy()
        keys = rows.drop_columns(["weeks", "specialty"]).to_pandas()
        for day in ("period_start", "period_end"):
            keys[day] = pd.to_datetime(keys[day])
        return cls(keys, weeks, published)


def _levels(areas: Areas, area_types: Mapping[str, AreaType]) -> dict[str, dict[str, str]]:
    """Area type -> {code of the finest area: the area of this type that it lies in}."""
    levels = {}
    for area_type in area_types:
        if base_type(area_type, dict(area_types), {BASE: ""}) != BASE:
            continue
        within, below = {code: code for code in areas.current(BASE)}, BASE
        for above in path_up(area_type, BASE, area_types):
            members = members_of(area_types[above], below, areas)
            within, below = {code: members.get(area) for code, area in within.items()}, above
        levels[area_type] = within
    return levels | {COUNTRY: dict.fromkeys(areas.current(BASE), areas.country.code)}


def _states_of_areas(
    engine: Engine,
    rows: ibis.Table,
    areas: Areas,
    area_types: Mapping[str, AreaType],
    findings: Findings,
    people: pd.Series,
) -> pd.DataFrame:
    """Status and note of every area in each month and part on file."""
    sent = rows.filter(rows.counted_by == "commissioner")
    sent = count.run(engine, sent.select("period_start", "period_end", "part", "body").distinct())
    sent["area"] = areas.spoken(BASE, sent["body"])
    silent = restate.silent_parts(sent, areas.current(BASE), areas.succession(BASE), True)
    placed = restate.shared_out(sent, areas.succession(BASE), [], True)
    size = people.reindex(areas.current(BASE)).rename("denominator").rename_axis("area").reset_index()
    size["denominator"] = size["denominator"].fillna(size["denominator"].mean()).fillna(1.0)
    present = placed.dropna(subset=["area"])[KEYS].drop_duplicates().assign(is_present=True)
    states = []
    for part, of_part in placed.groupby("part"):
        months = of_part[["period_start", "period_end"]].drop_duplicates()
        frame = size.merge(months, how="cross").merge(present, how="left")
        frame = _with_findings(_with_returns(frame, silent), findings.of(BASE, {part}))
        base = Gathered(frame.assign(**dict.fromkeys(count.SUMS, 1.0)), None, restate.origins(of_part, KEYS))
        levels = _rolled_up(base, areas, area_types)
        states += [level.assign(area_type=name, part=part)[STATE] for name, level in levels.items()]
    return pd.concat(states, ignore_index=True)


def _with_returns(
    frame: pd.DataFrame, silent: Mapping[tuple[str, pd.Timestamp, pd.Timestamp], str]
) -> pd.DataFrame:
    """Status and note by who sent anything; ``silent``: the parts that a merged area had then and that did not."""
    lacking = [silent.get(key) for key in zip(*(frame[key] for key in KEYS), strict=True)]
    missing = frame["is_present"].isna()
    told = [f"no return from {parts}, then a part of this area" if parts else "" for parts in lacking]
    return frame.assign(
        status=np.select([missing, np.array(told) != ""], ["missing", "incomplete"], "reported"),
        note=np.where(missing, "no return on file", told),
    )


def _with_findings(frame: pd.DataFrame, flagged: pd.DataFrame) -> pd.DataFrame:
    """Returns that the completeness rules doubt: incomplete, or with a note."""
    if not len(flagged):
        return frame
    found = frame.merge(flagged, on=["area", "period_end"], how="left", suffixes=("", "_found"))
    doubted = (found["flag"] == "incomplete") & (found["status"] != "missing")
    found["status"] = found["status"].mask(doubted, "incomplete")
    notes = (
        found[["note", "note_found"]]
        .fillna("")
        .agg(lambda both: "; ".join(filter(None, dict.fromkeys(both))), axis=1)
    )
    return found.assign(note=notes)[frame.columns]


def _rolled_up(base: Gathered, areas: Areas, area_types: Mapping[str, AreaType]) -> dict[str, pd.DataFrame]:
    """Status and note at every area type above. An estimate counts as incomplete."""
    gathered = {BASE: base}
    for area_type in sorted(area_types.values(), key=lambda each: each.order):
        below = area_type.rolls_up_from
        if below in gathered:
            members = members_of(area_type, below, areas)
            gathered[area_type.id] = roll_up(gathered[below], members, areas.name)
    everyone = dict.fromkeys(areas.current(BASE), areas.country.code)
    levels = {COUNTRY: roll_up(base, everyone, areas.name).frame}
    for name, level in gathered.items():
        frame = restate.told(level.frame, level.origins, KEYS)
        levels[name] = frame.assign(status=frame["status"].mask(frame["estimated"], "incomplete"))
    return levels


def _row_groups(
    specialty: str,
    cells: _Cells,
    levels: Mapping[str, Mapping[str, str]],
    states: pd.DataFrame,
    areas: Areas,
    findings: Findings,
) -> Iterator[pa.Table]:
    """The specialty's rows of the release table by part and area type."""
    of_base, of_provider = _placed(areas, cells.keys)
    placed = {level: of_base.assign(area=of_base["area"].map(within)) for level, within in levels.items()}
    placed[PROVIDER] = of_provider
    on_file = cells.keys[["period_start", "period_end", "part"]].drop_duplicates()
    of_providers = _states_of_providers(of_provider, on_file, findings)
    states = pd.concat([states.merge(on_file), of_providers], ignore_index=True)
    for (part, area_type), of_group in states.groupby(["part", "area_type"]):
        of_part = placed[area_type][placed[area_type]["part"] == part]
        yield _as_arrow(specialty, of_group, cells, of_part)


def _placed(areas: Areas, keys: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows by commissioner as today's sub-ICB locations, ``share`` of each ``row``; and the rows by provider."""
    own = keys.assign(row=np.arange(len(keys)))[
        ["row", "counted_by", "body", "period_start", "period_end", "part"]
    ]
    of_commissioners = own[own["counted_by"] == "commissioner"]
    of_commissioners = of_commissioners.assign(area=areas.spoken(BASE, of_commissioners["body"]))
    shared = restate.shared_out(of_commissioners, areas.succession(BASE), [], True)
    of_providers = own[own["counted_by"] == PROVIDER]
    area = areas.resolve(PROVIDER, of_providers["body"]).astype(object)  # text even where there is none
    return shared.dropna(subset=["area"]), of_providers.assign(area=area, share=1.0).dropna(subset=["area"])


def _states_of_providers(placed: pd.DataFrame, on_file: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Providers have rows where they sent any; those found absent have one in every part, because it is not known
    what they would have sent."""
    sent = placed[["area", "period_start", "period_end", "part"]].drop_duplicates()
    found = findings.table[findings.table["submitter_type"] == PROVIDER]
    found = found[["submitter", "period_end", "status", "evidence"]]
    found = found.rename(columns={"submitter": "area", "status": "found"})
    found["period_end"] = pd.to_datetime(found["period_end"])
    absent = on_file.merge(found[found["found"] == "absent"], on="period_end").rename(
        columns={"evidence": "note"}
    )
    partial = found[found["found"] == "partial"].drop_duplicates(["area", "period_end"])
    sent = sent.merge(partial, on=["area", "period_end"], how="left")
    doubted = sent["found"].notna() & sent["part"].isin(COMPLETED)
    sent = sent.assign(
        status=np.where(doubted, "incomplete", "reported"), note=sent["evidence"].where(doubted, "")
    )
    return pd.concat([sent, absent.assign(status="missing")], ignore_index=True).assign(area_type=PROVIDER)[
        STATE
    ]


def _as_arrow(specialty: str, states: pd.DataFrame, cells: _Cells, placed: pd.DataFrame) -> pa.Table:
    """Sums of the rows of one part placed in each area and month that the states list; missing ones have no figure."""
    states = states.sort_values(CELL, ignore_index=True)
    place = pd.MultiIndex.from_frame(states[CELL]).get_indexer(pd.MultiIndex.from_frame(placed[CELL]))
    rows, known = placed["row"].to_numpy(), place >= 0
    member = csr_array(
        (placed["share"].to_numpy()[known], (place[known], rows[known])), shape=(len(states), len(cells.keys))
    )
    missing = states["status"].to_numpy() == "missing"
    pathways = member @ cells.keys["pathways"].fillna(0).to_numpy()
    published = pd.Series(cells.published[rows]).groupby(placed["period_end"].to_numpy()).max()
    published = states["period_end"].map(published).fillna(-1).to_numpy(np.int64)
    is_zero = (states["status"] == "reported") & (pathways == 0)
    columns = {
        "area_type": states["area_type"],
        "area": states["area"],
        "period_start": states["period_start"].dt.date,
        "period_end": states["period_end"].dt.date,
        "part": states["part"],
        "specialty": [specialty] * len(states),
        "pathways": pa.array(pathways, mask=missing),
        "weeks": as_lists(np.rint(member @ cells.weeks), np.where(missing, -1, published)),
        "status": states["status"].mask(is_zero, "zero"),
        "note": states["note"].where(states["note"] != "", None),
    }
    schema = RELEASE["waits"].schema
    return pa.Table.from_arrays(
        [pa.array(columns[field.name], field.type, from_pandas=True) for field in schema], schema=schema
    )
