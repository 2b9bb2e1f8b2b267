"""Areas that the atlas found to have got better are asked to write up how: from the worse side of the country, beyond
chance and regression to the mean (``present.learn``). Whoever declines once is not asked again.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.matching import needs
from careatlas.improve.evidence.models import Example, Invitation
from careatlas.improve.evidence.notices import telling
from careatlas.improve.evidence.writing.examples import invitations_ever
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping
from careatlas.present import learn

WHO = "the release"
THE_SAME = timedelta(days=184)  # newer figures may move the start of a change by some months
Row = dict[str, Any]


def invite_improvers(release: Release) -> int:
    """Ask those who got better, and give how many are asked for the first time. The same release again asks nobody.

    An invitation that nobody answered follows the newer figures, and goes where they no longer show it."""
    found = [row for row in _improvers(release) if Organisation.objects.filter(pk=row["area"]).exists()]
    new = sum(_invited(release, row) for row in found)
    _take_back(release, found)
    return new


@transaction.atomic
def decline(number: int, user: User) -> Invitation:
    """Not to be written up, and not asked again. Raises NotKnownError."""
    mine = invitations_ever(user).filter(pk=number).first()
    if mine is None:
        raise NotKnownError("That invitation", "is none of yours.", "See the list of yours.")
    if mine.is_declined or mine.example_id is not None:
        return mine
    return keeping.change(mine, user.email, "declined", mine.version, is_declined=True)


def open_ones() -> QuerySet[Invitation]:
    return Invitation.objects.filter(is_declined=False, example=None).select_related("organisation")


def _improvers(release: Release) -> list[Row]:
    levels = release.arrow("persistence", ["indicator", "area_type"], verdict="improved").to_pylist()
    about = release.catalogue["indicators"]
    return [
        row
        for indicator, area_type in sorted({(one["indicator"], one["area_type"]) for one in levels})
        if about.get(indicator, {}).get("polarity") in needs.BETTER
        for row in learn.improvers(release, indicator, area_type)
    ]


@transaction.atomic
def _invited(release: Release, row: Row) -> bool:
    """Whether it is new."""
    figures = {
        "change_start": row["change_start"],
        "percent": row["change"],
        "percent_lower": row["change_lower"],
        "percent_upper": row["change_upper"],
    }
    asked = _same(row)
    if any(one.is_declined or one.example_id for one in asked) or _is_written(row):
        return False
    if asked:
        kept = asked[0]
        if any(getattr(kept, name) != value for name, value in figures.items()):
            keeping.change(
                kept, WHO, f"as release {release.id} has it", kept.version, release=release.id, **figures
            )
        return False
    invitation = keeping.create(
        Invitation,
        WHO,
        f"found in release {release.id}",
        organisation=Organisation.objects.get(pk=row["area"]),
        indicator=row["indicator"],
        release=release.id,
        **figures,
    )
    telling.of_invitation(invitation, release.catalogue["indicators"][row["indicator"]]["title"])
    return True


def _same(row: Row) -> list[Invitation]:
    """Earlier invitations for this change."""
    near = (row["change_start"] - THE_SAME, row["change_start"] + THE_SAME)
    found = Invitation.objects.filter(
        organisation=row["area"], indicator=row["indicator"], change_start__range=near
    )
    return list(found.select_for_update().order_by("pk"))


def _is_written(row: Row) -> bool:
    """Whether somebody is writing of this change already, unasked."""
    near = (row["change_start"] - THE_SAME, row["change_start"] + THE_SAME)
    return Example.objects.filter(
        area=row["area"], indicator=row["indicator"], starts_on__range=near
    ).exists()


@transaction.atomic
def _take_back(release: Release, found: list[Row]) -> None:
    shown = {(row["area"], row["indicator"]) for row in found}
    for invitation in open_ones():
        if (invitation.organisation_id, invitation.indicator) not in shown:
            keeping.remove(invitation, WHO, f"release {release.id} no longer shows it")
