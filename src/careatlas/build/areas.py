"""The areas of a release: who exists in which vintage, what they are called, and what old codes became.

Look-ups and publications each name areas; the latest vintage's statement wins, column by column. ONS codes are
resolved to ODS codes, which the rest of the atlas speaks.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from careatlas.build.area_changes import NEVER_RESTATED, Stated, area_changes, with_new_areas
from careatlas.build.restate import Succession
from careatlas.catalogue.area import AreaType
from careatlas.catalogue.library import CONTENT
from careatlas.engine.tables import RELEASE
from careatlas.present.hexagons import hexagon_layout
from careatlas.sources._names import in_title_case

SMALLEST_SHARE_OF_A_PLACE = 0.02  # a council's border streets do not make the next area an answer to its name


@dataclass(frozen=True)
class Country:
    code: str
    name: str


@dataclass
class Areas:
    """``table``: the release's areas, indexed by (area_type, code). ``codes``: area type -> any publisher's code -> the
    ODS code it stood for. ``changes``: what old areas became.
    """

    table: pd.DataFrame
    codes: dict[str, dict[str, str]]
    changes: pd.DataFrame
    names: pd.DataFrame
    country: Country

    def current(self, area_type: str) -> list[str]:
        """Codes valid in the latest vintage, in order."""
        rows = self.table[(self.table["area_type"] == area_type) & self.table["valid_to"].isna()]
        return sorted(rows["code"])

    def succession(self, area_type: str) -> Succession:
        """What became today's areas of this type."""
        if area_type not in self._successions:
            self._successions[area_type] = Succession(self.changes, frozenset(self.current(area_type)))
        return self._successions[area_type]

    def spoken(self, area_type: str, codes: pd.Series) -> pd.Series:
        """Each publisher's code as the ODS code of its time; missing where no area of that type was ever called so."""
        succession = self.succession(area_type)
        known = self.codes.get(area_type, {})
        unlisted = {code: code for code in self._changed if code not in known and succession.parts(code)}
        return codes.map(known | unlisted).astype(object)

    def resolve(self, area_type: str, codes: pd.Series) -> pd.Series:
        """Each publisher's code as the one area of today that holds all of it; missing where there is none. What was
        counted by areas as they were is restated by `careatlas.build.restate`, shares and all."""
        succession = self.succession(area_type)
        spoken = self.spoken(area_type, codes)
        return spoken.map({code: succession.whole(code) for code in spoken.dropna().unique()})

    def parents(self, area_type: str) -> dict[str, str]:
        rows = self.table[self.table["area_type"] == area_type]
        return dict(zip(rows["code"], rows["parent_code"], strict=True))

    def name(self, code: str) -> str:
        return self._names.get(code, code)

    def __post_init__(self) -> None:
        self._names = dict(zip(self.table["code"], self.table["name"], strict=True))
        self._changed = list(dict.fromkeys(self.changes["old"]))
        self._successions: dict[str, Succession] = {}


def build_areas(
    listed: pd.DataFrame,
    boundaries: pd.DataFrame,
    place_names: pd.DataFrame,
    area_types: dict[str, AreaType],
    aliases: list[dict[str, str]],
    country: Country,
    hexagons: dict[str, pd.DataFrame],
    stated: Stated | None = None,
) -> Areas:
    """Areas from what look-ups and publications list (``area_list`` rows), outlines, place names and aliases.
    ``stated``: changes that these do not show."""
    stated = stated or Stated()
    listed = _by_ods_code(_with_boundary_codes(listed, boundaries))
    listed = listed[listed["area_type"].isin(area_types)]
    table = _latest_statement(listed)
    changes = area_changes(listed, table, stated)
    table = _closed(with_new_areas(table, changes, stated.content), changes)
    table = _with_custom_members(table, area_types)
    today = Areas(table, _code_map(listed, table), changes, table, country)
    table = _with_parents(table, today, area_types)
    table = pd.concat([table, _country_row(country)], ignore_index=True)
    table = _with_places(table, boundaries, today, hexagons)
    names = _area_names(table, place_names, aliases, today)
    return Areas(
        table.sort_values(["area_type", "code"], ignore_index=True), today.codes, changes, names, country
    )


