"""Writing an example: who sees and edits it, two writers, the measure that is fixed, handing in."""

from datetime import UTC, date, datetime

import pytest
from authored import STARTED, WHOLE, example, person, whole
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.measuring.fixed import is_fixed_before
from careatlas.improve.evidence.models import Example, Invitation, Stage
from careatlas.improve.evidence.writing import answers, drafting, examples, sections
from careatlas.improve.people import organisations, roles
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(release):
    organisations.take_from(release)
    return person("Ann", (Role.AUTHOR, "T01"))


@pytest.fixture
def draft(ann):
    return example(ann)


def save(user, draft, key, release, version=None, **said):
    return drafting.save(draft.pk, key, said, user, version or draft.version, release)


def sees(user, one):
    return examples.visible_to(user).filter(pk=one.pk).exists()


def writes(user, one):
    return examples.worked_on_by(user).filter(pk=one.pk, stage__in=examples.OPEN).exists()


# --- who ------------------------------------------------------------------------------------------------


def test_a_draft_is_seen_by_its_writer_and_the_writers_and_publishers_of_its_owner(ann, draft):
    colleague = person("Ben", (Role.AUTHOR, "T01"))
    publisher = person("Cem", (Role.PUBLISHER, "SIM"))
    others = [
        person("Dan", (Role.AUTHOR, "T02")),
        person("Eve", (Role.READER, "T01")),
        person("Fay", (Role.ASSESSOR, "SIM")),
    ]
    assert all(sees(one, draft) for one in (ann, colleague, publisher))
    assert [writes(one, draft) for one in (ann, colleague, publisher)] == [True, True, False]
    assert not any(sees(one, draft) or writes(one, draft) for one in others)


def test_who_only_said_to_be_at_a_place_writes_there_and_reads_nobody_elses_drafts(ann, draft):
    claims = person("Guy", (Role.AUTHOR, draft.owner_id), claimed=True)
    own = example(claims, draft.owner_id)
    assert (sees(claims, own), writes(claims, own)) == (True, True)
    assert (sees(claims, draft), writes(claims, draft)) == (False, False)
    roles.grant(claims, Role.AUTHOR, draft.owner, "a publisher", "works there")
    assert writes(claims, draft)


def test_a_writer_without_the_role_reads_and_no_longer_writes(ann, draft):
    roles.withdraw(ann.grants.get(), "the test", "left")
    assert (sees(ann, draft), writes(ann, draft)) == (True, False)


def test_an_assessor_of_another_house_sees_it_once_it_is_handed_in(ann):
    inside, outside = person("Ida", (Role.ASSESSOR, "T01")), person("Jon", (Role.ASSESSOR, "B3"))
    one = example(ann, "T01", Stage.SUBMITTED)
    assert (sees(outside, one), sees(inside, one)) == (True, False)
    assert not writes(outside, one)


@pytest.mark.parametrize(
    ("stage", "was_published", "is_seen"),
    [
        (Stage.DRAFT, False, False),
        (Stage.SUBMITTED, False, False),
        (Stage.RETURNED, False, False),
        (Stage.PUBLISHED, True, True),
        (Stage.WITHDRAWN, False, False),
        (Stage.WITHDRAWN, True, True),
    ],
)
def test_what_a_stranger_sees(ann, stage, was_published, is_seen):
    from django.contrib.auth.models import AnonymousUser

    one = example(ann, stage=stage, published_at="2026-01-01T00:00Z" if was_published else None)
    assert sees(AnonymousUser(), one) == sees(person("Kim"), one) == is_seen


def test_somebody_disabled_sees_what_a_stranger_sees(ann, draft):
    roles.disable(ann, "the test", "left")
    ann.refresh_from_db()
    assert not sees(ann, draft)


# --- writing --------------------------------------------------------------------------------------------


def test_a_section_is_kept_with_who_and_which(ann, draft, release):
    kept = save(ann, draft, "problem", release, problem="One in ten\r\ndid not come.", who_should_consider="")
    entry = Entry.objects.last()
    assert kept.problem == "One in ten\ndid not come."
    assert (entry.who, entry.why, entry.after) == (
        ann.email,
        "wrote “The problem”",
        {"problem": kept.problem},
    )


