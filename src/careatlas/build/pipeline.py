"""The whole build in one screen: publishers' files in, a release out.

read -> place -> examine -> gather -> estimate -> disclose -> compare -> derive -> publish
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

import careatlas
from careatlas.build import (
    account,
    community_completeness,
    compare,
    completeness,
    disclose,
    estimated_returns,
    gather,
    maternity_completeness,
    published,
    restate,
    tidy,
)
from careatlas.build.area_changes import Stated
from careatlas.build.areas import Areas, Country, as_arrow, build_areas, hexagon_layouts
from careatlas.build.derive import Known, derived_tables
from careatlas.build.estimate import estimate, with_expected
from careatlas.build.gather import Gathered, Inputs
from careatlas.build.neighbours import people_by_area
from careatlas.build.own_versions import read_own
from careatlas.build.waits import write_waits
from careatlas.catalogue.indicator import Indicator
from careatlas.catalogue.library import Catalogue, load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.release import (
    Release,
    home_folder,
    publish,
    remove_unfinished,
    whole_release,
)
from careatlas.engine.tables import RELEASE
from careatlas.errors import AtlasError
from careatlas.present.maps import simplified

ENGLAND = Country("ENG", "England")
SIMULATED_COUNTRY_CODE = "SIM"
REMEMBERED, ASKED = "built-from.json", "built-as.json"
Say = tidy.Say
DOUBTED_BY = {  # whose rule says which returns in a table are not whole
    community_completeness.TABLE: community_completeness.doubted,
    maternity_completeness.TABLE: maternity_completeness.doubted,
    **dict.fromkeys(estimated_returns.TABLES_WITH_ESTIMATES, estimated_returns.doubted),
}


def build(
    data: Path,
    home: Path | None = None,
    engine_url: str | None = None,
    say: Say = lambda told: None,
    areas_as_of: date | None = None,
) -> Release:
    """A release from the publishers' files in ``data``, served from ``home``. What has not changed is not redone.
    ``areas_as_of``: the day to whose areas all figures are restated; by default the last day on file."""
    home, catalogue = home_folder(home), load_catalogue()
    if not data.is_dir():
        raise AtlasError(data, "is not a folder.", "Give the folder that holds the publishers' files.")
    with _only_build(home):
        reads = tidy.read_folder(data, home, say)
        wanted, areas_as_of = areas_as_of, areas_as_of or tidy.last_day(reads)
        reads += read_own(home, say)
        inputs_hash = _hash_of(reads, data, engine_url, areas_as_of)
        if (unchanged := _same_inputs(home, inputs_hash)) is not None:
            _remember_asked(home, data, engine_url, wanted)
            say(f"nothing changed: release {unchanged.id} stands")
            return unchanged
        with TemporaryDirectory(prefix="careatlas-") as aside:
            release = _build(reads, data, home, catalogue, engine_url, say, areas_as_of, Path(aside))
        _remember_inputs(home, inputs_hash, release)
        _remember_asked(home, data, engine_url, wanted)
        say(f"release {release.id} is served from {home}")
        return release


def build_again(home: Path, say: Say = lambda told: None) -> Release:
    """The last build of this home once more, as it was asked for: of the same folder, with what was loaded since."""
    try:
        asked = json.loads((home / ASKED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise AtlasError(
            home, "was not built here from a folder of files.", "Run `careatlas build --data DIR` first."
        ) from fault
    as_of = asked["areas_as_of"]
    return build(
        Path(asked["data"]), home, asked["engine"], say, date.fromisoformat(as_of) if as_of else None
    )


def _build(
    reads: list[tidy.Read],
    data: Path,
    home: Path,
    catalogue: Catalogue,
    engine_url: str | None,
    say: Say,
    areas_as_of: date | None,
    aside: Path,
) -> Release:
    """``aside``: a folder for what is too large for memory until it is published."""
    editions = tidy.latest_editions(reads)
    with connect() as embedded, ExitStack() as elsewhere:
        local = tidy.open_tables(embedded, editions)
        small = partial(tidy.frame, embedded, local)
        country = _country(data)
        boundaries = small("boundaries")
        areas = build_areas(
            small("area_list"), boundaries, small("place_names"), catalogue.area_types,
            [alias.model_dump() for alias in catalogue.aliases], country, hexagon_layouts(),
            Stated(catalogue.area_changes, small("stated_changes"), small("small_areas"), areas_as_of),
        )  # fmt: skip
        say("looking for returns that are missing")
        findings = _examine(embedded, local, small, areas, catalogue)
        inputs = Inputs(embedded, local, tidy.spans(reads))
        if engine_url is not None:
            engine = elsewhere.enter_context(connect(engine_url))
            inputs = Inputs(
                engine, tidy.upload(engine, embedded, local, _counted_tables(catalogue)), inputs.spans
            )
        values, comparisons = _all_values(catalogue, inputs, areas, findings, say)
        four_hours = completeness.examine_four_hour_waits(embedded, local, areas)
        community = community_completeness.examine_community_waits(embedded, local, areas)
        births = maternity_completeness.examine_maternity(
            embedded, local, areas, catalogue.indicators.values()
        )
        estimated = estimated_returns.examine_estimated_returns(embedded, local, areas)
        release_tables = {
            "areas": areas.table,
            "area_changes": areas.changes,
            "area_names": areas.names,
            "values": values,
            "comparisons": comparisons,
            "completeness": _stacked([findings.table, four_hours, community, births, estimated]),
            "files": account.files(reads, editions),
            "reconciliation": account.reconciliation(reads, editions, areas),
        }
        release_tables |= derived_tables(Known(values, comparisons, areas, catalogue, inputs, small), say)
        say("waits by week")
        people = people_by_area(small("population"), small("need_weights"), areas)
        waits = write_waits(
            aside / "waits.parquet", embedded, local, areas, catalogue.area_types, findings, people
        )
    say("writing the release")
    return publish(
        home,
        {name: as_arrow(name, release_tables.get(name, pd.DataFrame())) for name in RELEASE}
        | {"waits": waits},
        _documents(catalogue, boundaries, areas, values),
        account.manifest(reads, country, _is_simulated(data)),
    )


def _all_values(
    catalogue: Catalogue, inputs: Inputs, areas: Areas, findings: completeness.Findings, say: Say
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values and comparisons of every indicator whose tables are on file."""
    values = [pd.DataFrame(columns=RELEASE["values"].column_names)]
    comparisons = [pd.DataFrame(columns=RELEASE["comparisons"].column_names)]
    for number, indicator in enumerate(catalogue.indicators.values(), 1):
        absent = [side.table for side in indicator.counted.values() if side.table not in inputs.tables]
        told = f": no {' or '.join(sorted(set(absent)))} on file" if absent else ""
        say(f"[{number}/{len(catalogue.indicators)}] {indicator.id}{told}")
        if not absent:
            exact = indicator_values(indicator, catalogue, inputs, areas, findings)
            shown = disclose.as_shown(exact, indicator.numerator.table, indicator.decimals)
            values.append(restate.comparable(shown))
            comparisons.append(compare.comparisons(values[-1], indicator, catalogue, areas))
    return _stacked(values), _stacked(comparisons)


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows; the first frame, empty, gives the columns where there are none."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def indicator_values(
    indicator: Indicator,
    catalogue: Catalogue,
    inputs: Inputs,
    areas: Areas,
    findings: completeness.Findings | None = None,
) -> pd.DataFrame:
    """Every value of one indicator: its area types and the whole country, as rows of the ``values`` table."""
    levels = _levels(indicator, catalogue, inputs, areas, findings)
    standard = catalogue.standard_populations.get(indicator.standard_population or "")
    national = estimate(levels["country"], indicator, standard)
    finished = [pd.DataFrame(columns=RELEASE["values"].column_names)]
    hidden: set[disclose.AreaPeriod] = set()
    for area_type in sorted(
        levels, key=lambda level: -catalogue.area_types[level].order
    ):  # largest areas first
        gathered = levels[area_type]
        if gathered.frame.empty:  # no area of this type is known
            continue
        if area_type == "country":  # the sum of all areas, however they were cut
            own = national.assign(estimated=False)
        else:
            own = estimate(gathered, indicator, standard)
            own = restate.told(own, gathered.origins, gather.KEYS)
        frame = with_expected(own, national, indicator)
        frame = disclose.protect(frame, indicator.numerator.table, areas.parents(area_type), hidden)
        hidden |= disclose.hidden_in(frame)
        finished.append(_finished(frame, indicator, area_type))
    return _stacked(finished)


