"""Report cards that were kept: printed again they say what they said, whatever was claimed or changed since.

Plan managers, finance assurers and publishers of an organisation keep its card, with what its readers may see in it;
plan managers and publishers sign it, and from then on every reader sees it. Who signs need not be another person than
who kept it, because neither can change a figure: those come from claims, returns and releases, each with a record.
"""

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Report
from careatlas.improve.delivery.planning import answers, who
from careatlas.improve.delivery.reporting.card import card_for_readers
from careatlas.improve.delivery.reporting.card_words import Mark, day_in_words
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping

LONGEST_POST, LONGEST_WORDS = 120, 2_000


def visible_reports(user: User) -> QuerySet[Report]:
    seen = who.within(user, "organisation", who.SEE_DRAFTS)
    seen |= who.within(user, "organisation", who.READERS) & Q(signed_at__isnull=False)
    found = Report.objects.filter(seen).exclude(content__is_simulated=True, organisation__is_current=False)
    return found.select_related("organisation", "made_by", "signed_by")


def report_seen(number: int, user: User) -> Report:
    """Raises NotKnownError."""
    found = visible_reports(user).filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Report {number}", "is none that you may see.", "See the list of yours.")
    return found


def may_keep(user: User, organisation: Organisation) -> bool:
    return who.has(user, organisation, *who.SEE_DRAFTS)


def may_sign(user: User, organisation: Organisation) -> bool:
    return who.has(user, organisation, *who.SIGNERS)


@transaction.atomic
def keep(user: User, release: Release, organisation: Organisation, month: date) -> Report:
    """Raises answers.Wrong."""
    if not may_keep(user, organisation):
        raise Wrong(
            {
                "organisation": f"You are no plan manager, finance assurer or publisher of {organisation.name}: "
                "they keep its reports."
            }
        )
    return keeping.create(
        Report,
        user.email,
        "kept the report card",
        organisation=organisation,
        month=month,
        release=release.id,
        content=card_for_readers(release, organisation, month),
        made_at=timezone.now(),
        made_by=user,
    )


@transaction.atomic
def sign(number: int, user: User, version: int, post: str, words: str) -> Report:
    """Signed already: as it is. Raises answers.Wrong; EditedMeanwhile; NotKnownError."""
    report = report_seen(number, user)
    if not may_sign(user, report.organisation):
        raise NotKnownError(
            f"Report {number}", "is none that you may sign.", "Its plan managers and publishers do."
        )
    if report.signed_at is not None:
        return report
    post, words = " ".join(cleaned(post).split()), cleaned(words)
    faults = {}
    if not post or len(post) > LONGEST_POST:
        faults["post"] = f"Say in which post you sign, in at most {LONGEST_POST} characters."
    if len(words) > LONGEST_WORDS:
        faults["words"] = f"Keep to {LONGEST_WORDS:,} characters."
    answers.refuse(faults)
    fields = {"signed_by": user, "signed_post": post, "signed_words": words, "signed_at": timezone.now()}
    return keeping.change(report, user.email, "signed the report card", version, **fields)


def mark_of(report: Report) -> Mark:
    """What is printed of its keeping and signing."""
    mark = Mark(report.pk, report.made_by.name, day_in_words(report.made_at.date()))
    if report.signed_by is None:
        return mark
    return mark._replace(
        signed_by=report.signed_by.name,
        signed_post=report.signed_post,
        signed_on=day_in_words(report.signed_at.date()),
        signed_words=report.signed_words,
    )