def test_all_faults_of_a_section_are_told_and_nothing_is_kept(ann, draft, release):
    with pytest.raises(answers.Wrong) as refused:
        save(ann, draft, "costs", release, cost_to_start_gbp="some", cost_a_year_gbp="-5")
    assert set(refused.value.faults) == {"cost_to_start_gbp", "cost_a_year_gbp"}
    assert Example.objects.get().version == 1


@pytest.mark.parametrize(
    ("field", "said", "kept"),
    [
        ("cost_to_start_gbp", "£125,000", 125_000),
        ("cost_to_start_gbp", "0", 0),
        ("cost_to_start_gbp", " ", None),  # not known is not nought
        ("starts_on", "2025-09-01", date(2025, 9, 1)),
        ("area", "alderbrook infirmary", "T00"),
        ("area", "t01", "T01"),
        ("workstreams", ["urgent_care", "planned_care", "urgent_care"], ["planned_care", "urgent_care"]),
        ("title", "  Two\n lines ", "Two lines"),
        ("problem", "a\x00b\u202ec\ud800", "abc"),
    ],
)
def test_how_answers_are_read(ann, release, field, said, kept):
    section = next(one for one in sections.SECTIONS if field in one.fields)
    assert answers.read(section, {field: said}, release) == {field: kept}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("cost_to_start_gbp", "1.5"),
        ("cost_to_start_gbp", "9" * 16),
        ("starts_on", "01/09/2025"),
        ("starts_on", "2025-02-30"),
        ("starts_on", "0001-01-01"),
        ("setting", "the moon"),
        ("indicator", "none such"),
        ("direction", "sideways"),
        ("area", "Nowhere"),
        ("workstreams", "planned_care"),
        ("title", ""),
        ("title", "x" * 161),
        ("problem", "x" * 20_001),
        ("problem", {"a": 1}),
        ("owner", "Nobody"),
    ],
)
def test_what_cannot_be_meant_is_refused(ann, release, field, said):
    section = next(one for one in sections.SECTIONS if field in one.fields)
    with pytest.raises(answers.Wrong) as refused:
        answers.read(section, {field: said}, release)
    assert set(refused.value.faults) == {field}


def test_nobody_gives_an_example_to_a_place_they_do_not_write_for(ann, draft, release):
    with pytest.raises(answers.Wrong, match="no author of Cragford Infirmary"):
        save(ann, draft, "about", release, owner="T02")
    with pytest.raises(answers.Wrong, match="no author"):
        drafting.start(ann, Organisation.objects.get(pk="T02"), "Theirs")


def test_what_is_not_ones_own_is_not_there(draft, release):
    stranger = person("Lea", (Role.AUTHOR, "T02"))
    for act in (
        lambda: save(stranger, draft, "problem", release, problem="x"),
        lambda: drafting.fix_measure(draft.pk, stranger, 1, release),
        lambda: drafting.submit(draft.pk, stranger, 1),
        lambda: drafting.withdraw_draft(draft.pk, stranger, 1, ""),
    ):
        with pytest.raises(NotKnownError):
            act()
    assert Example.objects.get().version == 1


def test_what_is_handed_in_is_not_changed(ann, release):
    one = example(ann, stage=Stage.SUBMITTED)
    with pytest.raises(examples.NotOpen):
        save(ann, one, "problem", release, problem="other words")


# --- two writers ----------------------------------------------------------------------------------------


def test_two_who_write_in_different_sections_do_not_meet(ann, draft, release):
    ben = person("Ben", (Role.AUTHOR, "T01"))
    save(ann, draft, "problem", release, version=1, problem="Ann's")
    save(ben, draft, "quality", release, version=1, quality_effect="Ben's")
    now = Example.objects.get()
    assert (now.problem, now.quality_effect, now.version) == ("Ann's", "Ben's", 3)


def test_the_second_who_changes_the_same_words_is_told_and_the_first_words_stay(ann, draft, release):
    ben = person("Ben", (Role.AUTHOR, "T01"))
    save(ann, draft, "problem", release, version=1, problem="Ann's")
    with pytest.raises(keeping.EditedMeanwhile) as told:
        save(ben, draft, "problem", release, version=1, problem="Ben's")
    assert told.value.now.problem == Example.objects.get().problem == "Ann's"


def test_an_answer_left_as_it_was_does_not_undo_what_another_wrote_beside_it(ann, draft, release):
    ben = person("Ben", (Role.AUTHOR, "T01"))
    save(ann, draft, "problem", release, version=1, problem="Ann's", who_should_consider="")
    save(ben, draft, "problem", release, version=1, problem="", who_should_consider="Ben's")
    now = Example.objects.get()
    assert (now.problem, now.who_should_consider) == ("Ann's", "Ben's")


