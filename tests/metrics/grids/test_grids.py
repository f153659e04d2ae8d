"""Measures of levels, against numbers by hand."""

import numpy as np
import pytest

from ganworks.metrics.grids import ColumnChain, copies, pattern_divergence
from ganworks.settings import DataError


def levels(seed: int, count: int = 50) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 3, (count, 8, 9)).astype(np.uint8)


def test_divergence_is_zero_of_itself_and_what_a_hand_computes() -> None:
    some = levels(0)
    assert pattern_divergence(some, some, 2) == pytest.approx(0, abs=1e-12)
    real = np.array([[[0, 0, 1, 1]]], np.uint8).repeat(1, axis=0)
    fake = np.array([[[0, 1, 1, 1]]], np.uint8)
    half = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    assert pattern_divergence(real, fake, 1) == pytest.approx(half, abs=1e-4)
    assert pattern_divergence(real, np.zeros_like(real), 1) > 5  # what is never drawn costs much, not infinitely
    assert pattern_divergence(levels(0), levels(1), 2) < pattern_divergence(levels(0), levels(1) % 2, 2)
    with pytest.raises(DataError, match="patterns of 9 x 9"):
        pattern_divergence(some, some, 9)


def test_repeats_and_copies_are_counted() -> None:
    train = levels(0)
    fake = np.concatenate([train[:2], levels(1, 2), levels(1, 2)])
    fake[0, 0, 0] = (fake[0, 0, 0] + 1) % 3
    found = copies(train, fake)
    assert found.unique == pytest.approx(4 / 6) and found.exact == pytest.approx(1 / 6) and found.least == 0
    assert copies(train, fake[:1]).nearest == 1
    with pytest.raises(DataError, match="one size"):
        copies(train, fake[:, :4])


def test_a_chain_of_columns_only_joins_columns_that_were_joined() -> None:
    train = levels(0, 20)
    chain = ColumnChain.of(train)
    drawn = chain.draw(30, seed=1)
    assert drawn.shape == (30, 8, 9) and np.array_equal(drawn, chain.draw(30, seed=1))
    pairs = {(a.tobytes(), b.tobytes()) for level in train for a, b in zip(level.T, level.T[1:], strict=False)}
    ends = {level.T[-1].tobytes() for level in train}
    for level in drawn:
        for a, b in zip(level.T, level.T[1:], strict=False):
            assert (a.tobytes(), b.tobytes()) in pairs or a.tobytes() in ends
