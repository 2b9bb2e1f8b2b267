"""Which examples an area could learn from, and which areas could gain from an example; every choice says its reasons.

An example is held against an area's needs (`needs`): what it is about, which way it went, how large the gap is, what
the atlas measured of it, how alike the two places are in their people, and how it was rated. Only published examples
with a rating are recommended, and only for a gap beyond chance. The score orders them and means no more than that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from careatlas.catalogue.library import load_gates
from careatlas.engine.release import Release
from careatlas.improve.evidence.matching import needs
from careatlas.improve.evidence.matching.needs import Need, Row
from careatlas.improve.evidence.matching.reasons import gain_in_words, match_in_words, size_for
from careatlas.improve.evidence.models import Adoption, Example, Stage, Verdict
from careatlas.present.queries import area_named

WEIGHTS = {"topic": 30, "gap": 20, "effect": 20, "setting": 15, "rating": 15}  # of a score of 100
SAME_PROGRAMME = 0.3  # of the topic, where an example is about the programme and not about the figure
LARGE = 20.0  # percent by the nearer limit: a gap or an effect beyond it scores no more
NOT_PROVEN = 0.25  # of the effect, where what was measured is not proven
A_PLACE = 0.05  # of the setting, for each place further down the ten most alike
TOO_UNLIKE = 0.25  # of the setting, among the ten and yet too unlike to be held beside
NO_PROGRAMME = "none"
NEEDED = ("title", "owner", "area", "indicator", "programme", "direction", "rating", "verdict", "effect")
OF_GAIN = ("amount", "lower", "upper", "probability", "chance_only", "is_headline")


@dataclass(frozen=True)
class Likeness:
    """How alike two areas are in their people, by the table of peers: no ``rank`` where the other is not among the ten
    most alike. ``is_known``: whether it is worked out for such areas; ``other``: the second, or what it lies in."""

    is_known: bool
    other: str = ""
    rank: int | None = None
    distance: float | None = None
    good_match: bool | None = None

    @property
    def share(self) -> float:
        """Of what the setting scores, 0 to 1."""
        if self.rank is None:
            return 0.0
        return 1 - A_PLACE * (self.rank - 1) if self.good_match else TOO_UNLIKE


def for_area(release: Release, area: str) -> list[Row]:
    """Examples for an area's needs, the best match first; each example once, for the need that it fits best."""
    code = area_named(release, area)
    found = needs.of_area(release, code)
    adopted = set(Adoption.objects.filter(organisation=code).values_list("example_id", flat=True))
    rows = []
    for example in _offered(release, found):
        fitting = [need for need in found if _fits(release, example, need)]
        if fitting and code not in (example.area, example.owner_id) and not _made_it_worse(example):
            best = min((_match(release, example, need) for need in fitting), key=_best_first)
            rows.append(best | {"is_adopted": example.pk in adopted})
    return sorted(rows, key=_best_first)


def for_example(release: Release, example: Example) -> list[Row]:
    """Areas with the gap that the example closed, the largest sure gap first, with what each could gain.

    Never add them up: each stands beside its own interval."""
    about = release.catalogue["indicators"].get(example.indicator)
    if about is None:
        return []
    gains = _gains(release, example.indicator, needs.BETTER.get(about["polarity"]) == example.direction)
    adopted = set(example.adoptions.values_list("organisation_id", flat=True))
    rows = []
    for need in _needs_met(release, example, about):
        likeness, gain = likeness_of(release, need.area, example.area), gains.get(need.area)
        rows.append(
            _of_need(release, need)
            | {"rank": likeness.rank, "distance": likeness.distance, "good_match": likeness.good_match}
            | {name: gain[name] if gain else None for name in OF_GAIN}
            | {"is_adopted": need.area in adopted, "why": gain_in_words(release, need, likeness, gain)}
        )
    return rows


def pinned(release: Release, indicator: str, wanted: Sequence[str] = ()) -> list[Example]:
    """Published and rated examples on an indicator, the surest effect first; ``wanted``: directions, else both."""
    found = _rated().filter(indicator=indicator)
    found = found.filter(direction__in=wanted) if wanted else found
    return sorted(found, key=lambda one: (-_effect_share(one), -(one.overall or 0), one.pk))


def likeness_of(release: Release, area: str, other: str) -> Likeness:
    """Of two levels, the area that the finer one lies in stands for it."""
    one, two = _on_one_level(release, area, other)
    rows = release.of_area("peers", one) if one else []
    row = next((row for row in rows if row["peer"] == two), None)
    if row is None:
        return Likeness(bool(rows) and bool(two) and one != two, two or "")
    return Likeness(True, two or "", row["rank"], row["distance"], row["good_match"])


