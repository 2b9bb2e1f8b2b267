"""Who is ranked on request: incomplete returns as they are, estimates never."""

from datetime import date

from small_release import monthly, release_of

from careatlas.present.ranks import rank_areas


def figures(area, count, **more):
    (row,) = monthly("completed", "sub_icb", area, [count / 10], date(2026, 3, 1))
    limits = {"lower_95": 0.9 * count / 10, "upper_95": 1.1 * count / 10}
    return row | {"count": float(count), "denominator": 10_000.0} | limits | more


def test_an_incomplete_return_is_ranked_on_request_and_an_estimate_is_not(tmp_path):
    values = [figures(f"S{n:02d}", 400 + 200 * n) for n in range(8)]
    values += [figures("S08", 300, status="incomplete"), figures("S09", 5_000, estimated=True)]
    rows = rank_areas(release_of(tmp_path, values=values), "completed", include_incomplete=True)
    rank = {row["area"]: row["rank"] for row in rows}
    assert (rank["S07"], rank["S08"], rank["S09"]) == (1, 9, None)
