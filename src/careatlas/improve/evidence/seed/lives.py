"""The library of the simulated country, filled: each example handed in, scored, decided, adopted and talked about.

What is true of each is written beside the country's other truth, where the atlas never looks. Only in a simulated
release, and only where nobody has an account yet: everybody's password is known.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from django.db import transaction

from careatlas.catalogue.library import load_gates
from careatlas.engine.release import Release
from careatlas.improve.evidence.assessing import deciding, scoring
from careatlas.improve.evidence.following import adopting, talking
from careatlas.improve.evidence.matching import inviting
from careatlas.improve.evidence.models import Adoption, Assessment, Example, Stage
from careatlas.improve.evidence.seed.people import SIMULATOR, author_of, everybody
from careatlas.improve.evidence.seed.stories import Row, Told, measured_by, what_is_told, words_of
from careatlas.improve.evidence.writing import drafting
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping

ADOPTIONS = 36
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


@transaction.atomic
def fill(release: Release, country: Path, say: Callable[[str], None]) -> int:
    """Fill an empty library, and give how many examples it has; 0 where it is not for us to fill.

    ``country``: the folder in which the simulator wrote its truth."""
    truth = country / TRUTH
    if not release.manifest["simulated"] or not truth.is_file() or User.objects.exists():
        return 0
    say("a library for the simulated country (once, about half a minute)")
    planted = json.loads(truth.read_text(encoding="utf-8"))
    by_lot = np.random.default_rng([planted["seed"], 120])
    accounts = everybody()
    told, left = what_is_told(release, planted["initiatives"], by_lot)
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


def truth_of(country: Path) -> Iterator[Row]:
    """What was planted behind each example: for the tests, which score what the atlas made of it."""
    yield from json.loads((country / LIBRARY_TRUTH).read_text(encoding="utf-8"))


def _example(
    release: Release, told: Told, accounts: Mapping[str, User], fate: str, by_lot: np.random.Generator
) -> Example:
    owner = Organisation.objects.get(pk=told.area)
    author = author_of(owner, accounts)
    example = keeping.create(
        Example, author.email, "made up by the simulator",
        owner=owner, author=author, stage=Stage.DRAFT, is_simulated=True,
        **words_of(release, told, owner, by_lot), **measured_by(release, told),
    )  # fmt: skip
    if fate != "draft":
        example = drafting.submit(example.pk, author, example.version)
        _judged(release, example, told, accounts, fate, by_lot)
    return Example.objects.get(pk=example.pk)


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
    user = author_of(organisation, accounts)
    fixed = {
        name: value
        for name, value in measured_by(release, told).items()
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
