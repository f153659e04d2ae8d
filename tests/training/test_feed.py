"""The order of the data."""

import numpy as np
import pytest
import torch

from ganworks.domains import Image
from ganworks.domains.base import Fetched, Source, Stored
from ganworks.domains.points import Points
from ganworks.training.feed import Feed, Resident, derive, encode, resident


class Numbers(Source):
    """An endless source whose record is its own index."""

    endless = True

    def __len__(self) -> int:
        return 100

    def fetch(self, indices) -> Fetched:
        return Fetched(np.stack([indices, indices], 1).astype(np.float32))


@pytest.fixture
def make_feed():
    dataset = Points(count=40).read("ring")
    codec = Points().fit(dataset).model_copy(update={"centre": (0.0, 0.0), "scale": 1.0})
    rows = np.stack([np.arange(10.0), np.arange(10.0)], 1).astype(np.float32)

    def make(batch: int, source: Source | None = None, seed: int = 0) -> Feed:
        return Feed(source or Stored(rows, np.arange(10)), codec, batch, torch.device("cpu"), seed)

    return make


def drawn(feed: Feed, batches: int) -> list[int]:
    return [int(row[0]) for _ in range(batches) for row in next(feed).x]


def test_every_epoch_sees_every_record_once_in_another_order(make_feed) -> None:
    order = drawn(make_feed(5), 6)
    epochs = [order[i : i + 10] for i in (0, 10, 20)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_order_does_not_depend_on_the_batch_and_goes_on_from_a_position(make_feed) -> None:
    whole = drawn(make_feed(4), 9)
    assert drawn(make_feed(12), 3) == whole
    feed = make_feed(4)
    feed.position = 8
    assert drawn(feed, 7) == whole[8:]


def test_a_batch_may_be_larger_than_the_data(make_feed) -> None:
    order = drawn(make_feed(25), 2)
    assert all(sorted(order[i : i + 10]) == list(range(10)) for i in range(0, 50, 10))


def test_another_seed_and_another_retry_are_another_order(make_feed) -> None:
    retried = make_feed(10)
    retried.retry = 1
    orders = [drawn(make_feed(10), 1), drawn(make_feed(10, seed=1), 1), drawn(retried, 1)]
    assert len({tuple(order) for order in orders}) == 3


def test_an_endless_source_is_read_on_and_a_retry_reads_elsewhere(make_feed) -> None:
    feed = make_feed(3, Numbers())
    assert drawn(feed, 2) == [0, 1, 2, 3, 4, 5]
    feed.retry = 1
    assert min(drawn(feed, 1)) > 2**39


def test_derived_seeds_differ_and_fit_torch() -> None:
    seeds = {derive("step", seed, retry, samples) for seed in range(5) for retry in range(3) for samples in range(50)}
    assert len(seeds) == 750 and max(seeds) < 2**63


def test_records_that_live_on_the_device_are_the_same_batches() -> None:
    domain = Image()
    for labelled in (False, True):
        dataset = domain.toy(0)
        codec, indices = domain.fit(dataset), np.array([5, 3, 200 % len(dataset.train), 3])
        assert isinstance(dataset.train, Stored)
        source = Stored(dataset.train.array, dataset.train.rows, dataset.train.labels if labelled else None)
        fetched = source.fetch(indices)
        plain = encode(fetched.x, fetched.labels, codec, torch.device("cpu"))
        kept = Resident(source, torch.device("cpu")).fetch(indices, codec)
        assert torch.equal(plain.x, kept.x) and plain.x.stride() == kept.x.stride()
    assert resident(dataset.train, torch.device("cpu")) is None
