"""Records of series and samples: what goes in comes out, whatever the channels are."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.domains.series import Series, Steps
from ganworks.settings import ConfigError, DataError
from ganworks.training.feed import encode

CPU = torch.device("cpu")


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Thirty series of 8 to 20 steps: a number, whole numbers, a category with gaps, two attributes."""
    rng = np.random.default_rng(0)
    lines = ["who,step,price,count,state,region,size"]
    for who in range(30):
        region, size = ["north", "south"][who % 2], who / 10
        for step in range(int(rng.integers(8, 21))):
            state = "" if rng.random() < 0.2 else ["up", "down", "flat"][rng.integers(3)]
            lines.append(f"{who},{step},{100 * who + rng.normal():.6f},{rng.integers(50)},{state},{region},{size}")
    path = tmp_path / "mixed.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def fitted(path: Path, **settings: object):
    tree = {"entity": "who", "attributes": ["region", "size"], **settings}
    domain = Series.from_tree(tree)
    dataset = domain.read(str(path))
    return dataset, domain.fit(dataset)


@pytest.mark.parametrize("scaling", ["minmax", "standard"])
@pytest.mark.parametrize("per_series", [False, True])
@pytest.mark.parametrize("window", [0, 6])
def test_decode_inverts_encode_of_every_kind_of_channel(mixed, window: int, per_series: bool, scaling: str) -> None:
    dataset, codec = fitted(mixed, window=window, per_series=per_series, scaling=scaling)
    records = dataset.train.fetch(np.arange(10)).x
    batch = encode(records, None, codec, CPU)
    assert batch.x.shape == (10, *codec.spec.shape) and batch.x.dtype == torch.float32 and batch.x.isfinite().all()
    assert Steps.from_tree(codec.tree()) == codec and codec.ends == (window == 0)
    np.testing.assert_allclose(codec.decode(batch.x), records, rtol=1e-5, atol=2e-3)
    if scaling == "minmax":
        assert batch.x.abs().max() <= 1 + 1e-5
    assert len({each.kind for each in codec.spec.spans}) == 3 + (per_series and scaling == "standard")


def test_a_codec_holds_no_rows_of_the_data(mixed) -> None:
    for settings in ({}, {"condition": "past"}, {"condition": "attributes"}):
        _, codec = fitted(mixed, window=8, **settings)
        assert len(codec.model_dump_json()) < 60_000


def test_samples_become_values_within_the_range_and_whole_numbers_stay_whole(mixed) -> None:
    _, codec = fitted(mixed, window=0)
    torch.manual_seed(0)
    records = codec.decode(3 * torch.randn(20, *codec.spec.shape))
    prices, counts, states = records[:, 0], records[:, 1], records[:, 2]
    assert np.nanmax(prices) <= codec.channels[0].high and np.nanmin(prices) >= codec.channels[0].low
    assert not np.nansum(counts % 1) and set(np.unique(states[~np.isnan(states)])) <= {0, 1, 2}
    over = np.isnan(records).all(1)
    assert over.any() and not over[:, 0].any() and (np.diff(over.astype(int)) >= 0).all()


def test_what_is_written_is_read_again(mixed, tmp_path: Path) -> None:
    dataset, codec = fitted(mixed, window=0)
    records = dataset.train.fetch(np.arange(12)).x
    (path,) = codec.write(records, tmp_path, first=5)
    assert path.name == "series-000005.csv"
    assert path.read_text(encoding="utf-8").splitlines()[0] == "series,step,price,count,state,region,size"
    again = Series(entity="series", attributes=("region", "size"), window=0).read(str(path))
    longest = int((~np.isnan(records).all(1)).sum(1).max())
    np.testing.assert_allclose(again.train.array, records[:, :, :longest], rtol=1e-6, atol=1e-6)


def test_a_preview_is_a_picture_of_small_charts(mixed) -> None:
    dataset, codec = fitted(mixed, window=0)
    page = codec.preview(dataset.train.fetch(np.arange(4)).x)
    assert page.shape == (180, 300, 3) and len(np.unique(page.reshape(-1, 3), axis=0)) > 5


def test_the_past_is_the_condition_and_the_rest_the_sample(mixed, tmp_path: Path) -> None:
    dataset, codec = fitted(mixed, window=8, condition="past", past=5)
    records = dataset.train.fetch(np.arange(10)).x
    batch = encode(records, None, codec, CPU)
    assert batch.x.shape[2] == 3 and batch.c is not None and batch.c.shape == (10, *codec.spec.condition.shape)
    np.testing.assert_allclose(codec.decode(batch.x), records[:, :, 5:], rtol=1e-5, atol=1e-3)
    drawn = codec.some_conditions(200, torch.Generator().manual_seed(0))
    assert drawn.shape == (200, batch.c.shape[1]) and drawn.abs().max() <= 1
    whole = fitted(mixed, window=8)[1]
    (path,) = whole.write(records[3:4], tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()[:6]
    path.write_text("\n".join(lines), encoding="utf-8")
    torch.testing.assert_close(codec.conditions([str(path)]), batch.c[3:4], rtol=1e-4, atol=1e-4)


def test_a_past_that_is_too_short_or_another_table_is_refused(mixed, tmp_path: Path) -> None:
    codec = fitted(mixed, window=8, condition="past")[1]
    with pytest.raises(ConfigError, match=r"no past 'gone\.csv': wanted a file with at least 4 lines"):
        codec.conditions(["gone.csv"])
    short = tmp_path / "short.csv"
    short.write_text("price,count,state,region,size\n1,2,up,north,1\n")
    with pytest.raises(DataError, match="wanted 4 steps of the past, got 1"):
        codec.conditions([str(short)])
    short.write_text("price,count\n1,2\n")
    with pytest.raises(DataError, match="column 'state' is missing"):
        codec.conditions([str(short)])


def test_attributes_are_asked_for_by_name_and_drawn_as_often_as_they_are(mixed) -> None:
    dataset, codec = fitted(mixed, window=0, condition="attributes")
    records = dataset.train.fetch(np.arange(10)).x
    batch = encode(records, None, codec, CPU)
    assert batch.c is not None and batch.c.shape == (10, 3)  # north or south, and a size
    drawn = codec.some_conditions(400, torch.Generator().manual_seed(0))
    assert drawn[:, 0].mean() == pytest.approx(
        float((dataset.train.array[dataset.train.rows, 3, 0] == 0).mean()), abs=0.08
    )
    asked = codec.conditions(["region=south"], drawn)
    assert (asked[:, :2] == torch.tensor([0.0, 1.0])).all() and torch.equal(asked[:, 2], drawn[:, 2])
    assert codec.conditions(["region=south,size=1.2"]).shape == (1, 3)
    for word, line in (("colour=red", "no attribute 'colour'"), ("region=west", "no category 'west'"),
                       ("size=big", "size is a number, got 'big'")):  # fmt: skip
        with pytest.raises(ConfigError, match=line):
            codec.conditions([word], drawn)


def test_the_toy_has_the_memory_of_its_law() -> None:
    train = Series().toy(3).train
    records = train.fetch(np.arange(len(train))).x
    flat = records - records.mean((0, 2), keepdims=True)
    lag = (flat[:, 0, :-1] * flat[:, 0, 1:]).mean() / flat[:, 0].var()
    assert lag == pytest.approx(0.8, abs=0.05)
