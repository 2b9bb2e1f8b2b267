"""A library for the simulated country: 120 examples by people who do not exist, so that the whole cycle can be tried.

Ninety-six are of initiatives that the simulator planted, as many with no effect as with 5, 10 and 20 %: half of them
fixed what they are measured by before it began. Twenty-four are of places where nothing happened, whose owners chose
the indicator and the date at which they look best. What is true of each is written beside the country's other truth,
where the atlas never looks. They go through the same rules as anybody's: handed in, scored by two, decided.

Only in a simulated release, and only where nobody has an account yet: everybody's password is known.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from django.contrib.auth.hashers import make_password
from django.db import transaction

from careatlas.catalogue.library import load_gates
from careatlas.catalogue.made_up import MadeUp, load_made_up
from careatlas.engine.release import Release
from careatlas.improve.evidence.assessing import deciding, scoring
from careatlas.improve.evidence.following import adopting, talking
from careatlas.improve.evidence.matching import inviting
from careatlas.improve.evidence.measuring import on_offer
from careatlas.improve.evidence.measuring.fixed import known_until
from careatlas.improve.evidence.models import Adoption, Assessment, Example, Stage
from careatlas.improve.evidence.writing import examples
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people import roles
from careatlas.improve.people.models import Kind, Organisation, Role, User
from careatlas.improve.people.simulated import PASSWORD, address
from careatlas.improve.record import keeping

SIMULATOR = "the simulator"
OF_EACH_EFFECT, AT_THEIR_BEST, ADOPTIONS = 24, 24, 36
SMALLEST = "sub_icb"
TRUTH, LIBRARY_TRUTH = "truth.json", "library_truth.json"
# What becomes of 120 examples: so many of each, dealt out by lot.
FATES = {
    "published": 94,
    "withdrawn": 3,
    "returned": 4,
    "waiting": 5,
    "half_scored": 4,
    "disputed": 3,
    "draft": 7,
}
PEOPLE = {  # who they are: the role, and whether all of the country is theirs
    "publisher": (Role.PUBLISHER, True),
    "assessor.one": (Role.ASSESSOR, True),
    "assessor.two": (Role.ASSESSOR, True),
    "assessor.three": (Role.ASSESSOR, True),
    "author": (Role.AUTHOR, False),
    "plan.manager": (Role.PLAN_MANAGER, False),
    "finance.assurer": (Role.FINANCE_ASSURER, False),
    "reader": (Role.READER, False),
}
Row = dict[str, Any]


class Account(NamedTuple):
    email: str
    role: str
    organisation: str


class Told(NamedTuple):
    """What one owner tells of: ``planted``, the share by which it truly changed the figure."""

    indicator: str
    area: str
    starts_on: date
    direction: str
    planted: float
    is_registered: bool
    is_at_its_best: bool


def accounts() -> list[Account]:
    """The accounts that somebody may want to try; all have the same password."""
    found = User.objects.filter(email__in=[address(name) for name in PEOPLE]).prefetch_related(
        "grants__organisation"
    )
    told = {user.email: user.grants.all()[0] for user in found}
    return [
        Account(address(name), Role(told[address(name)].role).label, told[address(name)].organisation.name)
        for name in PEOPLE
        if address(name) in told
    ]


@transaction.atomic
def seed(release: Release, country: Path, say: Callable[[str], None]) -> int:
    """Fill an empty library, and give how many examples it has; 0 where it is not for us to fill.

    ``country``: the folder in which the simulator wrote its truth."""
    truth = country / TRUTH
    if not release.manifest["simulated"] or not truth.is_file() or User.objects.exists():
        return 0
    say("a library for the simulated country (once, about half a minute)")
    planted = json.loads(truth.read_text(encoding="utf-8"))
    by_lot = np.random.default_rng([planted["seed"], 120])
    accounts = _everybody()
    told, left = _what_is_told(release, planted["initiatives"], by_lot)
    fates = by_lot.permutation(np.repeat(list(FATES), list(FATES.values())))
    rows = [
        _example(release, one, accounts, fate, by_lot) for one, fate in zip(told, fates.tolist(), strict=True)
    ]
    _adopted(release, rows, told, left, accounts, by_lot)
    _talked_about(release, rows, accounts)
    inviting.invite_improvers(release)
    truths = [
        {"example": row.pk, "fate": fate, **one._asdict()}
        for row, one, fate in zip(rows, told, fates.tolist(), strict=True)
    ]
    (country / LIBRARY_TRUTH).write_text(json.dumps(truths, indent=1, default=str) + "\n", encoding="utf-8")
    return len(rows)


# Who


def _everybody() -> dict[str, User]:
    """The people of PEOPLE, and an author for each board, and for each trust that lies in none: by code."""
    country = Organisation.objects.get(kind=Kind.NATIONAL)
    bodies = Organisation.objects.filter(kind__in=(Kind.BOARD, Kind.TRUST), is_current=True).order_by("path")
    first = bodies.filter(kind=Kind.BOARD)[0]
    password = make_password(PASSWORD)

    def person(name: str, role: Role, where: Organisation) -> User:
        user = keeping.create(
            User, SIMULATOR, "a person of the simulated country",
            email=address(name), name=name.replace(".", " ").capitalize(), password=password,
        )  # fmt: skip
        roles.grant(user, role, where, SIMULATOR, "a person of the simulated country")
        return User.objects.get(pk=user.pk)

    found = {
        name: person(name, role, country if is_national else first)
        for name, (role, is_national) in PEOPLE.items()
    }
    for body in bodies:
        if not any(other != body and body.path.startswith(other.path) for other in bodies):
            found[body.pk] = (
                found["author"] if body == first else person(f"author.{body.pk.lower()}", Role.AUTHOR, body)
            )
    return found


def _author_of(owner: Organisation, accounts: Mapping[str, User]) -> User:
    codes = owner.path.strip("/").split("/")
    return next(accounts[code] for code in reversed(codes) if code in accounts)


# What


def _what_is_told(
    release: Release, initiatives: Sequence[Row], by_lot: np.random.Generator
) -> tuple[list[Told], list[Told]]:
    """The examples, and the initiatives that nobody wrote up: others may have adopted from them."""
    measurable = [
        _of_initiative(release, row, bool(by_lot.integers(2)))
        for row in initiatives
        if row["indicator"] in release.catalogue["with_values"]
    ]
    told: list[Told] = []
    for share in sorted({one.planted for one in measurable}):
        of_share = [one for one in measurable if one.planted == share]
        told += [of_share[place] for place in by_lot.permutation(len(of_share))[:OF_EACH_EFFECT]]
    left = [one for one in measurable if one not in told]
    busy = {one.area for one in measurable}
    return told + _at_their_best(release, busy, by_lot), left


def _of_initiative(release: Release, row: Row, is_registered: bool) -> Told:
    better = on_offer.IMPROVES[on_offer.polarity(release, row["indicator"])]
    direction = better[0] if len(better) == 1 else {"up": "higher", "down": "lower"}[row["direction"]]
    start = date.fromisoformat(row["start"])
    return Told(row["indicator"], row["area"], start, direction, row["effect"], is_registered, False)


def _at_their_best(release: Release, busy: set[str], by_lot: np.random.Generator) -> list[Told]:
    """Places with no initiative at all, each with whatever looks best there."""
    best = _best_of_each(release)
    quiet = sorted(set(best) - busy)
    return [best[quiet[place]] for place in by_lot.permutation(len(quiet))[:AT_THEIR_BEST]]


def _best_of_each(release: Release) -> dict[str, Told]:
    """By area of the smallest level: the indicator, date and direction whose change stands out most."""
    best: dict[str, tuple[float, Told]] = {}
    for indicator in release.catalogue["with_values"]:
        if SMALLEST not in release.catalogue["indicators"][indicator]["area_types"]:
            continue
        each = on_offer.tried(release, indicator, SMALLEST)
        for start, turn in each.starts.items() if each else ():
            for direction in on_offer.IMPROVES[on_offer.polarity(release, indicator)]:
                z = -turn.z if direction == "lower" else turn.z
                for place in np.flatnonzero(~np.isnan(z)):
                    area = each.series.areas[place]
                    if area not in best or z[place] > best[area][0]:
                        day = each.series.start(start)
                        best[area] = z[place], Told(indicator, area, day, direction, 0.0, False, True)
    return {area: told for area, (_, told) in best.items()}


# What becomes of it


def _example(
    release: Release, told: Told, accounts: Mapping[str, User], fate: str, by_lot: np.random.Generator
) -> Example:
    owner = Organisation.objects.get(pk=told.area)
    author = _author_of(owner, accounts)
    example = keeping.create(
        Example, author.email, "made up by the simulator",
        owner=owner, author=author, stage=Stage.DRAFT, is_simulated=True,
        **_words(release, told, owner, by_lot), **_measured_by(release, told),
    )  # fmt: skip
    if fate != "draft":
        example = examples.submit(example.pk, author, example.version)
        _judged(release, example, told, accounts, fate, by_lot)
    return Example.objects.get(pk=example.pk)


def _measured_by(release: Release, told: Told) -> Row:
    """Who fixed it beforehand did so on the first day, when the last month on file was the one before."""
    if told.is_registered:
        stamped, until = told.starts_on, told.starts_on - timedelta(days=1)
    else:
        stamped = date.fromisoformat(str(_last_day(release))) + timedelta(days=30)
        until = known_until(release, told.indicator, told.area)
    return {
        "indicator": told.indicator,
        "area": told.area,
        "starts_on": told.starts_on,
        "direction": told.direction,
        "fixed_at": datetime.combine(stamped, time(9), UTC),
        "fixed_in": release.id,
        "known_until": until,
    }


def _last_day(release: Release) -> date:
    return max(row["period_end"] for row in release.rows("values", ["period_end"], area_type="country"))


def _words(release: Release, told: Told, owner: Organisation, by_lot: np.random.Generator) -> Row:
    """What the owner says. Claims follow hope more than effect, as claims do."""
    account, about = _account(told, by_lot), release.catalogue["indicators"][told.indicator]
    topic = about["short_title"]
    topic = topic if topic[:2].isupper() else topic[:1].lower() + topic[1:]
    cost, hoped = int(by_lot.integers(5, 120)) * 1000, float(by_lot.uniform(0.03, 0.25))
    cash, avoided, capacity = (int(by_lot.integers(0, 60)) * 5000 for _ in range(3))
    programme = (
        about["programme"] if about["programme"] in release.catalogue["programmes"] else "productive_care"
    )
    return {
        "title": f"{account.title.format(topic=topic)}: {owner.name}"[:160],
        "summary": f"{account.done} We think that {topic} changed by about {hoped:.0%}.",
        "setting": account.setting,
        "programme": programme,
        "workstreams": [programme] if programme in workstreams(release) else [],
        "problem": f"{account.problem} In {owner.name} this showed in the figures for {topic}.",
        "what_was_done": f"{account.done}\n\n- **Who:** a team of {by_lot.integers(2, 9)}.\n"
        f"- **When:** from {told.starts_on:%B %Y} on.\n- **Where:** {owner.name}.",
        "who_should_consider": f"Places whose figures for {topic} have been {_worse(told)} for long.",
        "cost_to_start_gbp": cost,
        "cost_a_year_gbp": cost // 4,
        "saving_cash_gbp": cash if by_lot.integers(2) else None,
        "saving_cost_avoided_gbp": avoided,
        "saving_capacity_gbp": capacity,
        "how_money_is_realised": "The budget line is cut at the end of the year, by name."
        if cash > 150_000
        else "No budget is cut: the time is used for others.",
        "quality_effect": "Patients were asked before and after. Nothing got worse that we looked at.",
        "evidence": "Our own figures by month, and a visit to a place that had done it before.",
        "implementation": f"It took {by_lot.integers(4, 30)} weeks. What went wrong: we told people too late.",
        "enablers": account.enablers,
        "how_measured": f"The atlas's figures for {topic}, and a count of our own every Friday.",
    }


def _account(told: Told, by_lot: np.random.Generator) -> MadeUp:
    own = [one for one in load_made_up() if one.indicator == told.indicator]
    known = own or [one for one in load_made_up() if not one.indicator]
    return known[by_lot.integers(len(known))]


def _worse(told: Told) -> str:
    return "high" if told.direction == "lower" else "low"


def _judged(
    release: Release,
    example: Example,
    told: Told,
    accounts: Mapping[str, User],
    fate: str,
    by_lot: np.random.Generator,
) -> None:
    """Assessors read what is written; they do not know what is true, and nor does the publisher."""
    publisher = accounts["publisher"]
    if fate == "waiting":
        return
    if fate == "returned":
        deciding.return_to_author(
            example, publisher, example.version, "Say which budget falls, and by how much a year."
        )
        return
    first = _scores(told, by_lot)
    _hand_in(example, accounts["assessor.one"], first, by_lot)
    if fate == "half_scored":
        return
    second = {gate: min(4, max(0, score + int(by_lot.integers(-1, 2)))) for gate, score in first.items()}
    if fate == "disputed":
        gate = next(iter(second))
        second[gate] = first[gate] - 2 if first[gate] >= 2 else first[gate] + 2
    _hand_in(example, accounts["assessor.two"], second, by_lot)
    if fate == "disputed":
        return
    if scoring.round_of(example).wants_third:
        _hand_in(example, accounts["assessor.three"], first, by_lot)
    published = deciding.publish(example, publisher, example.version, release)
    if fate == "withdrawn":
        deciding.withdraw(
            published, publisher, published.version, "The owner has stopped it, and asked us to take it away."
        )


def _scores(told: Told, by_lot: np.random.Generator) -> dict[str, int]:
    """Two to four at most gates; evidence is thought better of where it was fixed beforehand."""
    scores = {gate: int(by_lot.choice([1, 2, 3, 3, 3, 4, 4])) for gate in load_gates().ids}
    if "evidence" in scores:
        scores["evidence"] = min(4, scores["evidence"] + told.is_registered)
    return scores


def _hand_in(
    example: Example, user: User, scores: Mapping[str, int], by_lot: np.random.Generator
) -> Assessment:
    words = (
        "As the anchor says.",
        "Nearly the next, but costs are missing.",
        "Clear, and shown with figures.",
    )
    said = {gate: words[by_lot.integers(len(words))] for gate in scores}
    place = scoring.take(example, user)
    return scoring.hand_in(place, user, place.version, scores, said, "")


# What comes of it


def _adopted(
    release: Release,
    rows: Sequence[Example],
    told: Sequence[Told],
    left: Sequence[Told],
    accounts: Mapping[str, User],
    by_lot: np.random.Generator,
) -> None:
    """Initiatives that nobody wrote up followed an example of the same topic: some worked, some did not."""
    published = [
        (row, one)
        for row, one in zip(rows, told, strict=True)
        if row.stage == Stage.PUBLISHED and not one.is_at_its_best
    ]
    for one in (left[place] for place in by_lot.permutation(len(left))[:ADOPTIONS]):
        same = [row for row, other in published if other.indicator == one.indicator and row.area != one.area]
        if same:
            _register(release, same[by_lot.integers(len(same))], one, accounts)


def _register(release: Release, example: Example, told: Told, accounts: Mapping[str, User]) -> Adoption:
    organisation = Organisation.objects.get(pk=told.area)
    user = _author_of(organisation, accounts)
    fixed = {
        name: value
        for name, value in _measured_by(release, told).items()
        if name.startswith(("fixed", "known"))
    }
    adoption = keeping.create(
        Adoption, user.email, "made up by the simulator",
        example=example, organisation=organisation, user=user, starts_on=told.starts_on,
        note="We visited them, and began two months later.", **fixed,
    )  # fmt: skip
    return keeping.change(
        adoption, SIMULATOR, f"measured in release {release.id}", adoption.version,
        effect=adopting.measured(adoption, release),
    )  # fmt: skip


def _talked_about(release: Release, rows: Sequence[Example], accounts: Mapping[str, User]) -> None:
    """A question to the owner under every tenth example, and an answer."""
    for row in [row for row in rows if row.stage == Stage.PUBLISHED][::10]:
        asked = talking.start(
            accounts["plan.manager"], release, "How many people did it take?",
            "We would like to do the same. How many of you were there in the first month?", example=row,
        )  # fmt: skip
        talking.reply(asked.pk, row.author, release, "Two, and one more for the first fortnight.")


def truth_of(country: Path) -> Iterator[Row]:
    """What was planted behind each example: for the tests, which score what the atlas made of it."""
    yield from json.loads((country / LIBRARY_TRUTH).read_text(encoding="utf-8"))
