"""One contract over every domain."""

import numpy as np
import pytest
import torch

from ganworks.domains import DOMAINS
from ganworks.training.feed import encode

EXACT = {"audio": {"view": "wave"}}
"""Settings under which decoding inverts encoding: a spectrum has no phases."""


@pytest.mark.parametrize("name", DOMAINS)
def test_a_domain_opens_and_closes_the_flow(name: str, tmp_path) -> None:
    domain = DOMAINS[name].from_tree(EXACT.get(name, {}))
    dataset = domain.toy(seed=1)
    assert len(dataset.train) > 0 and dataset.fingerprint == domain.toy(seed=1).fingerprint
    assert dataset.fingerprint != domain.toy(seed=2).fingerprint
    codec = domain.fit(dataset)
    assert type(codec).from_tree(codec.tree()) == codec and isinstance(codec, domain.codec)
    raw, labels = dataset.train.fetch(np.arange(10))
    batch = encode(raw, labels, codec, torch.device("cpu"), fixed=True)
    assert batch.x.shape == (10, *codec.spec.shape) and batch.x.dtype == torch.float32
    if batch.c is not None:
        assert codec.spec.condition and batch.c.shape == (10, *codec.spec.condition.shape)
    records = codec.decode(batch.x)
    if raw.ndim == records.ndim:  # records of pairs are bytes of both sides, of which one is decoded
        np.testing.assert_allclose(records, raw, atol=1e-4)
    again = encode(records, None, codec, torch.device("cpu"), fixed=True).x
    np.testing.assert_allclose(again, batch.x, atol=1e-4)
    paths = codec.write(records, tmp_path, first=3)
    assert paths and all(path.stat().st_size for path in paths)
    grid = codec.preview(records)
    assert grid.dtype == np.uint8 and grid.ndim == 3 and grid.shape[2] == 3


@pytest.mark.parametrize("name", DOMAINS)
def test_splits_do_not_overlap_and_fetching_repeats(name: str) -> None:
    dataset = DOMAINS[name]().toy(seed=1)
    splits = (dataset.train, dataset.validation, dataset.test)
    seen = [{row.tobytes() for row in split.fetch(np.arange(len(split))).x} for split in splits]
    assert not seen[0] & seen[1] and not seen[0] & seen[2] and not seen[1] & seen[2]
    first, again = (dataset.train.fetch(np.array([4, 2, 4])).x for _ in range(2))
    # By bytes: a number that is missing equals no other.
    assert first.tobytes() == again.tobytes() and first[0].tobytes() == first[2].tobytes()
