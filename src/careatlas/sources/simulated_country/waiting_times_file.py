"""The layout of the referral-to-treatment full extract: a zipped CSV of 121 columns, one file a month.

For each provider, commissioner and part there is a row a specialty and one row of their total (C_999). Waits
are counted by week; parts on the waiting list have no "Total", new periods have no weeks.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from careatlas.sources.simulated_country import files, places
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.truth import month_ends

PARTS = {
    "completed_admitted": ("Part_1A", "Completed Pathways For Admitted Patients"),
    "completed_non_admitted": ("Part_1B", "Completed Pathways For Non-Admitted Patients"),
    "incomplete": ("Part_2", "Incomplete Pathways"),
    "incomplete_with_decision_to_admit": ("Part_2A", "Incomplete Pathways with DTA"),
    "new_periods": ("Part_3", "New RTT Periods - All Patients"),
}
COMPLETED = ("completed_admitted", "completed_non_admitted")
SPECIALTIES = {
    "C_110": "Trauma and Orthopaedic Service",
    "C_130": "Ophthalmology Service",
    "C_330": "Dermatology Service",
    "C_502": "Gynaecology Service",
    "X02": "Other - Medical Services",
}
MORE_SPECIALTIES = SPECIALTIES | {  # full size
    "C_100": "General Surgery Service",
    "C_101": "Urology Service",
    "C_120": "Ear Nose and Throat Service",
    "C_140": "Oral Surgery Service",
    "C_150": "Neurosurgical Service",
    "C_160": "Plastic Surgery Service",
    "C_170": "Cardiothoracic Surgery Service",
    "C_300": "General Internal Medicine Service",
    "C_301": "Gastroenterology Service",
    "C_320": "Cardiology Service",
    "C_340": "Respiratory Medicine Service",
    "C_400": "Neurology Service",
    "C_410": "Rheumatology Service",
    "C_430": "Elderly Medicine Service",
    "X03": "Other - Mental Health Services",
    "X04": "Other - Paediatric Services",
    "X05": "Other - Surgical Services",
    "X06": "Other - Other Services",
}
WEEKS = 105  # 0-1 to 103-104, and over 104
WEEK_COLUMNS = [f"Gt {week:02d} To {week + 1:02d} Weeks SUM 1" for week in range(WEEKS - 1)]
WEEK_COLUMNS += ["Gt 104 Weeks SUM 1"]


@dataclass(frozen=True)
class Flows:
    """Who treats whom, an entry a commissioner, provider and specialty (positions in their lists).

    Commissioners are the sub-areas, then the regions' hubs. ``share``: of the commissioner's pathways.
    """

    commissioner: np.ndarray
    provider: np.ndarray
    specialty: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class Reported:
    """One month by part: ``waits`` [flow, week]; pathways ``without_week`` [flow] (start unknown, or new)."""

    waits: dict[str, np.ndarray]
    without_week: dict[str, np.ndarray]

    def pathways(self, part: str) -> np.ndarray:
        counted = self.waits[part].sum(axis=1) if part in self.waits else 0
        return counted + self.without_week.get(part, 0)


@dataclass(frozen=True)
class Labels:
    """The words of the first columns: a row a provider, commissioner or specialty, a column a heading.

    Commissioners are the sub-areas, the regions' hubs, and the two parts of the sub-area that merged.
    """

    provider: dict[str, list[str]]
    commissioner: dict[str, list[str]]
    specialty: dict[str, list[str]]

    @classmethod
    def of(cls, country: Country, specialties: list[tuple[str, str]]) -> "Labels":
        boards = [country.board_of(trust.seat) for trust in country.trusts]
        own_boards = [country.board_of(place) for place in range(len(country.sub_areas))]
        hubs = [""] * len(country.regions)
        merged, board = country.sub_areas[places.MERGED_SUB_AREA], country.board_of(places.MERGED_SUB_AREA)
        parts = places.PARTS_OF_IT
        return cls(
            provider={
                "Provider Parent Org Code": [board.code for board in boards],
                "Provider Parent Name": [board.official_name.upper() for board in boards],
                "Provider Org Code": [trust.code for trust in country.trusts],
                "Provider Org Name": [trust.name for trust in country.trusts],
            },
            commissioner={
                "Commissioner Parent Org Code": [
                    *(each.code for each in own_boards),
                    *hubs,
                    *([board.code] * len(parts)),
                ],
                "Commissioner Parent Name": [
                    *(each.official_name.upper() for each in own_boards),
                    *hubs,
                    *([board.official_name.upper()] * len(parts)),
                ],
                "Commissioner Org Code": [
                    *(area.code for area in country.sub_areas),
                    *(f"ZH{place + 1:02d}" for place in range(len(hubs))),
                    *(code for code, _, _ in parts),
                ],
                "Commissioner Org Name": [
                    *(f"NHS {area.name} (SUB ICB LOCATION)".upper() for area in country.sub_areas),
                    *(f"{region.name} COMMISSIONING HUB".upper() for region in country.regions),
                    *(f"NHS {merged.name} {side} (SUB ICB LOCATION)".upper() for _, _, side in parts),
                ],
            },
            specialty={
                "Treatment Function Code": [*(code for code, _ in specialties), "C_999"],
                "Treatment Function Name": [*(name for _, name in specialties), "Total"],
            },
        )


def write_extract(
    into: Path, month: date, labels: Labels, flows: Flows, reported: Reported, present: np.ndarray
) -> None:
    """The month's zip; only flows that are ``present`` and have pathways have rows."""
    total = len(labels.specialty["Treatment Function Code"]) - 1
    blocks = [_part_rows(place, part, flows, reported, present, total) for place, part in enumerate(PARTS)]
    rows = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    order = np.lexsort([rows[name] for name in ("specialty", "part", "commissioner", "provider")])
    columns = _columns(month, labels, {name: values[order] for name, values in rows.items()})
    stem = f"{month_ends(month)[1]:%Y%m%d}-RTT-{month:%B-%Y}-full-extract"
    files.write_zip(
        into / f"Full-CSV-data-file-{month:%b%y}-ZIP.zip",
        f"{stem}.csv",
        files.csv_bytes(columns, windows_lines=True),
    )


