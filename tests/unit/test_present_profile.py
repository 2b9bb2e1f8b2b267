"""An area's profile gives the period that was asked for, and no other that ends on the same day."""

from datetime import date

from careatlas.present.queries import area_profile


class OneArea:
    """A release that holds one area with figures of December and of the whole year."""

    def __init__(self) -> None:
        self.areas = {"03R": {"code": "03R", "name": "Wakefield"}}

    def rows(self, table: str, **where: object) -> list[dict]:
        if table != "values":
            return []
        periods = {"waiting_list": date(2022, 12, 1), "emergency_admissions": date(2022, 1, 1)}
        return [
            {"indicator": indicator, "area_type": "sub_icb", "area": "03R", "period_start": start,
             "period_end": date(2022, 12, 31), "value": 1.0}
            for indicator, start in periods.items()
        ]  # fmt: skip


def test_the_year_and_its_last_month_are_not_the_same_period():
    assert [row["indicator"] for row in area_profile(OneArea(), "03R", "2022")] == ["emergency_admissions"]
    assert [row["indicator"] for row in area_profile(OneArea(), "03R", "2022-12")] == ["waiting_list"]


def test_without_a_period_each_indicator_gives_its_latest():
    assert len(area_profile(OneArea(), "03R")) == 2
