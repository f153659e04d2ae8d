"""Features learnt from a user's own data: that they learn, repeat, are kept, and refuse what they cannot read."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from ganworks.domains import DOMAINS
from ganworks.metrics.features import extract, pick
from ganworks.metrics.features import own as own_file
from ganworks.metrics.features.own import Own, train
from ganworks.settings import CheckpointError, DataError


def shapes(count: int = 256) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """The picture domain's toy: discs, squares, bars and crosses."""
    import numpy as np  # noqa: PLC0415

    domain = DOMAINS["image"]()
    data = domain.toy()
    fetched = data.train.fetch(np.arange(min(count, len(data.train))))
    x = domain.fit(data).encode(torch.from_numpy(np.ascontiguousarray(fetched.x))).x
    return x, torch.from_numpy(fetched.labels), data.classes


def rows(count: int = 300) -> Tensor:
    return torch.randn(count, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 1e3, 1e-3, 1, 1])


def test_labelled_pictures_teach_a_classifier() -> None:
    x, labels, classes = shapes()
    told: list[str] = []
    own = train([x[:100], x[100:]], tuple(x.shape[1:]), labels, classes, steps=30, notify=told.append)
    assert own.page["task"] == "classes" and own.classes == classes and own.page["accuracy"] > 0.5
    assert (own.probabilities(x).argmax(1) == labels).float().mean() > 0.85
    features = extract(own, [x])
    assert features.shape == (len(x), 64) and (features.std(0) > 0).all()
    assert "not learnt from are named rightly" in told[-1]
    record = own.record()
    assert record["name"] == "own" and record["task"] == "classes" and record["samples"] == len(x)


def test_unlabelled_pictures_teach_what_sets_them_apart() -> None:
    x, labels, _ = shapes()
    own = train([x[:64]], tuple(x.shape[1:]), steps=40)
    assert own.page["task"] == "views" and own.page["accuracy"] is None and not own.classes
    with pytest.raises(TypeError, match="own is no classifier"):
        own.probabilities(x)
    features = extract(own, [x])
    nearest = torch.cdist(features, features).fill_diagonal_(torch.inf).argmin(1)
    values = x.flatten(1)
    by_pixels = torch.cdist(values, values).fill_diagonal_(torch.inf).argmin(1)
    right, before = ((labels[each] == labels).float().mean() for each in (nearest, by_pixels))
    assert right > before + 0.05


@pytest.mark.parametrize("shape", [(5,), (2, 40), (1, 3, 12, 10)], ids=str)
def test_samples_of_other_shapes_teach_by_undoing_noise(shape: tuple[int, ...]) -> None:
    x = torch.randn(80, *shape, generator=torch.Generator().manual_seed(0))
    own = train([x], shape, steps=20)
    assert own.page["task"] == "noise" and extract(own, [x]).shape == (80, 64)


def test_what_is_learnt_repeats_and_disturbs_no_random_numbers() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, again, other = (train([rows()], (5,), steps=20, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert first.sha256 == again.sha256 != other.sha256
    assert torch.equal(first(rows()), again(rows()))
    assert torch.equal(train(rows().split(7), (5,), steps=20)(rows()), first(rows())), "how it was cut does not matter"


def test_what_was_learnt_is_read_again_from_the_cache(tmp_path: Path) -> None:
    told: list[str] = []
    first = train([rows()], (5,), steps=20, folder=tmp_path, notify=told.append)
    assert told
    told.clear()
    again = train([rows()], (5,), steps=20, folder=tmp_path, notify=told.append)
    assert not told and again.sha256 == first.sha256 and again.record() == first.record()
    files = sorted((tmp_path / "own").iterdir())
    assert [each.suffix for each in files] == [".json", ".safetensors"]
    assert json.loads(files[0].read_text())["sha256"] == first.sha256
    by_file = pick(f"own:{files[1]}", (5,))
    assert torch.equal(by_file(rows()), first(rows()))
    for changed in ({"seed": 1}, {"steps": 21}, {"labels": torch.arange(300) % 2, "classes": ("a", "b")}):
        told.clear()
        train([rows()], (5,), **{"steps": 20, "folder": tmp_path, "notify": told.append, **changed})
        assert told
    told.clear()
    train([rows() + 1], (5,), steps=20, folder=tmp_path, notify=told.append)
    assert told


def test_a_damaged_cache_is_learnt_anew_but_a_file_that_was_given_is_refused(tmp_path: Path) -> None:
    train([rows()], (5,), steps=20, folder=tmp_path)
    page, weights = sorted((tmp_path / "own").iterdir())
    whole, text = weights.read_bytes(), page.read_text()
    weights.write_bytes(whole[:-4] + b"\0\0\1\0")
    with pytest.raises(CheckpointError, match="altered since it was written"):
        Own.open(weights)
    assert train([rows()], (5,), steps=20, folder=tmp_path).sha256 == json.loads(text)["sha256"]
    assert weights.read_bytes() == whole
    for torn in ("", "[]", "{}", text[:50], text.replace('"prepared"', '"else"'), text.replace("[\n  5\n ]", "6")):
        page.write_text(torn)
        with pytest.raises(CheckpointError, match="does not describe the weights"):
            Own.open(weights)
    page.unlink()
    with pytest.raises(DataError, match="wanted beside the weights"):
        Own.open(weights)


def test_a_folder_that_cannot_be_written_costs_only_the_time(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("in the way")
    told: list[str] = []
    own = train([rows()], (5,), steps=20, folder=tmp_path, notify=told.append)
    assert own(rows()).shape == (300, 64) and "cannot be written" in told[-1]


def test_of_many_samples_some_are_drawn_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_file, "MOST_SAMPLES", 50)
    x = torch.arange(400.0).view(-1, 1)
    kept, numbers, count, _ = own_file._gathered(x.split(9), (1,), seed=0)
    assert count == 400 and len(kept) == 50 and torch.equal(kept[:, 0].long(), numbers)
    assert numbers.min() < 60 and numbers.max() > 340 and len(numbers.unique()) == 50


@pytest.mark.parametrize(
    ("x", "labels", "classes", "line"),
    [
        (torch.zeros(31, 5), None, (), "at least 32 samples are needed to learn from, got 31"),
        (torch.zeros(40, 4), None, (), r"wanted samples of shape \(5,\), got \(4,\)"),
        (torch.full((40, 5), float("nan")), None, (), "hold numbers that are not finite"),
        (torch.zeros(40, 5), torch.zeros(39), ("a", "b"), "40 samples have 39 labels"),
        (torch.zeros(40, 5), torch.full((40,), 2), ("a", "b"), "wanted labels from 0 to 1 of 2 to 1000 classes"),
        (torch.zeros(40, 5), torch.full((40,), -1), ("a", "b"), "got -1 to -1; leave the labels out"),
        (torch.zeros(40, 5), torch.zeros(40), ("a",), "of 2 to 1000 classes, got 0 to 0"),
    ],
)
def test_data_that_teaches_nothing_is_refused(x: Tensor, labels: Tensor | None, classes: tuple, line: str) -> None:
    with pytest.raises(DataError, match=line):
        train([x], (5,), labels, classes, steps=5)


def test_constant_samples_give_finite_features() -> None:
    x = torch.ones(40, 5)
    assert train([x], (5,), steps=5)(x).isfinite().all()


def test_samples_of_another_shape_are_refused() -> None:
    own = train([rows()], (5,), steps=5)
    with pytest.raises(DataError, match=r"own was trained on samples of shape \(5,\), got \(6,\); train it anew"):
        own(torch.zeros(3, 6))