def _levels(
    indicator: Indicator,
    catalogue: Catalogue,
    inputs: Inputs,
    areas: Areas,
    findings: completeness.Findings | None,
) -> dict[str, Gathered]:
    """The indicator's sums at each of its area types, and of the whole country."""
    if indicator.method == published.METHOD:
        return published.published_levels(indicator, inputs, areas)
    types = catalogue.area_types
    bases: dict[str, Gathered] = {}
    levels: dict[str, Gathered] = {}
    for area_type in indicator.area_types:
        base = gather.base_of(indicator, area_type, types)
        if base not in bases:
            flagged = _flagged(indicator, base, inputs, areas, findings)
            bases[base] = gather.gather_base(indicator, base, inputs, areas, types, flagged)
        step, below = bases[base], base
        for above in gather.path_up(area_type, base, types):
            step, below = (
                gather.roll_up(step, gather.members_of(types[above], below, areas), areas.name),
                above,
            )
        levels[area_type] = step
    first = next(iter(bases.values()))
    everyone = {area: areas.country.code for area in first.frame["area"].unique()}
    levels["country"] = gather.roll_up(first, everyone, areas.name)
    return levels


def _flagged(
    indicator: Indicator, base: str, inputs: Inputs, areas: Areas, findings: completeness.Findings | None
) -> pd.DataFrame | None:
    """The returns of a base area type that the indicator must not take for whole."""
    table = indicator.numerator.table
    if table in DOUBTED_BY:
        return DOUBTED_BY[table](inputs.engine, inputs.tables, indicator, base, areas)
    return findings.of(base, _parts(indicator)) if findings and table == "rtt" else None


