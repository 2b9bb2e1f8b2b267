"""What initiatives say they save of a pool, or spend instead: entered, phased, confirmed by finance, withdrawn.

A claim is not what counts: it is held to its pool and to what is proven (`sums`). It is cash only once a finance
assurer, who did not write it, says which budget line fell; whoever changes it afterwards asks for that anew.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.delivery import months
from careatlas.improve.delivery.models import Claim, Form, Initiative, MeasureKind, Pool, Status, Timing
from careatlas.improve.delivery.planning import independence, initiatives, who
from careatlas.improve.delivery.planning.plans import in_words
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import Role, User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

MOST_PENCE = 10**14  # a thousand billion pounds: above it somebody typed pounds as pence twice
LONGEST_WHY = 400
UNCONFIRMED = {"confirmed_by": None, "confirmed_at": None, "confirmed_why": ""}


@transaction.atomic
def add(
    initiative: Initiative,
    pool: Pool,
    user: User,
    pence: int,
    timing: str,
    form: str,
    phasing: Sequence[int] | None = None,
    share: float | None = None,
) -> Claim:
    """``phasing``: twelve numbers, April first; without, even over the months of the year in which it can save.
    Raises answers.Wrong; NotOpen; NotKnownError."""
    initiative = initiatives.opened(initiative.pk, user)
    check(initiative, pool, pence, timing, form, phasing, share)
    return keeping.create(
        Claim,
        user.email,
        "a new claim",
        initiative=initiative,
        pool=pool,
        pence=pence,
        timing=timing,
        form=form,
        phasing=list(phasing or even_phasing(initiative, pool, pence)),
        share=share,
    )


def check(
    initiative: Initiative,
    pool: Pool,
    pence: int,
    timing: str,
    form: str,
    phasing: Sequence[int] | None,
    share: float | None,
) -> None:
    """Whether it could be kept. Raises answers.Wrong with every fault at once."""
    faults = _faults_of_place(initiative, pool) | _faults_of_money(pence, timing, form, phasing, share)
    _refuse(faults or _faults_of_months(initiative, pool, pence, phasing))


@transaction.atomic
def change(number: int, user: User, version: int, why: str, fields: Mapping[str, Any]) -> Claim:
    """Of ``pence``, ``timing``, ``form``, ``phasing`` and ``share``; a new amount without phasing is phased as the old
    one was. What finance confirmed was another claim. Raises answers.Wrong; NotOpen; EditedMeanwhile; NotKnownError."""
    claim = _opened(number, user)
    names = ("pence", "timing", "form", "phasing", "share")
    said = {name: getattr(claim, name) for name in names} | {
        name: fields[name] for name in names if name in fields
    }
    if "phasing" not in fields and _is_whole(said["pence"]) and said["pence"] != claim.pence:
        said["phasing"] = phased_as(claim.phasing, said["pence"])
    faults = _faults_of_money(**said)
    faults = faults or _faults_of_months(claim.initiative, claim.pool, said["pence"], said["phasing"])
    reason = _reason(why, faults)
    _refuse(faults)
    said["phasing"] = list(said["phasing"])
    if any(said[name] != getattr(claim, name) for name in names if name != "share"):
        said |= UNCONFIRMED
    return keeping.change(claim, user.email, reason, version, **said)


@transaction.atomic
def withdraw(number: int, user: User, version: int, why: str) -> None:
    """It is claimed no more, also where its initiative is over; the record keeps what it was and why. Raises
    answers.Wrong; EditedMeanwhile; NotKnownError."""
    claim = _held(number, user)
    reason = reason_given(why)
    if claim.version != version:
        raise keeping.EditedMeanwhile(claim)
    keeping.remove(claim, user.email, reason)


@transaction.atomic
def confirm(number: int, user: User, version: int, why: str) -> Claim:
    """A finance assurer over the pool's area says which budget line fell: once, until the claim is changed. Raises as
    `withdraw` does."""
    claim = Claim.objects.select_for_update().filter(pk=number).first()
    if claim is None or not who.has(user, claim.pool.area, Role.FINANCE_ASSURER):
        raise NotKnownError(
            f"Claim {number}", "is none that you may confirm.", "A finance assurer of its area may."
        )
    faults: dict[str, str] = {}
    reason = _reason(why, faults, "Say which budget line fell, from what to what")
    if claim.form != Form.CASH or claim.pence < 0:
        faults["claim"] = "Only a saving in cash is confirmed."
    elif claim.confirmed_at is not None:
        faults["claim"] = (
            f"{claim.confirmed_by.name} confirmed it on {claim.confirmed_at:%-d %B %Y}: that stands."
        )
    elif user.email in authors_of(claim):
        faults["claim"] = "You wrote this claim: somebody else confirms it."
    _refuse(faults)
    said = {"confirmed_by": user, "confirmed_at": timezone.now(), "confirmed_why": reason}
    return keeping.change(claim, user.email, "confirmed by finance", version, **said)


@transaction.atomic
def agree(pool: Pool, user: User, shares: Mapping[int, tuple[int, float | None]], why: str) -> None:
    """Shares as all who draw on a pool agreed them: claim -> the version seen, and its share (None: none agreed).

    Whoever writes an initiative says what was agreed of it; the split is by shares once every saving has one and they
    add up to the whole (`shares.are_agreed`). Raises as `change` does."""
    faults: dict[str, str] = {}
    reason = _reason(why, faults, "Say who agreed, and when")
    for number, (_, share) in shares.items():
        if share is not None and not 0 < share <= 1:
            faults[f"share-{number}"] = "A share is above 0 and at most 100%."
    _refuse(faults)
    for number, (version, share) in sorted(shares.items()):
        claim = _opened(number, user)
        if claim.pool_id != pool.pk:
            raise NotKnownError(f"Claim {number}", "does not draw on this pool.", "See the pool's page.")
        keeping.change(claim, user.email, reason, version, share=share)


def authors_of(claim: Claim) -> set[str]:
    """Everybody who wrote what it says: its confirmation apart."""
    entries = Entry.objects.filter(kind=keeping.kind_of(claim), key=str(claim.pk))
    return {entry.who for entry in entries if independence.WRITTEN & set(entry.after)}


def that_draw(found: QuerySet[Claim]) -> QuerySet[Claim]:
    """Without those of ideas: until its first gate is open, an initiative takes nothing from others."""
    return found.exclude(initiative__status=Status.IDEA)


def may_count(initiative: Initiative) -> bool:
    """Whether a measure of quality stands beside it: without one nothing that it claims counts."""
    return initiative.measures.filter(kind=MeasureKind.QUALITY).exists()


def first_month(initiative: Initiative, pool: Pool) -> int:
    """The first of which something can be saved: wholly after the initiative's start and the pool's beginning."""
    began = [day for day in (initiative.starts_on, pool.began_on) if day is not None]
    return max(map(months.first_whole_month, began))


def even_phasing(initiative: Initiative, pool: Pool, pence: int) -> list[int]:
    """Whole pence over the months of the pool's year of which something can be saved, until the initiative ends. Where
    it ended before, over all of these, and where there is none over the year, so that nothing claimed is lost.

    >>> from datetime import date
    >>> pool = Pool(year=2026, began_on=date(2026, 4, 1))
    >>> even_phasing(Initiative(starts_on=date(2026, 12, 15), ends_on=date(2027, 6, 30)), pool, 1000)
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 334, 333, 333]
    """
    april = months.first_of_year(pool.year)
    year = range(april, april + months.YEAR)
    end = months.month_of(initiative.ends_on) if initiative.ends_on else year[-1]
    saves = [month >= first_month(initiative, pool) for month in year]
    runs = [does and month <= end for does, month in zip(saves, year, strict=True)]
    return phased_as(next(filter(any, (runs, saves)), [True] * months.YEAR), pence)


def phased_as(phasing: Sequence[int], pence: int) -> list[int]:
    """An amount over months in proportion to others, in whole pence by the largest remainders, earlier first. Refuses
    an amount where all others are 0.

    >>> phased_as([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1], -100)
    [0, 0, 0, 0, 0, 0, 0, 0, 0, -34, -33, -33]
    """
    weights, sign, size = [abs(int(each)) for each in phasing], 1 if pence > 0 else -1, abs(pence)
    total = sum(weights)
    parts = [divmod(size * weight, total) for weight in weights]
    left = size - sum(whole for whole, _ in parts)
    largest = sorted(range(len(parts)), key=lambda month: (-parts[month][1], month))[:left]
    return [sign * (whole + (month in largest)) for month, (whole, _) in enumerate(parts)]


def _faults_of_place(initiative: Initiative, pool: Pool) -> dict[str, str]:
    here, there = initiative.organisation.path, pool.area.path
    if not (here.startswith(there) or there.startswith(here)):
        return {"pool": f"{pool.area.name} lies neither in {initiative.organisation.name} nor around it."}
    if initiative.plan is not None and initiative.plan.year != pool.year:
        return {
            "pool": f"Its plan is of {in_words(initiative.plan.year)}, and this pool of {in_words(pool.year)}."
        }
    starts = initiative.starts_on
    if starts is not None and months.first_whole_month(starts) >= months.first_of_year(pool.year + 1):
        year = in_words(pool.year)
        return {
            "pool": f"It starts on {starts:%-d %B %Y}: no whole month of {year}, the pool's year, comes after."
        }
    return {}


def _faults_of_months(
    initiative: Initiative, pool: Pool, pence: int, phasing: Sequence[int] | None
) -> dict[str, str]:
    """Money may well be spent before anything is saved."""
    first = first_month(initiative, pool)
    before = max(0, first - months.first_of_year(pool.year))
    if pence < 0 or not any((phasing or [])[:before]):
        return {}
    words = "the first whole month after the initiative's start and the day from which its pool is compared"
    return {
        "phasing": f"Nothing is saved before {months.in_words(first)}, {words}: leave the months before it empty."
    }


def _faults_of_money(
    pence: Any, timing: Any, form: Any, phasing: Sequence[Any] | None, share: Any
) -> dict[str, str]:
    faults = {}
    if not _is_whole(pence) or not 0 < abs(pence) <= MOST_PENCE:
        faults["pence"] = (
            "Give the amount in whole pence: above 0 what is saved, below 0 what is spent instead."
        )
    elif phasing is not None and not _adds_up(phasing, pence):
        faults["phasing"] = "Give twelve amounts from April to March, of one sign, that add up to the whole."
    if timing not in Timing.values:
        faults["timing"] = "Say whether it is recurrent or one-off."
    if form not in Form.values:
        faults["form"] = "Say whether it is cash, cost avoided or capacity released."
    if share is not None and not 0 <= share <= 1:
        faults["share"] = "An agreed share lies between 0 and 1."
    return faults


def _adds_up(phasing: Sequence[Any], pence: int) -> bool:
    is_sound = len(phasing) == months.YEAR and all(_is_whole(each) for each in phasing)
    return is_sound and all(each * pence >= 0 for each in phasing) and sum(phasing) == pence


def _is_whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def _reason(why: str, faults: dict[str, str], asked: str = "Say why") -> str:
    why = " ".join(cleaned(why).split())
    if not why or len(why) > LONGEST_WHY:
        faults["why"] = f"{asked}, in at most {LONGEST_WHY} characters."
    return why


def reason_given(why: str) -> str:
    """Raises answers.Wrong where there is none."""
    faults: dict[str, str] = {}
    reason = _reason(why, faults)
    _refuse(faults)
    return reason


def _refuse(faults: Mapping[str, str]) -> None:
    if faults:
        raise Wrong(faults)


def _opened(number: int, user: User) -> Claim:
    """To be changed: its initiative goes on. Raises NotOpen; NotKnownError."""
    initiatives.opened(_written(number, user).initiative_id, user)
    return _held(number, user)


def _held(number: int, user: User) -> Claim:
    return Claim.objects.select_for_update().get(pk=_written(number, user).pk)


def _written(number: int, user: User) -> Claim:
    claim = Claim.objects.filter(pk=number).first()
    if claim is None or not who.written_by(user).filter(pk=claim.initiative_id).exists():
        raise NotKnownError(f"Claim {number}", "is none that you may write on.", "See the list of yours.")
    return claim
