"""A table with a known law: x, y = x + noise, a category that x decides, a coin, and a number with gaps."""

import numpy as np
import pytest

KINDS = ("number", "number", "category", "category", "number")


def drawn(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(count)
    y = x + 0.3 * rng.standard_normal(count)
    sign = (x + 0.2 * rng.standard_normal(count) > 0.5).astype(float)
    coin = rng.integers(0, 3, count).astype(float)
    gaps = np.where(rng.random(count) < 0.2, np.nan, np.round(5 * rng.random(count)))
    return np.stack([x, y, sign, coin, gaps], 1)


def shuffled(rows: np.ndarray, seed: int) -> np.ndarray:
    """The same columns, and nothing that ties them together."""
    return np.random.default_rng(seed).permuted(rows, axis=0)


@pytest.fixture(scope="session")
def real() -> np.ndarray:
    return drawn(1500, 0)


@pytest.fixture(scope="session")
def fresh() -> np.ndarray:
    return drawn(1500, 1)


@pytest.fixture(scope="session")
def loose(fresh: np.ndarray) -> np.ndarray:
    return shuffled(fresh, 2)
