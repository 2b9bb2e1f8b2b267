"""Which gaps are needs, which examples are shown for them and why, and who is asked to write up what went well."""

from datetime import date

import library_small
import pytest
import web_release
from authored import example as draft
from authored import person
from library_small import effect, published

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.matching import choosing, inviting, needs
from careatlas.improve.evidence.models import Adoption, Invitation, Notice
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry
from careatlas.present import learn

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return library_small.small(tmp_path_factory.mktemp("atlas"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A release in which T01 improved from the worse side."""
    return web_release.make_release(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def ann(release):
    organisations.take_from(release)
    return person("Ann", (Role.AUTHOR, "S07"))


def shown(release, area) -> list[int]:
    return [row["example"] for row in choosing.for_area(release, area)]


# --- needs ----------------------------------------------------------------------------------------------


def test_a_lasting_unexplained_gap_on_the_worse_side_is_a_need(release):
    (need,) = needs.of_area(release, "S00")
    assert (need.indicator, need.wanted, need.deviation, need.verdict) == (
        "antibiotics",
        "lower",
        15.0,
        "unexplained",
    )
    assert need.at_least == 10.0


def test_a_gap_against_need_is_one_too_because_need_excuses_no_inequity(release):
    assert needs.of_area(release, "S01")[0].verdict == "against_need"


@pytest.mark.parametrize(
    ("area", "why"),
    [("S02", "chance"), ("S03", "in line with need"), ("S04", "better side"), ("S05", "over by now")],
)
def test_what_is_no_need(release, area, why):
    assert needs.of_area(release, area) == []


def test_of_a_trust_it_is_said_that_nothing_was_broken_down(release):
    (need,) = needs.of_area(release, "T00")
    assert (need.verdict, need.wanted) == ("not_broken_down", "higher")


def test_where_neither_side_is_better_a_lasting_gap_is_shown_and_says_so(release):
    (need,) = needs.of_area(release, "S06")
    assert not need.has_better
    assert need.wanted == "higher"


def test_needs_of_an_area_and_of_an_indicator_are_the_same(release):
    of_indicator = needs.of_indicator(release, "antibiotics", "sub_icb")
    assert [need.area for need in of_indicator] == ["S01", "S00"]  # the largest sure gap first
    assert list(of_indicator[1:]) == needs.of_area(release, "S00")


# --- examples for an area -------------------------------------------------------------------------------


def test_the_reasons_add_up_and_are_said_in_one_sentence(release, ann):
    published(ann)
    (row,) = choosing.for_area(release, "s00")
    # Topic 30 of 30; gap 10 of 20 % x 20; effect 6 of 20 % x 20; setting: first of ten, 15; rating: second of two.
    assert [row[f"score_{name}"] for name in choosing.WEIGHTS] == [30.0, 10.0, 6.0, 15.0, 7.5]
    assert row["score"] == 68.5
    assert row["why"] == (
        "Alderbrook has been 15% above Simland in “Broad-spectrum antibiotics” over 24 periods (95% interval 10% to "
        "20%), which chance, need and supply do not explain; Kestrelby lowered the same figure by 12% (95% interval "
        "6% to 18%), proven; Kestrelby is number 1 of the ten most like it in its people; assessors rated it "
        "“recommended”."
    ).replace("Kestrelby", web_release.NAMES[7])


def test_a_need_without_an_example_shows_none(release, ann):
    assert choosing.for_area(release, "S01") == []


@pytest.mark.parametrize("area", ["S02", "S03", "S04", "S05"])
def test_nothing_is_recommended_where_there_is_no_need(release, ann, area):
    published(ann)
    assert choosing.for_area(release, area) == []


def test_what_went_the_other_way_is_not_recommended(release, ann):
    published(ann, direction="higher", programme="planned_care")
    assert shown(release, "S00") == []


@pytest.mark.parametrize("more", [{"stage": "submitted"}, {"stage": "withdrawn"}, {"rating": "none"}])
def test_only_what_is_published_and_rated_is_recommended(release, ann, more):
    published(ann, **more)
    assert shown(release, "S00") == []


def test_nobody_is_shown_their_own_example(release, ann):
    published(ann, area="S00")
    published(ann, owner="S00", area="S07")
    assert shown(release, "S00") == []


def test_proven_stands_before_proposed_and_the_same_figure_before_the_same_programme(release, ann):
    proposed = published(ann, verdict="proposed", effect=effect(-12.0, -25.0, 1.0, "proposed"))
    programme = published(ann, indicator="completed")
    proven = published(ann)
    assert shown(release, "S00") == [proven.pk, proposed.pk, programme.pk]
    rows = {row["example"]: row for row in choosing.for_area(release, "S00")}
    assert "not proven" in rows[proposed.pk]["why"]
    assert "another of its programme" in rows[programme.pk]["why"]


def test_what_was_measured_the_wrong_way_scores_nothing_and_beyond_chance_is_not_shown(release, ann):
    published(ann, verdict="proposed", effect=effect(9.0, -1.0, 19.0, "proposed"))
    (row,) = choosing.for_area(release, "S00")
    assert row["score_effect"] == 0
    assert "a change of +9% (95% interval -1% to +19%) was measured, which is not proven" in row["why"]
    published(ann, verdict="proposed", effect=effect(9.0, 2.0, 16.0, "proposed"))
    assert len(shown(release, "S00")) == 1


def test_of_two_levels_the_board_stands_for_its_part(release):
    assert choosing.likeness_of(release, "S00", "S07").rank == 1
    assert choosing.likeness_of(release, "S00", "S20").rank is None
    assert choosing.likeness_of(release, "S00", "S20").is_known
    assert not choosing.likeness_of(release, "S00", "B0").is_known  # it lies in it
    assert not choosing.likeness_of(release, "S00", "T00").is_known


def test_too_unlike_a_place_counts_little_and_is_said(release, ann):
    published(ann, owner="S08")
    (row,) = choosing.for_area(release, "S00")
    assert row["score_setting"] == 3.8
    assert "too unlike" in row["why"]


def test_an_unknown_area_is_refused(release, ann):
    with pytest.raises(NotKnownError):
        choosing.for_area(release, "nowhere")


# --- areas for an example -------------------------------------------------------------------------------


def test_who_could_gain_and_how_much_with_its_interval(release, ann):
    first, second = choosing.for_example(release, published(ann))
    assert [row["area"] for row in (first, second)] == ["S01", "S00"]
    assert (second["amount"], second["lower"], second["upper"], second["probability"]) == (40, 20, 60, 0.99)
    assert "20 to 60 fewer a month (95% interval)" in second["why"]
    assert "cannot be told from nothing" in first["why"]


def test_who_does_it_already_is_marked(release, ann):
    one = published(ann)
    said = {"starts_on": date(2026, 1, 1), "fixed_at": "2025-12-01T00:00Z", "fixed_in": release.id}
    s00 = Organisation.objects.get(pk="S00")
    keeping.create(Adoption, ann.email, "a test", example=one, organisation=s00, user=ann, **said)
    assert {row["area"]: row["is_adopted"] for row in choosing.for_example(release, one)} == {
        "S01": False,
        "S00": True,
    }
    assert choosing.for_area(release, "S00")[0]["is_adopted"]


def test_without_an_indicator_nobody_is_said_to_gain(release, ann):
    assert choosing.for_example(release, published(ann, indicator="")) == []


# --- who got better is asked ----------------------------------------------------------------------------


def test_who_improved_from_the_worse_side_is_asked_once_and_told(whole):
    organisations.take_from(whole)
    ben, far = person("Ben", (Role.AUTHOR, "T01")), person("Far", (Role.AUTHOR, "SIM"))
    assert inviting.invite_improvers(whole) == 1
    invitation = Invitation.objects.get()
    assert (invitation.organisation_id, invitation.indicator, invitation.percent) == ("T01", "four_hours", 24)
    assert [notice.user for notice in Notice.objects.all()] == [ben]
    assert far.notices.count() == 0  # the country did not do it
    entries = Entry.objects.count()
    assert inviting.invite_improvers(whole) == 0
    assert Entry.objects.count() == entries


def test_declined_once_is_gone_even_where_newer_figures_move_the_start(whole, monkeypatch):
    organisations.take_from(whole)
    ben = person("Ben", (Role.AUTHOR, "T01"))
    inviting.invite_improvers(whole)
    inviting.decline(Invitation.objects.get().pk, ben)
    moved = [
        row | {"change_start": date(2025, 11, 1)} for row in learn.improvers(whole, "four_hours", "provider")
    ]
    monkeypatch.setattr(learn, "improvers", lambda *given: moved)
    assert inviting.invite_improvers(whole) == 0
    assert Invitation.objects.get().is_declined


def test_newer_figures_are_followed_and_what_they_no_longer_show_is_not_asked(whole, monkeypatch):
    organisations.take_from(whole)
    inviting.invite_improvers(whole)
    moved = [row | {"change": 30.0} for row in learn.improvers(whole, "four_hours", "provider")]
    monkeypatch.setattr(learn, "improvers", lambda *given: moved)
    assert inviting.invite_improvers(whole) == 0
    assert Invitation.objects.get().percent == 30.0
    monkeypatch.setattr(learn, "improvers", lambda *given: [])
    inviting.invite_improvers(whole)
    assert not Invitation.objects.exists()


def test_who_writes_of_it_already_is_not_asked(whole):
    organisations.take_from(whole)
    ben = person("Ben", (Role.AUTHOR, "T01"))
    draft(ben, "T01", indicator="four_hours", area="T01", starts_on=web_release.IMPROVED)
    assert inviting.invite_improvers(whole) == 0


def test_only_its_authors_decline_an_invitation(whole):
    organisations.take_from(whole)
    inviting.invite_improvers(whole)
    with pytest.raises(NotKnownError):
        inviting.decline(Invitation.objects.get().pk, person("Eve", (Role.AUTHOR, "T00")))
