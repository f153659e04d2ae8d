"""Rare categories come up, each row is asked for what drew it, and what is drawn without a wish is as the data is."""

import numpy as np
import pytest
import torch

from ganworks.domains import Table
from ganworks.domains.base import Stored
from ganworks.domains.table.by_sampling import ByFrequency, Frequencies
from ganworks.settings import ConfigError

SHARES = (0.96, 0.03, 0.01)


def rows(count: int = 4000) -> np.ndarray:
    """A number, a category that is mostly the first, one of two that is missing in a tenth."""
    rng = np.random.default_rng(0)
    coin = np.where(rng.random(count) < 0.1, np.nan, (rng.random(count) < 0.3).astype(float))
    return np.stack([rng.normal(size=count), rng.choice(3, count, p=SHARES).astype(float), coin], 1)


def test_categories_come_up_by_the_logarithm_of_their_count() -> None:
    array = rows()
    source = ByFrequency(array, np.arange(len(array)), [1, 2])
    drawn = array[np.concatenate([source.order(seed) for seed in range(5)])]
    counts = np.bincount(array[:, 1].astype(int))
    of_column = np.log1p(counts) / np.log1p(counts).sum()
    expected = (of_column + counts / len(array)) / 2  # half of the rows are drawn for the other column
    np.testing.assert_allclose(np.bincount(drawn[:, 1].astype(int)) / len(drawn), expected, atol=0.02)
    assert np.array_equal(source.order(3), source.order(3)) and len(source.order(3)) == len(source) == len(array)


def test_records_are_the_ones_that_were_stored() -> None:
    array = rows()
    some = np.arange(100, 200)
    source = ByFrequency(array, some, [1, 2])
    assert np.array_equal(source.fetch(np.arange(100)).x, array[some], equal_nan=True)
    assert set(source.order(0)) <= set(range(100))
    assert sorted(source.some(100, 0)) == list(range(100))


def test_a_row_is_asked_for_the_column_it_was_drawn_for() -> None:
    domain = Table(sampling="log-frequency")
    dataset = domain.toy()
    codec = domain.fit(dataset)
    assert isinstance(dataset.train, Stored)
    train = dataset.train.fetch(np.arange(len(dataset.train))).x
    town, member = codec.names.index("town"), codec.names.index("member")
    # The joint law of column and row by its definition: a column, a category by log(1 + count), a row of it.
    joint = np.zeros((len(train), 2))
    for i, column in enumerate((town, member)):
        counts = np.bincount(train[:, column].astype(int))
        weights = np.log1p(counts) / np.log1p(counts).sum()
        joint[:, i] = (weights / counts)[train[:, column].astype(int)] / 2
    expected = joint[:, 0] / joint.sum(1)
    x = torch.from_numpy(train)
    torch.manual_seed(0)
    masks = torch.stack([Frequencies(codec).masks(x, fixed=False) for _ in range(200)])
    assert (masks.sum(2) == 1).all() and (masks[:, :, [town, member]].sum(2) == 1).all()
    share = masks[:, :, town].mean(0).numpy()
    assert abs(share - expected).max() < 0.15 and abs((share - expected).mean()) < 0.01


def test_a_batch_asks_for_one_category_of_each_row_and_a_fixed_one_always_for_the_same() -> None:
    domain = Table(sampling="log-frequency")
    dataset = domain.toy()
    codec = domain.fit(dataset)
    x = torch.from_numpy(dataset.train.fetch(np.arange(50)).x)
    batch = codec.encode(x)
    assert batch.c is not None and batch.c.shape == (50, codec.spec.channels + len(codec.spec.spans))
    values = batch.c[:, : codec.spec.channels]
    assert (values.sum(1) == 1).all() and ((values == 0) | (values == batch.x)).all()
    assert torch.equal(codec.encode(x, fixed=True).c, codec.encode(x, fixed=True).c)
    assert torch.equal(codec.encode(x, fixed=True).c[7:9], codec.encode(x[7:9], fixed=True).c)


def test_without_a_wish_categories_are_asked_as_often_as_they_are() -> None:
    domain = Table(sampling="log-frequency")
    codec = domain.fit(domain.toy())
    c = codec.some_conditions(4000, torch.Generator().manual_seed(0))
    place = codec.places[codec.names.index("town")]
    towns = c[:, place.choice : place.end]
    asked = towns.sum(1) > 0
    assert abs(float(asked.float().mean()) - 0.5) < 0.03
    shares = codec.learnt[codec.names.index("town")].categories.shares
    np.testing.assert_allclose(towns[asked].mean(0).numpy(), shares, atol=0.03)
    assert torch.equal(c, codec.some_conditions(4000, torch.Generator().manual_seed(0)))


def test_a_table_without_categories_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^sampling=log-frequency wants a column of categories[^\n]+$"):
        ByFrequency(rows(), np.arange(10), [])
