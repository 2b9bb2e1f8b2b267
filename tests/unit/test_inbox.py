"""The inbox of outliers: what is new, persistent or improving, and what is never news."""

from datetime import date

import pytest
from small_release import monthly, release_of

from careatlas.errors import NotKnownError
from careatlas.present.inbox import counted, false_alarms_in_words, inbox

TRUSTS = ("T00", "T01", "T02")


def release_with(home, z_before, z_now, lasting=None, indicator="four_hours", **changed):
    """T00's four-hour share in two months (high is better), ``z_*`` standard errors from the country, over-dispersion
    allowed for. ``changed``: of its row of values in the latest month."""
    values = [row for trust in TRUSTS for row in monthly(indicator, "provider", trust, [60.0, 60.0])]
    for row in values:
        row.update(count=600.0, denominator=1_000.0, lower_95=57.0, upper_95=63.0)
    values[1].update(changed)
    rows = [
        {key: value[key] for key in ("indicator", "area_type", "area", "period_start", "period_end")}
        | {"benchmark": "national", "benchmark_name": "Simland", "benchmark_value": 75.0, "difference": -15.0}
        | {"z": z, "z_adjusted": z, "significance": "worse"}
        for value, z in zip(values[:2], (z_before, z_now), strict=True)
    ]
    of_time = {"indicator": indicator, "area_type": "provider", "area": "T00", "periods": 24, "q": 0.001}
    of_time |= {"period_start": date(2022, 1, 1), "period_end": date(2024, 2, 29), "trend": "none"}
    of_time |= {"deviation": -20.0, "deviation_lower": -24.0, "deviation_upper": -16.0, "verdict": "none"}
    return release_of(
        home, values=values, comparisons=rows, persistence=[of_time | lasting] if lasting else []
    )


def news_of(release):
    return [row["news"] for row in inbox(release)]


# --- what each word means ---------------------------------------------------------------------------------


def test_new_is_beyond_99_8_limits_now_and_not_in_the_period_before(tmp_path):
    """3.09 standard errors are 99.8 %."""
    (row,) = inbox(release_with(tmp_path, -3.0, -3.2))
    assert row["news"] == "new"
    assert row["words"] == (
        "Beyond 99.8% limits (3.2 standard errors from Simland at the worse end, over-dispersion allowed for), and not "
        "so in January 2024."
    )


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (-3.0, -3.0),  # within the limits
        (-3.2, -3.2),  # beyond, but before too
        (3.0, 3.2),  # beyond at the better end
        (None, -3.2),  # nothing to compare the period before with: nobody can say that it is new
        (-3.0, None),
    ],
)
def test_all_else_is_not_new(tmp_path, before, now):
    assert inbox(release_with(tmp_path, before, now)) == []


def test_what_is_beyond_the_limits_and_neither_new_nor_lasting_is_counted(tmp_path):
    continuing = counted(release_with(tmp_path / "a", -3.2, -3.2))
    assert (continuing.figures, continuing.continuing, continuing.undated) == (1, 1, 0)
    undated = counted(release_with(tmp_path / "b", None, -3.2))
    assert (undated.continuing, undated.undated) == (1, 1)


@pytest.mark.parametrize(
    ("verdict", "trend", "news"),
    [
        ("persistently_low", "none", ["persistent"]),
        ("persistently_low", "falling", ["persistent"]),
        ("persistently_low", "rising", ["improving"]),  # an outlier on its way
        ("persistently_high", "none", []),  # high is the better end
        ("worsened", "none", ["persistent"]),
        ("improved", "none", ["improving"]),
        ("none", "rising", []),  # no outlier, so a trend alone is no news
        ("changed", "none", []),
    ],
)
def test_persistent_and_improving_are_the_table_s_own_verdicts(tmp_path, verdict, trend, news):
    changed = {"change_start": date(2023, 1, 1), "change": 9.0, "change_lower": 5.0, "change_upper": 13.0}
    lasting = {"verdict": verdict, "trend": trend, **(changed if verdict.endswith("ed") else {})}
    assert news_of(release_with(tmp_path, -1.0, -1.0, lasting)) == news