def _parts(indicator: Indicator) -> set[str]:
    return set(indicator.numerator.equal_to.get("part", []))


def _finished(frame: pd.DataFrame, indicator: Indicator, area_type: str) -> pd.DataFrame:
    note = frame["note"].where(frame["note"] != "", None)
    labelled = frame.assign(
        indicator=indicator.id, area_type=area_type, sex="persons", age_band="all", note=note
    )
    return labelled[RELEASE["values"].column_names]


def _examine(embedded, local, small, areas: Areas, catalogue: Catalogue) -> completeness.Findings:
    boards = small("trust_boards")
    boards = boards.assign(icb=areas.resolve("icb", boards["icb"]))
    people = small("need_weights")
    people = people[people["need"] == "registered"]
    people = people[people["period_end"] == people["period_end"].max()]
    people = people.groupby("sub_icb", as_index=False)["weighted_population"].sum()
    people = people.rename(columns={"sub_icb": "area", "weighted_population": "people"})
    return completeness.examine_waiting_times(embedded, local, areas, boards, people, catalogue.completeness)


def _documents(
    catalogue: Catalogue, boundaries: pd.DataFrame, areas: Areas, values: pd.DataFrame
) -> dict[str, Any]:
    """The catalogue as of this build, and simplified outlines for each mapped area type."""
    documents: dict[str, Any] = {
        "catalogue.json": {**catalogue.as_dict(), "with_values": sorted(values["indicator"].unique())}
    }
    for area_type, outlines in boundaries.groupby("area_type"):
        latest = outlines[outlines["vintage"] == outlines["vintage"].max()]
        codes = areas.resolve(str(area_type), latest["ons_code"])
        rows = latest.assign(code=codes).dropna(subset=["code"]).to_dict("records")
        documents[f"boundaries/{area_type}.json"] = simplified(rows)
    return documents


def _counted_tables(catalogue: Catalogue) -> set[str]:
    """What indicators count, and what says which of it is an estimate."""
    counted = {
        side.table for indicator in catalogue.indicators.values() for side in indicator.counted.values()
    }
    return counted | {estimated_returns.TABLE}


def _is_simulated(data: Path) -> bool:
    return (data / tidy.SIMULATED_MARK).is_file()


def _country(data: Path) -> Country:
    if not _is_simulated(data):
        return ENGLAND
    mark = json.loads((data / tidy.SIMULATED_MARK).read_text(encoding="utf-8"))
    return Country(SIMULATED_COUNTRY_CODE, mark["country_name"])


def _hash_of(reads: list[tidy.Read], data: Path, engine_url: str | None, areas_as_of: date | None) -> str:
    """A hash of all that decides what is built: files, code, content, engine, the areas wanted."""
    stated = [
        careatlas.code_hash(),
        engine_url,
        str(areas_as_of),
        _is_simulated(data),
        sorted((read.file, read.sha256) for read in reads),
    ]
    return hashlib.sha256(json.dumps(stated).encode()).hexdigest()


def _same_inputs(home: Path, inputs_hash: str) -> Release | None:
    """The release being served, where it is what these inputs gave the last time."""
    release = whole_release(home)
    try:
        remembered = json.loads((home / REMEMBERED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return release if release and remembered == {"inputs": inputs_hash, "release": release.id} else None


def _remember_inputs(home: Path, inputs_hash: str, release: Release) -> None:
    """Kept beside the releases, not in one: changed code may well give the same release again."""
    _write_whole(home, REMEMBERED, {"inputs": inputs_hash, "release": release.id})


def _remember_asked(home: Path, data: Path, engine_url: str | None, areas_as_of: date | None) -> None:
    """So that a reader's own figures can be added to the same build later."""
    as_of = areas_as_of.isoformat() if areas_as_of else None
    _write_whole(home, ASKED, {"data": str(data.resolve()), "engine": engine_url, "areas_as_of": as_of})


def _write_whole(home: Path, name: str, content: dict[str, Any]) -> None:
    unfinished = home / f".{name}"
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    os.replace(unfinished, home / name)


@contextmanager
def _only_build(home: Path) -> Iterator[None]:
    """One build at a time in a home; the lock goes with the process that held it, however that ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise AtlasError(
                home, "another build is running there.", "Wait for it, or give another --release."
            ) from fault
        (home / "releases").mkdir(exist_ok=True)
        remove_unfinished(home / "releases")
        tidy.remove_unfinished(home)
        yield
