"""The same answer out of a release: every area's value and limits in every month of the extracts.

    python benchmarks/from_release.py HOME ANSWER.csv

Asked for as a ranking, as a reader would; incomplete returns are among the rest here, because a table made by
hand knows nothing of them. Ranks themselves are left out: the atlas withholds them where areas are not apart.
"""

import csv
import sys
from pathlib import Path

import careatlas as ca
from careatlas.present.ranks import rank_areas

INDICATOR, AREA_TYPE = "completed_pathways", "sub_icb"
COLUMNS = ["month", "area", "count", "denominator", "value", "lower_95", "upper_95"]


def main(home: Path, answer: Path) -> None:
    release = ca.open_release(home)
    rows = release.rows("values", ["period_end", "value"], indicator=INDICATOR, area_type=AREA_TYPE)
    months = sorted({f"{row['period_end']:%Y-%m}" for row in rows if row["value"] is not None})
    with answer.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for month in months:
            ranked = rank_areas(release, INDICATOR, month, AREA_TYPE, include_incomplete=True)
            writer.writerows({"month": month, **row} for row in ranked if row["value"] is not None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
