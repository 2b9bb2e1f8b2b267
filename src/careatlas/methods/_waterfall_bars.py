"""The bars of every map as they are drawn, and what is said of them. Supports ``waterfall`` and ``gap_parts``."""

import numpy as np

from careatlas.methods._log_ratio_parts import Map, Parts
from careatlas.methods._waterfall import difference_bars
from careatlas.methods._waterfall_input import Given
from careatlas.methods.estimate import Numbers
from careatlas.methods.intervals import tail

FEW_AREAS = 30  # below, no bar can be told from another
NONE = 0.005  # of the total: a limit that near to none, or to all, is none, or all


class Bars:
    """Variances and their limits ``[..., component]``, filled in map by map."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.component = (*given.errors, *given.blocks.bars(), "spatial", "unexplained")
        shape = (*given.maps, len(self.component))
        self.variance, self.lower, self.upper, self.in_order = (np.full(shape, np.nan) for _ in range(4))
        self.areas = np.zeros((*given.maps, 1))

    def add(self, at: tuple[int, ...], data: Map, parts: Parts) -> None:
        """One map, by the draws of its parts."""
        is_known = data.expected > 0
        self.areas[at] = is_known.sum()
        chance, beyond = (1 / data.expected[is_known]).mean(), data.extra_variance[is_known].mean()
        error = np.array([chance, beyond])[: len(self.given.errors)]
        draws, means_in_order = difference_bars(data, self.given.blocks, parts)
        draws = np.concatenate([np.broadcast_to(error[:, None], (len(error), draws.shape[-1])), draws])
        self.variance[at], self.in_order[at] = draws.mean(axis=-1), [*error, *means_in_order]
        ends = [tail(self.given.confidence), 1 - tail(self.given.confidence)]
        draws = self._with_error(draws, self.given.extra_error[at][is_known].mean())
        self.lower[at], self.upper[at] = _limits(draws / draws.sum(axis=0), ends)

    def _with_error(self, draws: Numbers, error: float) -> Numbers:
        """What comes and goes is itself estimated: where it is more, less is left unexplained."""
        if "comes and goes" not in self.component:
            return draws
        at = self.component.index("comes and goes")
        more = error * np.random.default_rng(self.given.seed).standard_normal(draws.shape[-1])
        more = np.maximum(more, -draws[at])
        return draws + np.outer(np.eye(len(draws))[at] - np.eye(len(draws))[-1], more)

    def described(self) -> tuple:
        """The fields of ``Waterfall``, in their order."""
        total = self.variance.sum(axis=-1, keepdims=True)
        is_negative = self.variance < 0
        share = np.where(is_negative, 0, self.variance / total)
        is_separable = (self.areas >= FEW_AREAS) & (share > 0) & (self.upper - self.lower <= share)
        is_against = np.array([name.startswith("against ") for name in self.component])
        only_counting = "comes and goes" not in self.component
        is_counting = np.array([only_counting and name == "chance" for name in self.component])
        note = np.select(
            [is_counting & (share > 0), is_negative, (share > 0) & ~is_separable, is_against & is_separable],
            [
                "counting error only: cannot show persistence",
                "below zero: shown as none",
                "not separable",
                "goes against need: possible inequity",
            ],
            "",
        )
        limits = (self.lower, self.upper)
        in_order = self.in_order / total
        return (
            *(self.component, share, *limits, self.variance),
            *(total[..., 0], in_order, is_negative, is_separable, note),
        )


def _limits(share: Numbers, ends: list[float]) -> tuple[Numbers, Numbers]:
    """Quantiles of the draws ``[component, draw]``. Variances drawn are never quite 0: where no bar but chance can be
    told from none, all may be chance."""
    lower, upper = np.quantile(share, ends, axis=-1)
    lower = np.where((lower > 0) & (lower < NONE), 0, lower)
    may_be_all_chance = (lower[1:] <= 0).all()
    return lower, np.where(may_be_all_chance & (np.arange(len(upper)) == 0), 1, upper)