def _with_boundary_codes(listed: pd.DataFrame, boundaries: pd.DataFrame) -> pd.DataFrame:
    """Outlines also say which ONS code goes with which ODS code, where the name carries it."""
    known = boundaries[boundaries["code"].notna()]
    extra = pd.DataFrame(
        {
            "code": known["code"],
            "name": None,
            "official_name": known["name"],
            "area_type": known["area_type"],
            "parent_code": None,
            "ons_code": known["ons_code"],
            "vintage": known["vintage"],
        }
    )
    return pd.concat([listed, extra], ignore_index=True) if len(extra) else listed


def _by_ods_code(listed: pd.DataFrame) -> pd.DataFrame:
    """A publication that knows an area only by its ONS code means the area whose ODS code another gives."""
    both = listed[listed["ons_code"].notna() & (listed["ons_code"] != listed["code"])]
    ods = dict(zip(both["area_type"] + both["ons_code"], both["code"], strict=True))
    code = (listed["area_type"] + listed["code"]).map(ods).fillna(listed["code"])
    replaced = np.where(code != listed["code"], listed["code"], None)
    ons = np.where(listed["ons_code"].notna(), listed["ons_code"], replaced)
    return listed.assign(code=code, ons_code=ons)


def _latest_statement(listed: pd.DataFrame) -> pd.DataFrame:
    """One row an area: of each column the latest vintage's word. Publications of activity name areas too, but
    shout: a name in mixed case is preferred to one in capitals."""
    area, names = ["area_type", "code"], ["name", "official_name"]
    latest = listed.sort_values([*area, "vintage", "name"], ascending=[True, True, False, True])
    shouted = latest["name"].map(lambda name: not isinstance(name, str) or name.isupper())
    spoken_first = latest.assign(shouted=shouted).sort_values([*area, "shouted"], kind="stable")
    table = latest.drop(columns=[*names, "vintage"]).groupby(area, sort=True).first()
    table = table.join(spoken_first.groupby(area)[names].first())
    table = table.join(listed.groupby(area)["vintage"].agg(["min", "max"])).reset_index()
    table["name"] = table["name"].fillna(table["official_name"]).fillna(table["code"])
    shouted = table["name"].str.isupper()
    table.loc[shouted, "name"] = table.loc[shouted, "name"].map(in_title_case)
    table["official_name"] = table["official_name"].fillna(table["name"])
    return table


def _closed(table: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Areas that became part of others end the day before; the rest, and those that only gave a part away, are still
    valid."""
    went_on = changes.loc[changes["old"] == changes["new"], "old"]
    gone = changes[~changes["old"].isin(went_on)].groupby("old")["from"].min()
    last_day = pd.to_datetime(table["code"].map(gone)) - pd.Timedelta(days=1)
    last_day = last_day.where(table["area_type"] != NEVER_RESTATED)  # some have a care trust's code of old
    first_day = pd.to_datetime({"year": table["min"].astype(int), "month": 4, "day": 1})
    return table.assign(valid_from=first_day, valid_to=last_day).drop(columns=["min", "max"])


def _with_custom_members(table: pd.DataFrame, area_types: dict[str, AreaType]) -> pd.DataFrame:
    """Groupings that the look-ups do not hold are declared in the area type's own file."""
    rows = [
        {"area_type": area_type.id, "code": code, "name": member.name, "official_name": member.name}
        for area_type in area_types.values()
        for code, member in (area_type.members or {}).items()
        if set(member.of) & set(table["code"])
    ]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True) if rows else table