def test_who_wrote_before_two_changes_is_held_against_both(ann, draft, release):
    save(ann, draft, "problem", release, version=1, problem="first")
    save(ann, draft, "problem", release, version=2, problem="second")
    with pytest.raises(keeping.EditedMeanwhile):
        save(ann, draft, "problem", release, version=1, problem="third")
    assert save(ann, draft, "problem", release, version=3, problem="third").problem == "third"


@pytest.mark.parametrize("version", [0, -1, 99])
def test_a_version_that_never_was_is_refused(ann, draft, release, version):
    with pytest.raises(keeping.EditedMeanwhile):
        drafting.save(draft.pk, "problem", {"problem": "x"}, ann, version, release)


def test_the_same_answers_sent_twice_are_one_change(ann, draft, release):
    for _ in range(3):
        save(ann, draft, "problem", release, version=1, problem="the same")
    assert Example.objects.get().version == 2


# --- the measure ----------------------------------------------------------------------------------------

MEASURE = {"indicator": "four_hours", "area": "T01", "direction": "higher"}


@pytest.fixture
def measured(ann, draft, release):
    def choose(day: str, **more: str) -> Example:
        draft.refresh_from_db()
        return save(ann, draft, "measure", release, starts_on=day, **(MEASURE | more))

    return choose


def test_fixed_before_what_came_after_is_on_file(ann, measured, release, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 20, tzinfo=UTC))
    one = measured("2026-04-01")
    fixed = drafting.fix_measure(one.pk, ann, one.version, release)
    assert (fixed.fixed_in, fixed.known_until) == (release.id, date(2026, 3, 31))
    assert fixed.fixed_at is not None
    assert is_fixed_before(fixed)


def test_fixed_when_the_result_could_be_seen_is_said_to_be(ann, measured, release):
    one = measured("2025-09-01")
    assert not is_fixed_before(drafting.fix_measure(one.pk, ann, one.version, release))
    assert not is_fixed_before(one)


def test_fixing_twice_keeps_the_first_stamp(ann, measured, release):
    one = measured("2026-04-01")
    first = drafting.fix_measure(one.pk, ann, one.version, release)
    assert drafting.fix_measure(one.pk, ann, first.version, release).fixed_at == first.fixed_at


@pytest.mark.parametrize(
    "change",
    [{"indicator": "completed"}, {"area": "SIM"}, {"starts_on": "2026-05-01"}, {"direction": "lower"}],
)
def test_changing_any_of_the_four_takes_the_stamp_away(ann, measured, release, change):
    one = measured("2026-04-01")
    fixed = drafting.fix_measure(one.pk, ann, one.version, release)
    changed = save(ann, fixed, "measure", release, **({"starts_on": "2026-04-01"} | MEASURE | change))
    assert (changed.fixed_at, changed.fixed_in, changed.known_until) == (None, "", None)


def test_other_words_leave_the_stamp(ann, measured, release):
    one = measured("2026-04-01")
    fixed = drafting.fix_measure(one.pk, ann, one.version, release)
    kept = save(ann, fixed, "measure", release, starts_on="2026-04-01", how_measured="By hand.", **MEASURE)
    assert kept.fixed_at == fixed.fixed_at


def test_who_changes_the_measure_while_another_fixes_it_is_told(ann, measured, release):
    one = measured("2026-04-01")
    drafting.fix_measure(one.pk, ann, one.version, release)
    with pytest.raises(keeping.EditedMeanwhile):
        save(ann, one, "measure", release, version=one.version, starts_on="2026-05-01")


def test_who_fixes_a_measure_that_another_changed_meanwhile_is_told(ann, measured, release):
    one = measured("2026-04-01")
    measured("2026-05-01")
    with pytest.raises(keeping.EditedMeanwhile):
        drafting.fix_measure(one.pk, ann, one.version, release)


def test_nothing_is_fixed_that_is_not_chosen_or_has_no_figures(ann, draft, measured, release):
    with pytest.raises(answers.Wrong) as refused:
        drafting.fix_measure(draft.pk, ann, 1, release)
    assert set(refused.value.faults) == set(sections.MEASURE)
    one = measured("2026-04-01", indicator="antibiotics")
    with pytest.raises(answers.Wrong, match="no figures"):
        drafting.fix_measure(one.pk, ann, one.version, release)


