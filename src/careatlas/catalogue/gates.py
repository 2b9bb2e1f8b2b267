"""The gates that an example of the library passes, and how scores become a rating (``content/library/gates.yaml``).

Scores are 0 to 4. The overall score is their weighted mean, stretched to 0 to 100; the rating asks for an overall score
and for a least score at every gate, so that one strong gate cannot hide a weak one.
"""

from collections.abc import Iterator, Mapping, Sequence

from careatlas.catalogue.definition import Definition

SCORES = range(5)
TOP_OVERALL = 100
UNRATED = "none"
Scores = Mapping[str, float]


class Gate(Definition):
    """``anchors``: for each score, the words that an assessor holds the example against."""

    id: str
    title: str
    question: str
    weight: float
    anchors: dict[int, str]


class Rating(Definition):
    """What an example is called that reaches ``overall_at_least`` with no gate below ``no_gate_below``."""

    id: str
    title: str
    overall_at_least: float
    no_gate_below: float


class Gates(Definition):
    """``ratings``: best first; ``otherwise``: what an example is called that reaches none of them.

    ``differ_by``: two assessors disagree where a gate differs by so much or more, or where their ratings differ.
    ``publishing_organisations``: whose publishers decide; none: the country's."""

    gates: list[Gate]
    ratings: list[Rating]
    otherwise: str
    differ_by: int
    review_after_months: int
    publishing_organisations: list[str]

    @property
    def ids(self) -> list[str]:
        return [gate.id for gate in self.gates]

    @property
    def scores(self) -> range:
        return SCORES

    @property
    def are_weighted(self) -> bool:
        """Whether one gate counts for more than another."""
        return len({gate.weight for gate in self.gates}) > 1

    def scored_in(self, all_scores: Sequence[Scores]) -> "Gates":
        """Those that everybody scored: a gate that was brought in later is none of an earlier round."""
        scored = [gate for gate in self.gates if all(gate.id in scores for scores in all_scores)]
        return self.model_copy(update={"gates": scored})

    def overall(self, scores: Scores) -> float:
        """0 to 100: the weighted mean, times 25."""
        weighted = sum(gate.weight * scores[gate.id] for gate in self.gates)
        mean = weighted / sum(gate.weight for gate in self.gates)
        return round(mean * TOP_OVERALL / SCORES[-1], 6)  # a third of 300 is 100, not 99.99...

    def rating(self, scores: Scores) -> str:
        """The id of the best rating that the scores reach."""
        overall, lowest = self.overall(scores), min(scores[id] for id in self.ids)
        reached = (
            rating.id
            for rating in self.ratings
            if overall >= rating.overall_at_least and lowest >= rating.no_gate_below
        )
        return next(reached, UNRATED)

    def title_of(self, rating: str) -> str:
        return next((known.title for known in self.ratings if known.id == rating), self.otherwise)

    def differing(self, first: Scores, second: Scores) -> list[str]:
        """The gates at which two assessors are too far apart."""
        return [id for id in self.ids if abs(first[id] - second[id]) >= self.differ_by]

    def disagree(self, first: Scores, second: Scores) -> bool:
        return bool(self.differing(first, second)) or self.rating(first) != self.rating(second)

    def mean(self, all_scores: Sequence[Scores]) -> dict[str, float]:
        """What several assessors say together, gate by gate."""
        return {id: sum(scores[id] for scores in all_scores) / len(all_scores) for id in self.ids}


def faults_in(gates: Gates) -> Iterator[tuple[str, str]]:
    """What a file that reads well may still get wrong: what was found, what to do."""
    if not gates.gates:
        yield "there is no gate.", "Name at least one."
    for id in sorted({id for id in gates.ids if gates.ids.count(id) > 1}):
        yield f'two gates are called "{id}".', "Rename one of them."
    for gate in gates.gates:
        if sorted(gate.anchors) != list(SCORES):
            yield (
                f"{gate.id}: anchors are given for {sorted(gate.anchors)}.",
                "Give words for 0, 1, 2, 3 and 4.",
            )
        elif len({words.strip().lower() for words in gate.anchors.values()} - {""}) < len(SCORES):
            yield f"{gate.id}: two scores have the same words, or none.", "Say what tells them apart."
        if gate.weight <= 0:
            yield f"{gate.id}: weight is {gate.weight:g}.", "A gate that does not count is no gate: above 0."
    yield from _faults_in_ratings(gates)
    if not 1 <= gates.differ_by <= SCORES[-1]:
        yield f"differ_by is {gates.differ_by}.", "Scores differ by 1 to 4."
    if gates.review_after_months < 1:
        yield f"review_after_months is {gates.review_after_months}.", "Give a month or more."


def _faults_in_ratings(gates: Gates) -> Iterator[tuple[str, str]]:
    for rating in gates.ratings:
        if not (0 <= rating.overall_at_least <= TOP_OVERALL and 0 <= rating.no_gate_below <= SCORES[-1]):
            yield (
                f"{rating.id}: its conditions cannot be met.",
                "Overall runs from 0 to 100, gates from 0 to 4.",
            )
    least = [rating.overall_at_least for rating in gates.ratings]
    if least != sorted(least, reverse=True):
        yield "the ratings do not stand best first.", "Order them by overall_at_least, highest first."
    ids = [rating.id for rating in gates.ratings]
    if len(set(ids)) < len(ids) or UNRATED in ids:
        yield f"ratings are called {', '.join(ids)}.", f'Give each its own name; "{UNRATED}" is taken.'