def _rated() -> Any:
    ratings = [rating.id for rating in load_gates().ratings]
    return Example.objects.filter(stage=Stage.PUBLISHED, rating__in=ratings).select_related("owner")


def _offered(release: Release, found: Iterable[Need]) -> Iterable[Example]:
    topics = {need.indicator for need in found}
    programmes = {_programme(release, topic) for topic in topics} - {NO_PROGRAMME}
    found = _rated().filter(Q(indicator__in=topics) | Q(programme__in=programmes))
    return found.only(*NEEDED, "owner__name").order_by("pk")


def _fits(release: Release, example: Example, need: Need) -> bool:
    if example.indicator == need.indicator:
        return example.direction == need.wanted
    return example.programme not in ("", NO_PROGRAMME) and example.programme == _programme(
        release, need.indicator
    )


def _made_it_worse(example: Example) -> bool:
    """What was measured lies wholly on the other side of what was meant."""
    size = size_for(example)
    return size is not None and size.at_most < 0


def _match(release: Release, example: Example, need: Need) -> Row:
    likeness = likeness_of(release, need.area, example.area)
    is_same = example.indicator == need.indicator
    shares = {
        "topic": 1.0 if is_same else SAME_PROGRAMME,
        "gap": min(1.0, need.at_least / LARGE),
        "effect": _effect_share(example),
        "setting": likeness.share,
        "rating": _rating_share(example.rating),
    }
    scores = {name: WEIGHTS[name] * share for name, share in shares.items()}
    told = example.effect or {}
    return {
        **_of_need(release, need),
        "example": example.pk,
        "title": example.title,
        "owner": example.owner_id,
        "owner_name": example.owner.name,
        "example_area": example.area or None,
        "is_same_indicator": is_same,
        "rank": likeness.rank,
        "distance": likeness.distance,
        "good_match": likeness.good_match,
        "rating": example.rating,
        "example_verdict": example.verdict,
        **{f"effect_{name}": told.get(name) for name in ("percent", "lower", "upper")},
        "score": round(sum(scores.values()), 1),
        **{f"score_{name}": round(score, 1) for name, score in scores.items()},
        "why": match_in_words(release, need, example, likeness),
    }


def _of_need(release: Release, need: Need) -> Row:
    return {
        "indicator": need.indicator,
        "area_type": need.area_type,
        "area": need.area,
        "name": release.areas[need.area]["name"],
        "direction": need.wanted,
        "deviation": need.deviation,
        "deviation_lower": need.lower,
        "deviation_upper": need.upper,
        "periods": need.periods,
        "verdict": need.verdict,
    }


def _effect_share(example: Example) -> float:
    """Of what the effect scores: by the limit nearer to nothing where it is proven, little where it is not."""
    size = size_for(example)
    if size is None or size.middle <= 0:
        return 0.0
    if example.verdict == Verdict.PROVEN:
        return min(1.0, max(size.at_least, 0.0) / LARGE)
    return NOT_PROVEN * min(1.0, size.middle / LARGE)


def _rating_share(rating: str) -> float:
    ids = [known.id for known in load_gates().ratings]
    return 1 - ids.index(rating) / len(ids)


def _needs_met(release: Release, example: Example, about: Mapping[str, Any]) -> list[Need]:
    """At the example's own level where the indicator has it, else at all that it has."""
    own = release.areas.get(example.area, {}).get("area_type")
    levels = [own] if own in about["area_types"] else about["area_types"]
    found = [need for level in levels for need in needs.of_indicator(release, example.indicator, level)]
    return [
        need
        for need in found
        if need.wanted == example.direction and need.area not in (example.area, example.owner_id)
    ]


def _gains(release: Release, indicator: str, is_better: bool) -> dict[str, Row]:
    """What each area could gain if it did as well as the best five of those like it; none for a direction that is
    neither better nor worse."""
    if not is_better:
        return {}
    rows = release.rows("opportunities", indicator=indicator, benchmark="best_five")
    return {row["area"]: row for row in sorted(rows, key=lambda row: row["period_end"])}


def _on_one_level(release: Release, area: str, other: str) -> tuple[str | None, str | None]:
    above, others_above = _upwards(release, area), _upwards(release, other)
    for level, code in above.items():
        if level in others_above:
            return code, others_above[level]
    return None, None


def _upwards(release: Release, code: str | None) -> dict[str, str]:
    """The area itself and those it lies in, by level, from below."""
    found: dict[str, str] = {}
    while code in release.areas and release.areas[code]["area_type"] not in found:
        found[release.areas[code]["area_type"]] = code
        code = release.areas[code]["parent_code"]
    return found


def _programme(release: Release, indicator: str) -> str:
    return release.catalogue["indicators"][indicator]["programme"]


def _best_first(row: Row) -> tuple[float, float, int]:
    return -row["score"], -abs(row["deviation"]), row["example"]
