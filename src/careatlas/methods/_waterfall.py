"""The bars of one map that are differences between its areas. Supports ``waterfall`` and ``gap_parts``."""

from collections.abc import Iterator
from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from careatlas.methods._log_ratio_parts import Map, Parts
from careatlas.methods.estimate import Numbers

Columns = NDArray[np.intp]


class Blocks(NamedTuple):
    """The ``name`` of each block and the ``columns`` of ``covariates`` ``[..., area, covariate]`` that are
    its own; ``sign`` ``[covariate]``, 0 where none is expected."""

    name: tuple[str, ...]
    columns: list[Columns]
    covariates: Numbers
    sign: Numbers

    def is_signed(self) -> list[bool]:
        return [bool(self.sign[columns].any()) for columns in self.columns]

    def bars(self) -> Iterator[str]:
        """What their bars are called: a block with signs has two."""
        for name, is_signed in zip(self.name, self.is_signed(), strict=True):
            yield name
            if is_signed:
                yield f"against {name}"


def known_map(observed: Numbers, expected: Numbers, extra_variance: Numbers, covariates: Numbers) -> Map:
    """The areas of which all is known, expected counts at their level and covariates standardised."""
    is_known = ~np.isnan(observed + expected + extra_variance + covariates.sum(axis=-1)) & (expected > 0)
    observed, expected, extra_variance = (
        np.where(is_known, each, 0) for each in (observed, expected, extra_variance)
    )
    design = np.zeros((len(observed), covariates.shape[-1] + 1))
    design[is_known, 0] = 1
    if is_known.any():
        centred = covariates[is_known] - covariates[is_known].mean(axis=0)
        spread = centred.std(axis=0)
        design[is_known, 1:] = np.where(spread > 0, centred / np.where(spread > 0, spread, 1), 0)
        expected = expected * observed.sum() / expected.sum()
    return Map(observed, expected, extra_variance, design)


def difference_bars(data: Map, blocks: Blocks, parts: Parts) -> tuple[Numbers, Numbers]:
    """Blocks, spatial and unexplained: draws of the variances ``[bar, draw]``, and their means ``[bar]`` had
    the blocks entered in order."""
    known = data.expected > 0
    covariates = data.design[known, 1:]
    spatial, own = (part[known] - part[known].mean(axis=0) for part in (parts.spatial, parts.own))
    fitted = covariates @ parts.coefficient
    difference, unsure = fitted + spatial + own, fitted - fitted.mean(axis=-1, keepdims=True)
    freedom = known.sum() - 1
    gram = covariates.T @ covariates / freedom
    along = [covariates.T @ each for each in (difference, unsure)]

    def bar(part: Numbers, difference: Numbers, unsure: Numbers) -> Numbers:
        """Its covariance with the difference. What the covariates' part may be by error it is by chance with
        itself too, and what they take the others lack: that is put right on average."""
        return ((part * difference).sum(axis=0) - (part * unsure).sum(axis=0).mean()) / freedom

    is_met = is_as_expected(data, blocks, parts)
    met = [columns[is_met[columns]] for columns in blocks.columns]
    by_block, in_order = (
        [
            bar(matrix @ (gram @ parts.coefficient), *along)
            for matrix in _split_by_sign(rule(gram, blocks.columns), rule(gram, met), blocks)
        ]
        for rule in (shapley, sequential)
    )
    random = [bar(part, difference, unsure) for part in (spatial, own)]
    return np.array([*by_block, *random]), np.array([*in_order, *random]).mean(axis=-1)


def is_as_expected(data: Map, blocks: Blocks, parts: Parts) -> NDArray[np.bool_]:
    """Which covariates have the sign expected of them, if any, with and without the blocks of no sign."""
    covariates = data.design[data.expected > 0, 1:]
    gram, coefficient = covariates.T @ covariates, parts.coefficient.mean(axis=-1)
    signed = np.flatnonzero(blocks.sign)
    alone = np.zeros(len(blocks.sign))
    alone[signed] = (
        np.linalg.pinv(gram[np.ix_(signed, signed)], hermitian=True) @ (gram @ coefficient)[signed]
    )
    return (blocks.sign == 0) | ((coefficient * blocks.sign > 0) & (alone * blocks.sign > 0))


def _split_by_sign(whole: list[Numbers], met: list[Numbers], blocks: Blocks) -> Iterator[Numbers]:
    """Of each block with signs, what its covariates of the expected sign explain, and what the rest adds."""
    for all_of_it, as_expected, is_signed in zip(whole, met, blocks.is_signed(), strict=True):
        if is_signed:
            yield as_expected
            yield all_of_it - as_expected
        else:
            yield all_of_it


def shapley(gram: Numbers, blocks: list[Columns]) -> list[Numbers]:
    """Of each block, given by its columns: the matrix T such that a'Tb is its mean gain over all orders.

    a and b are covariances of all columns with what is explained and with what explains it; the gain of a
    block is in the part of a'b that columns can follow, a' inverse(gram) b over the columns entered.
    """
    number = len(blocks)
    matrices = []
    for block in range(number):
        others = [other for other in range(number) if other != block]
        gain = np.zeros(gram.shape)
        for size in range(number):
            share = factorial(size) * factorial(number - size - 1) / factorial(number)
            for before in combinations(others, size):
                columns = [blocks[other] for other in before]
                gain += share * (_inverse(gram, [*columns, blocks[block]]) - _inverse(gram, columns))
        matrices.append(gain)
    return matrices


def sequential(gram: Numbers, blocks: list[Columns]) -> list[Numbers]:
    """The same where blocks enter in the order given."""
    return [
        _inverse(gram, blocks[: block + 1]) - _inverse(gram, blocks[:block]) for block in range(len(blocks))
    ]


def _inverse(gram: Numbers, blocks: list[Columns]) -> Numbers:
    """Of the rows and columns of these blocks; 0 elsewhere."""
    columns = np.concatenate([np.empty(0, int), *blocks])
    inverse = np.zeros(gram.shape)
    inverse[np.ix_(columns, columns)] = np.linalg.pinv(gram[np.ix_(columns, columns)], hermitian=True)
    return inverse
