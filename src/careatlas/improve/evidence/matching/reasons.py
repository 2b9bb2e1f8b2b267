"""Why an example is shown to an area, or an area beside an example: one sentence of what the tables say, each figure
with its interval, and no more than they allow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careatlas.catalogue.library import load_gates
from careatlas.engine.release import Release
from careatlas.improve.evidence.matching.needs import NOT_BROKEN_DOWN, Need
from careatlas.improve.evidence.models import Example, Verdict
from careatlas.present.explanation_words import signed
from careatlas.present.opportunity_words import amount_in_words

if TYPE_CHECKING:
    from careatlas.improve.evidence.matching.choosing import Likeness

DID = {"lower": "lowered", "higher": "raised"}
MEANT = {"lower": "lower", "higher": "raise"}
VERDICTS = {
    "unexplained": "which chance, need and supply do not explain",
    "against_need": "against need: possible inequity",
    NOT_BROKEN_DOWN: "what it comes from is not worked out for such places",
}


@dataclass(frozen=True)
class Size:
    """A measured effect in percent, counted in the direction that was meant: below 0 it went the other way."""

    middle: float
    at_least: float
    at_most: float

    @property
    def words(self) -> str:
        return f"{_percent(self.middle)} (95% interval {_percent(self.at_least)} to {_percent(self.at_most)})"


def size_for(example: Example) -> Size | None:
    """None where nothing could be measured."""
    return size_of(example.effect, example.direction)


def size_of(effect: Mapping[str, Any] | None, direction: str) -> Size | None:
    told = [(effect or {}).get(name) for name in ("percent", "lower", "upper")]
    if None in told:
        return None
    middle, lower, upper = told
    return Size(-middle, -upper, -lower) if direction == "lower" else Size(middle, lower, upper)


def change_in_words(effect: Mapping[str, Any]) -> str:
    """``a change of -3% (95% interval -9% to +3%)``: of the figure, whichever way was meant."""
    middle, lower, upper = (signed(effect[name]) for name in ("percent", "lower", "upper"))
    return f"a change of {middle} (95% interval {lower} to {upper})"


def match_in_words(release: Release, need: Need, example: Example, likeness: "Likeness") -> str:
    """One sentence: the gap, what the example did about it, how alike the places are, how it was rated."""
    rating = load_gates().title_of(example.rating)
    said = [
        gap_in_words(release, need),
        _did(release, need, example),
        _alike(release, example, likeness),
        f"assessors rated it “{rating[:1].lower() + rating[1:]}”",
    ]
    return "; ".join(said) + "."


def gain_in_words(release: Release, need: Need, likeness: "Likeness", gain: Mapping[str, Any] | None) -> str:
    """One sentence: the area's gap and, where it may be declared, what doing as well as the best of its peers is."""
    said = [gap_in_words(release, need)]
    about = release.catalogue["indicators"][need.indicator]
    if gain is None:
        said.append("what it could gain is not worked out")
    elif gain["is_headline"]:
        amount = amount_in_words(gain, about)
        said.append(f"as well as the best five of those like it would be {amount} (95% interval)")
    else:
        said.append("what it could gain cannot be told from nothing")
    if likeness.rank is not None and likeness.good_match:
        said.append(f"the example's place is number {likeness.rank} of the ten most like it")
    return "; ".join(said) + "."


def gap_in_words(release: Release, need: Need) -> str:
    """``“Emergency readmissions” at Upper Board: 15% above England over 24 periods (10% to 20%), unexplained``"""
    about, area = release.catalogue["indicators"][need.indicator], release.areas[need.area]
    side = "above" if need.deviation > 0 else "below"
    limits = sorted(abs(limit) for limit in (need.lower, need.upper))
    size = f"{_percent(abs(need.deviation))} {side} {_country(release)}"
    said = (
        f"{area['name']} has been {size} in “{about['short_title']}” over {need.periods} periods "
        f"(95% interval {_percent(limits[0])} to {_percent(limits[1])}), {VERDICTS[need.verdict]}"
    )
    return said if need.has_better else f"{said} (neither more nor less is better in itself)"


def _did(release: Release, need: Need, example: Example) -> str:
    about = release.catalogue["indicators"].get(example.indicator)
    is_same = example.indicator == need.indicator
    if about is None:
        return f"{example.owner.name} worked in the same programme, not measured by the atlas"
    what = "the same figure" if is_same else f"another of its programme (“{about['short_title']}”)"
    did, size = DID[example.direction], size_for(example)
    if example.verdict == Verdict.PROVEN and size is not None:
        return f"{example.owner.name} {did} {what} by {size.words}, proven"
    if size is not None:
        meant = f"{example.owner.name} meant to {MEANT[example.direction]} {what}"
        return f"{meant}, and {change_in_words(example.effect)} was measured, which is not proven"
    return f"{example.owner.name} says that it {did} {what}, which could not be measured"


def _alike(release: Release, example: Example, likeness: "Likeness") -> str:
    if not likeness.is_known:
        return "how alike the two places are is not worked out"
    place = release.areas[likeness.other]["name"]
    if likeness.other != example.area:
        place = f"{place}, where that is,"
    if likeness.rank is None:
        return f"{place} is not among the ten most like it in its people"
    among = f"{place} is number {likeness.rank} of the ten most like it in its people"
    return among if likeness.good_match else f"{among}, but too unlike to be held beside it"


def _country(release: Release) -> str:
    return next(area["name"] for area in release.areas.values() if area["area_type"] == "country")


def _percent(size: float) -> str:
    return f"{size:.0f}%".replace("-0%", "0%").replace("-", "−")