def test_a_new_outlier_that_has_lasted_is_persistent(tmp_path):
    (row,) = inbox(release_with(tmp_path, -3.0, -3.2, {"verdict": "persistently_low"}))
    assert row["news"] == "persistent"
    assert row["words"].startswith(
        "Persistently below Simland: -20% (-24% to -16%) on average over 24 periods to February 2024."
    )
    assert "In the latest period beyond 99.8% limits" in row["words"]


# --- what is never news -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["incomplete", "missing", "hidden", "zero"])
def test_a_return_that_is_not_full_is_never_news(tmp_path, status):
    lasting = {"verdict": "persistently_low"}
    assert inbox(release_with(tmp_path, -3.0, -3.2, lasting, status=status, value=None)) == []


def test_an_estimated_figure_and_one_on_fewer_than_ten_events_are_never_news(tmp_path):
    assert inbox(release_with(tmp_path / "a", -3.0, -3.2, estimated=True)) == []
    assert inbox(release_with(tmp_path / "b", -3.0, -3.2, count=9.0)) == []
    assert inbox(release_with(tmp_path / "c", -3.0, -3.2, count=10.0)) != []


def test_where_neither_end_is_better_nothing_is_news(tmp_path):
    """Pathways completed has no better end."""
    release = release_with(tmp_path, 3.0, 9.0, {"verdict": "persistently_high"}, indicator="completed")
    assert inbox(release) == []
    assert counted(release).figures == 0


# --- order, choice and honesty ----------------------------------------------------------------------------


def test_what_lasts_comes_before_what_is_as_far_off_and_does_not_last(tmp_path):
    """Of two trusts alike but for what lasts, the one that lasts counts ten times as much (``standing_out``)."""
    release = release_with(tmp_path, -3.0, -3.2)
    lasting = release.rows("persistence")
    assert lasting == []
    values, compared = release.rows("values"), release.rows("comparisons")
    other = [{**row, "area": "T01"} for row in compared]
    of_time = {"indicator": "four_hours", "area_type": "provider", "area": "T01", "periods": 24, "q": 0.0}
    of_time |= {"deviation": -20.0, "deviation_lower": -24.0, "deviation_upper": -16.0}
    of_time |= {
        "verdict": "persistently_low",
        "period_end": date(2024, 2, 29),
        "period_start": date(2022, 1, 1),
    }
    both = release_of(tmp_path / "both", values=values, comparisons=compared + other, persistence=[of_time])
    first, second = inbox(both)
    assert [(first["area"], first["news"]), (second["area"], second["news"])] == [
        ("T01", "persistent"),
        ("T00", "new"),
    ]
    assert first["priority"] == pytest.approx(10 * second["priority"])


def test_one_provider_one_compartment_one_kind(tmp_path):
    release = release_with(tmp_path, -3.0, -3.2)
    assert (
        inbox(release, "T00") == inbox(release, compartment="urgent_care") == inbox(release, news="new") != []
    )
    assert (
        inbox(release, "T01")
        == inbox(release, compartment="staff_experience")
        == inbox(release, news="improving")
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"news": "bad"}, "bad: is not a kind of news. Give one of new, persistent, improving."),
        ({"compartment": "kitchen"}, "kitchen: is not a compartment."),
        ({"area": "S05"}, "S05: is no provider, but of type Sub-area."),
    ],
)
def test_what_is_not_known_is_refused_in_a_sentence(tmp_path, asked, told):
    with pytest.raises(NotKnownError) as fault:
        inbox(release_with(tmp_path, 0.0, 0.0), **asked)
    assert str(fault.value).startswith(told)


def test_how_much_chance_alone_would_fill_is_said(tmp_path):
    """One end of 99.8 %: one figure in a thousand."""
    of = counted(release_with(tmp_path, 0.0, 0.0))
    assert false_alarms_in_words(of).startswith(
        "Of 1 figures looked at, in up to 0.1% of periods one would be beyond"
    )
    many = of.__class__(figures=2_000, providers=200, continuing=0, undated=0)
    assert "up to about 2.0 would be beyond these limits" in false_alarms_in_words(many)
    assert false_alarms_in_words(of.__class__(figures=0, providers=0, continuing=0, undated=0)) == ""