def test_nobody_is_measured_by_anothers_figures(ann, draft, release):
    with pytest.raises(answers.Wrong, match="itself"):
        save(ann, draft, "measure", release, area="T02")
    assert save(ann, draft, "measure", release, area="SIM").area == "SIM"


# --- handing in -----------------------------------------------------------------------------------------


def test_what_is_missing_is_listed_in_the_order_of_the_form(draft):
    lacking = drafting.missing(draft)
    assert [one.section for one in lacking][:4] == ["about"] * 3 + ["problem"]
    assert {one.field for one in lacking} == {
        *set(WHOLE) - {"how_measured"},
        "indicator",
    }


@pytest.mark.parametrize("field", sorted(set(WHOLE) - {"how_measured"}))
def test_each_needed_answer_is_needed(ann, field):
    empty = None if field == "cost_to_start_gbp" else ""
    assert [one.field for one in drafting.missing(whole(ann, **{field: empty}))] == [field]


def test_a_measure_is_chosen_wholly_or_not_at_all(ann):
    half = whole(ann, indicator="four_hours", how_measured="")
    assert [one.field for one in drafting.missing(half)] == ["area", "starts_on", "direction"]
    chosen = whole(ann, how_measured="", starts_on=STARTED, **MEASURE)
    assert drafting.missing(chosen) == []


def test_handing_in(ann):
    one = whole(ann)
    sent = drafting.submit(one.pk, ann, one.version)
    assert (sent.stage, sent.round) == (Stage.SUBMITTED, 1)
    assert sent.submitted_at is not None
    with pytest.raises(examples.NotOpen):
        drafting.submit(one.pk, ann, sent.version)


def test_handed_in_again_after_a_return_it_is_another_round(ann, release):
    one = whole(ann, stage=Stage.RETURNED, round=1, comment="Say what it cost.")
    edited = save(ann, one, "costs", release, cost_to_start_gbp="500")
    assert drafting.submit(one.pk, ann, edited.version).round == 2


def test_nothing_half_done_is_handed_in(ann, draft):
    with pytest.raises(drafting.NotReady) as refused:
        drafting.submit(draft.pk, ann, draft.version)
    assert "Summary" in str(refused.value)


def test_nobody_hands_in_words_they_have_not_seen(ann, release):
    one = whole(ann)
    save(ann, one, "problem", release, problem="other words")
    with pytest.raises(keeping.EditedMeanwhile):
        drafting.submit(one.pk, ann, one.version)
    assert Example.objects.get().stage == Stage.DRAFT


def test_a_draft_is_put_away_and_stays_in_the_record(ann, draft):
    drafting.withdraw_draft(draft.pk, ann, draft.version, "We will do it again")
    assert Example.objects.get().stage == Stage.WITHDRAWN
    assert Entry.objects.last().why == "We will do it again"


# --- invited --------------------------------------------------------------------------------------------


@pytest.fixture
def invitation(ann):
    return keeping.create(
        Invitation,
        "the release",
        "found",
        organisation=Organisation.objects.get(pk="T01"),
        indicator="four_hours",
        change_start=STARTED,
        percent=24.0,
        percent_lower=18.0,
        percent_upper=30.0,
        release="000001",
    )


def test_an_invitation_fills_the_form_in(ann, invitation, release):
    one = drafting.start_from(invitation, ann, release)
    assert (one.owner_id, one.indicator, one.area, one.starts_on, one.direction, one.programme) == (
        *("T01", "four_hours", "T01", STARTED, "higher", "planned_care"),
    )
    assert "+24% (+18% to +30%)" in one.how_measured
    assert one.fixed_at is None  # found by its result: never registered
    assert list(examples.invitations(ann)) == []


def test_an_invitation_taken_twice_is_one_example(ann, invitation, release):
    assert drafting.start_from(invitation, ann, release) == drafting.start_from(invitation, ann, release)
    assert Example.objects.count() == 1


def test_invitations_are_those_of_ones_own_place_and_not_declined(ann, invitation):
    assert list(examples.invitations(ann)) == [invitation]
    assert list(examples.invitations(person("Mia", (Role.AUTHOR, "T02")))) == []
    keeping.change(invitation, "ann", "no time", invitation.version, is_declined=True)
    assert list(examples.invitations(ann)) == []
