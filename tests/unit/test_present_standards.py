"""The standard said to be in force is the one of the period, for that kind of area, with its source."""

from datetime import date

from careatlas.present.standards import in_force, in_words

LAW = {"title": "A law", "url": "https://example.org/law"}


def entry(value, kind, start, end=None, due_by=None, direction="at_least", applies_to=("icb",)):
    dates = {"valid_from": start, "valid_to": end, "due_by": due_by}
    return {
        "value": value,
        "kind": kind,
        "direction": direction,
        "applies_to": applies_to,
        "source": LAW,
    } | dates


TARGETS = {
    "four_hours": {
        "title": "Within four hours",
        "entries": [
            entry(76, "interim_ambition", "2023-04-01", "2024-03-31", "2024-03-31"),
            entry(98, "constitutional", "2004-01-01", "2010-06-30"),
            entry(95, "constitutional", "2010-07-01"),
        ],
    }
}
INDICATOR = {"standard": ["four_hours"], "unit": "%", "decimals": 1}


def levels(day, area_type="icb"):
    return [one["level"] for one in in_force(TARGETS, INDICATOR, area_type, day)]


def test_each_period_has_its_own_standard_constitutional_first():
    assert levels(date(2010, 6, 30)) == ["at least 98.0%"]
    assert levels(date(2010, 7, 31)) == ["at least 95.0%"]
    assert levels(date(2024, 3, 31)) == ["at least 95.0%", "at least 76.0% by March 2024"]
    assert levels(date(2024, 4, 30)) == ["at least 95.0%"]


def test_a_standard_binds_only_those_it_names():
    assert levels(date(2024, 3, 31), "provider") == []


def test_a_sentence_names_level_title_and_source():
    (standard,) = in_force(TARGETS, INDICATOR, "icb", date(2024, 4, 30))
    assert in_words(standard) == (
        "Constitutional standard in force: at least 95.0% (Within four hours; A law, https://example.org/law)."
    )


def test_a_limit_that_is_not_to_be_passed_says_at_most():
    most = {
        "list": {
            "title": "Over a year",
            "entries": [entry(1, "constitutional", "2020-01-01", direction="at_most")],
        }
    }
    (standard,) = in_force(most, INDICATOR | {"standard": ["list"]}, "icb", date(2024, 1, 31))
    assert (standard["level"], standard["at_least"]) == ("at most 1.0%", False)