def _part_rows(
    place: int, part: str, flows: Flows, reported: Reported, present: np.ndarray, total: int
) -> dict[str, np.ndarray]:
    """Rows of one part: a row a flow, then a row for the total of each commissioner and provider."""
    pathways = reported.pathways(part)
    kept = np.flatnonzero(present & (pathways > 0))
    pair = flows.commissioner[kept] * (flows.provider.max() + 1) + flows.provider[kept]
    order = np.argsort(pair, kind="stable")
    kept = kept[order]
    starts = np.flatnonzero(np.diff(pair[order], prepend=-1))

    def with_totals(figures: np.ndarray) -> np.ndarray:
        return np.concatenate([figures, np.add.reduceat(figures, starts, axis=0)]).astype(np.int32)

    both = np.concatenate([kept, kept[starts]])
    nothing = np.zeros(len(flows.share), np.int32)
    no_waits = np.zeros((len(both), WEEKS), np.int32)
    return {
        "commissioner": flows.commissioner[both],
        "provider": flows.provider[both],
        "part": np.full(len(both), place),
        "specialty": np.concatenate([flows.specialty[kept], np.full(len(starts), total)]),
        "weeks": with_totals(reported.waits[part][kept]) if part in reported.waits else no_waits,
        "unknown": with_totals(reported.without_week.get(part, nothing)[kept]),
        "pathways": with_totals(pathways[kept]),
    }


def _columns(month: date, labels: Labels, rows: dict[str, np.ndarray]) -> dict[str, pa.Array]:
    def words(of: dict[str, list[str]], positions: np.ndarray) -> dict[str, pa.Array]:
        return {heading: pa.array(texts).take(pa.array(positions)) for heading, texts in of.items()}

    parts = list(PARTS)
    is_completed = np.isin(rows["part"], [parts.index(part) for part in COMPLETED])
    has_weeks = rows["part"] != parts.index("new_periods")
    part_words = {
        "RTT Part Type": [code for code, _ in PARTS.values()],
        "RTT Part Description": [description for _, description in PARTS.values()],
    }
    known = rows["pathways"] - rows["unknown"]
    return {
        "Period": pa.array([f"RTT-{month:%B-%Y}"]).take(pa.array(np.zeros(len(known), np.int32))),
        **words(labels.provider, rows["provider"]),
        **words(labels.commissioner, rows["commissioner"]),
        **words(part_words, rows["part"]),
        **words(labels.specialty, rows["specialty"]),
        **{name: pa.array(rows["weeks"][:, week], mask=~has_weeks) for week, name in enumerate(WEEK_COLUMNS)},
        "Total": pa.array(known, mask=~is_completed),
        "Patients with unknown clock start date": pa.array(rows["unknown"], mask=~is_completed),
        "Total All": pa.array(rows["pathways"]),
    }