def _code_map(listed: pd.DataFrame, table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Area type -> ODS and ONS codes -> the ODS code."""
    codes: dict[str, dict[str, str]] = {
        str(area_type): {code: code for code in of_type["code"]}
        for area_type, of_type in table.groupby("area_type")
    }
    with_ons = listed.dropna(subset=["ons_code"]).sort_values("vintage")
    for area_type, of_type in with_ons.groupby("area_type"):
        own = codes[str(area_type)]
        codes[str(area_type)] = dict(zip(of_type["ons_code"], of_type["code"], strict=True)) | own
    return codes


def _with_parents(table: pd.DataFrame, today: Areas, area_types: dict[str, AreaType]) -> pd.DataFrame:
    parent = (
        table["parent_code"].copy() if "parent_code" in table else pd.Series(index=table.index, dtype=object)
    )
    for area_type in area_types.values():
        rows = table["area_type"] == area_type.id
        if area_type.parent == "country":
            parent[rows] = today.country.code
        elif area_type.parent:
            parent[rows] = today.resolve(area_type.parent, parent[rows])
        for code in area_type.members or {}:
            parent[rows & (table["code"] == code)] = (
                today.country.code if area_type.parent == "country" else None
            )
    return table.assign(parent_code=parent.where(parent.notna(), None))


def _country_row(country: Country) -> pd.DataFrame:
    return pd.DataFrame(
        [{"area_type": "country", "code": country.code, "name": country.name, "official_name": country.name}]
    )


def _with_places(
    table: pd.DataFrame,
    boundaries: pd.DataFrame,
    today: Areas,
    hexagons: dict[str, pd.DataFrame],
) -> pd.DataFrame:
    """Label points, and each mapped area type's place on the hexagon map: drawn by hand where content has a
    layout for exactly these areas, else computed."""
    points = boundaries.sort_values("vintage")
    points = points.assign(code=_resolved(points["area_type"], points["ons_code"], today))
    points = points.dropna(subset=["code"]).drop_duplicates(["area_type", "code"], keep="last")
    table = table.merge(
        points[["area_type", "code", "longitude", "latitude"]], on=["area_type", "code"], how="left"
    )
    table[["hex_q", "hex_r"]] = np.nan
    for area_type, of_type in table[table["longitude"].notna()].groupby("area_type"):
        layout = hexagons.get(str(area_type))
        if layout is not None and set(of_type["code"]) <= set(layout["code"]):
            placed = of_type[["code"]].merge(layout, on="code", how="left")
            q, r = placed["q"].to_numpy(), placed["r"].to_numpy()
        else:
            boards = of_type["parent_code"].to_numpy()
            q, r = hexagon_layout(of_type["longitude"].to_numpy(), of_type["latitude"].to_numpy(), boards)
        table.loc[of_type.index, "hex_q"], table.loc[of_type.index, "hex_r"] = q, r
    return table


def _area_names(
    table: pd.DataFrame,
    place_names: pd.DataFrame,
    aliases: list[dict[str, str]],
    today: Areas,
) -> pd.DataFrame:
    """Every name a reader may type: the areas' own, the look-ups' councils, and the aliases in content."""
    own = table[table["valid_to"].isna()].assign(kind="area", share=np.nan)
    own = own.rename(columns={"code": "area"})[["name", "kind", "area", "area_type", "share"]]
    official = table[table["official_name"] != table["name"]].assign(kind="area", share=np.nan)
    official = official.drop(columns="name").rename(columns={"official_name": "name", "code": "area"})[
        own.columns
    ]
    places = place_names.rename(columns={"place": "name"})
    if len(places):
        places = places.assign(area=_resolved(places["area_type"], places["area"], today))
        places = places.dropna(subset=["area"])
        places = places[places["share"] >= SMALLEST_SHARE_OF_A_PLACE]
        places = places.sort_values("share", ascending=False).drop_duplicates(["name", "kind", "area"])
    known = set(zip(table["area_type"], table["code"], strict=True))
    content = pd.DataFrame(
        [{**alias, "share": np.nan} for alias in aliases if (alias["area_type"], alias["area"]) in known],
        columns=own.columns,
    )
    parts = [part[own.columns] for part in (own, official, places, content) if len(part)]
    return pd.concat(parts, ignore_index=True).sort_values(["name", "kind", "area"], ignore_index=True)


def _resolved(area_types: pd.Series, codes: pd.Series, today: Areas) -> pd.Series:
    """Codes of several area types, each as today's area."""
    parts = [today.resolve(str(area_type), of_type) for area_type, of_type in codes.groupby(area_types)]
    return pd.concat(parts).reindex(codes.index) if parts else codes.astype(object)


def hexagon_layouts() -> dict[str, pd.DataFrame]:
    """The layouts drawn with care for real areas, by area type: code, q, r."""
    folder = CONTENT / "areas" / "hexagons"
    return {path.stem: pd.read_csv(path, dtype={"code": str}) for path in sorted(folder.glob("*.csv"))}


def as_arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    """A frame in the declared columns and types of a release table; absent columns are missing."""
    schema = RELEASE[name].schema
    columns = []
    for field in schema:
        series = frame[field.name] if field.name in frame else pd.Series([None] * len(frame), dtype=object)
        columns.append(pa.array(_plain(series, field.type), type=field.type, from_pandas=True))
    return pa.Table.from_arrays(columns, schema=schema)


def _plain(series: pd.Series, wanted: pa.DataType) -> pd.Series | list[object]:
    if pa.types.is_date(wanted):
        return [value.date() if pd.notna(value) else None for value in pd.to_datetime(series)]
    if pa.types.is_integer(wanted):
        return series.astype("Int64")
    return series
