"""What ``waterfall`` and ``gap_parts`` are given, checked and brought into one form: one period, or several."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods._between_periods import between_periods
from careatlas.methods._bym2_prior import Neighbourhood, neighbourhood
from careatlas.methods._log_ratio_parts import Map
from careatlas.methods._waterfall import Blocks, known_map
from careatlas.methods.estimate import Numbers, as_numbers, counts_with_axes, divide, whole_number
from careatlas.methods.intervals import tail
from careatlas.methods.spatial import as_links

ENOUGH_PERIODS = 12
OTHER_BARS = ("chance", "comes and goes", "spatial", "unexplained")


class Given(NamedTuple):
    """Counts ``[..., area]``, the variance of ln(observed / expected) beyond counting and its standard error, the
    blocks, who borders whom, how it is drawn, and ``errors``: the names of the bars that are no difference between
    areas."""

    observed: Numbers
    expected: Numbers
    extra_variance: Numbers
    extra_error: Numbers
    blocks: Blocks
    around: Neighbourhood
    confidence: float
    draws: int
    seed: int
    errors: tuple[str, ...]

    @property
    def maps(self) -> tuple[int, ...]:
        return self.observed.shape[:-1]

    def each(self) -> Iterator[tuple[tuple[int, ...], Map]]:
        """The place of each map, and what is known of it; maps without enough to go by are passed over."""
        for at in np.ndindex(self.maps):
            data = known_map(
                self.observed[at], self.expected[at], self.extra_variance[at], self.blocks.covariates[at]
            )
            if (data.expected > 0).sum() >= data.design.shape[1] + 2:
                yield at, data


def of_one_period(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: ArrayLike | None,
    blocks: Mapping[str, ArrayLike],
    expected_signs: Mapping[str, Sequence[int]] | None,
    confidence: float,
    draws: int,
    seed: int,
) -> Given:
    """Counts ``[..., area]``: all error is counting error."""
    observed, expected = counts_with_axes("area", observed=observed, expected=expected)
    named = _blocks(blocks, expected_signs or {}, observed.shape[-1])
    how = _how(neighbours, observed.shape[-1], confidence, draws, seed)
    none = np.zeros(observed.shape[-1])
    return _given(observed, expected, none, none, named, how, ("chance",))


def of_periods(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: ArrayLike | None,
    blocks: Mapping[str, ArrayLike],
    expected_signs: Mapping[str, Sequence[int]] | None,
    confidence: float,
    draws: int,
    seed: int,
) -> Given:
    """Counts ``[..., area, period]`` summed, with the variance of what comes and goes from period to period."""
    observed, expected = counts_with_axes("area", "period", observed=observed, expected=expected)
    if observed.shape[-1] < ENOUGH_PERIODS:
        raise ValueError(f"there are {observed.shape[-1]} periods; {ENOUGH_PERIODS} are needed")
    areas = observed.shape[-2]
    named = _blocks(blocks, expected_signs or {}, areas)
    how = _how(neighbours, areas, confidence, draws, seed)
    count, reference = at_level_of_period(observed, expected)
    sums = reference.sum(axis=-1)
    is_known = sums > 0
    found = between_periods(count, reference)
    count, sums = (np.where(is_known, each, np.nan) for each in (count.sum(axis=-1), sums))
    return _given(count, sums, found.of_mean, found.error, named, how, ("chance", "comes and goes"))


def at_level_of_period(observed: Numbers, expected: Numbers) -> tuple[Numbers, Numbers]:
    """Counts, and those expected at the level of all areas in the period; both 0 where either is missing."""
    is_known = ~np.isnan(observed + expected)
    count, reference = np.where(is_known, observed, 0), np.where(is_known, expected, 0)
    level = divide(count.sum(axis=-2, keepdims=True), reference.sum(axis=-2, keepdims=True))
    return count, reference * np.nan_to_num(level)


def _blocks(
    given: Mapping[str, ArrayLike], expected_signs: Mapping[str, Sequence[int]], areas: int
) -> Blocks:
    for argument, example, each in (
        ("blocks", "covariates", given),
        ("expected_signs", "[1]", expected_signs),
    ):
        if not isinstance(each, Mapping):
            raise ValueError(
                f"{argument} must name its blocks, {{'need': {example}}}; it is {type(each).__name__}"
            )
    arrays = {name: as_numbers(f"blocks: {name}", values) for name, values in given.items()}
    arrays = {name: values[:, None] if values.ndim == 1 else values for name, values in arrays.items()}
    for name, values in arrays.items():
        if values.ndim < 2 or values.shape[-2] != areas:
            raise ValueError(f"blocks: {name} must be [area, covariate], with {areas} areas")
    maps = np.broadcast_shapes(*(values.shape[:-2] for values in arrays.values()))
    covariates = [np.empty((*maps, areas, 0))]
    columns, signs = [], [np.empty(0)]
    for name, values in arrays.items():
        number = values.shape[-1]
        columns.append(sum(map(len, columns)) + np.arange(number))
        covariates.append(np.broadcast_to(values, (*maps, areas, number)))
        signs.append(np.atleast_1d(expected_signs.get(name, [0] * number)))
        if name in expected_signs and (signs[-1].shape != (number,) or not np.isin(signs[-1], (-1, 1)).all()):
            raise ValueError(
                f"expected_signs: {name} must be 1 or -1 for each of its {number} covariates, "
                f"such as {[1] * number}; it is {expected_signs[name]!r}"
            )
    if taken := [name for name in arrays if name in OTHER_BARS]:
        raise ValueError(f"blocks: {taken[0]} is the name of another bar")
    if unknown := [name for name in expected_signs if name not in arrays]:
        raise ValueError(f"expected_signs: {unknown[0]} is not one of the blocks {', '.join(arrays)}")
    return Blocks(tuple(arrays), columns, np.concatenate(covariates, axis=-1), np.concatenate(signs))


def _how(
    neighbours: ArrayLike | None, areas: int, confidence: float, draws: int, seed: int
) -> tuple[Neighbourhood, float, int, int]:
    tail(confidence)  # refuses a percentage
    adjacency = (
        np.zeros((areas, areas)) if neighbours is None else as_links(neighbours, areas).matrix.toarray()
    )
    return neighbourhood(adjacency > 0), confidence, whole_number("draws", draws, fewest=1), seed


def _given(
    observed: Numbers,
    expected: Numbers,
    extra_variance: Numbers,
    extra_error: Numbers,
    blocks: Blocks,
    how: tuple,
    errors: tuple[str, ...],
) -> Given:
    """All on the same leading axes."""
    maps = np.broadcast_shapes(observed.shape[:-1], blocks.covariates.shape[:-2])
    arrays = (
        np.broadcast_to(each, (*maps, each.shape[-1]))
        for each in (observed, expected, extra_variance, extra_error)
    )
    covariates = np.broadcast_to(blocks.covariates, (*maps, *blocks.covariates.shape[-2:]))
    return Given(*arrays, blocks._replace(covariates=covariates), *how, errors)
