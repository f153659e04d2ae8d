"""Numbers beside pictures: read from a manifest, learnt from the training records, asked for in words."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Picture

from ganworks.cli import run
from ganworks.domains.image import Image
from ganworks.domains.image.attributes import Attributes
from ganworks.settings import ConfigError, DataError

NARROW = ["--no-evaluate", "--set", "batch=8", "--set", "generator.width=4", "--set", "discriminator.width=4"]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Forty grey squares with a size from 0 to 39 and a weight that goes with it, in a CSV."""
    rng, lines = np.random.default_rng(0), ["path,Age,weight"]
    for number in range(40):
        Picture.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{number},{50 + number + rng.normal():.3f}")
    path = tmp_path / "all.csv"
    path.write_text("\n".join(lines))
    return path


def asked(*names: str, **settings) -> Image:
    return Image(condition="attributes", attributes=names, validation=0.0, test=0.0, **settings)


def test_columns_come_with_their_pictures_and_are_standardised(manifest) -> None:
    image = asked("age", "Weight")
    data = image.read(str(manifest))
    fetched = data.train.fetch(np.arange(len(data.train)))
    assert fetched.labels.dtype == np.float32 and fetched.labels[:, 0].tolist() == list(range(40))
    assert not data.classes
    codec = image.fit(data)
    batch = codec.encode(torch.from_numpy(fetched.x), torch.from_numpy(fetched.labels))
    assert codec.spec.condition.shape == (2,) and codec.spec.condition.spans[0].kind == "linear"
    assert torch.allclose(batch.c.mean(0), torch.zeros(2), atol=1e-5)
    assert torch.allclose(batch.c.std(0, correction=0), torch.ones(2), atol=1e-5)
    assert type(codec).model_validate(codec.tree()) == codec


def test_the_cache_knows_which_columns_were_asked_for(manifest) -> None:
    two = asked("age", "weight").read(str(manifest))
    one = asked("weight").read(str(manifest))
    none = Image().read(str(manifest))
    again = asked("age", "weight").read(str(manifest))
    assert one.train.fetch(np.arange(3)).labels.shape == (3, 1) and none.train.labels is None
    assert two.fingerprint == again.fingerprint and len({each.fingerprint for each in (two, one, none)}) == 3


def test_records_without_a_number_are_left_out_with_the_reason(manifest) -> None:
    rows = [
        {"path": "0.png", "age": 3},
        {"path": "1.png", "age": "many"},
        {"path": "2.png"},
        {"path": "3.png", "age": 5},
    ]
    rows += [{"path": "4.png", "age": None}, {"path": "5.png", "age": "nan"}, {"path": "6.png", "age": True}]
    path = manifest.with_name("some.jsonl")
    path.write_text("\n".join(map(json.dumps, rows)))
    data = asked("age").read(str(path))
    assert [tuple(each) for each in data.skipped] == [
        ("1.png", "age is no number ('many')"),
        ("2.png", "age is missing"),
        ("4.png", "age is missing"),
        ("5.png", "age is no number ('nan')"),
    ]
    assert data.train.labels[:, 0].tolist() == [3.0, 5.0, 1.0]
    with pytest.raises(DataError, match=r"1.png: age is no number"):
        asked("age").read(str(path), strict=True)


def test_draws_go_together_as_the_records_do(manifest) -> None:
    image = asked("age", "weight")
    known = image.fit(image.read(str(manifest))).attributes
    drawn = known.drawn(4000, torch.Generator().manual_seed(0))
    assert float(torch.corrcoef(drawn.t())[0, 1]) > 0.98 and torch.allclose(drawn.std(0), torch.ones(2), atol=0.05)
    moved = known.decode(known.asked(["age=30"], drawn))
    assert torch.allclose(moved[:, 0], torch.full((4000,), 30.0), atol=1e-4)
    assert float(moved[:, 1].mean()) == pytest.approx(80, abs=0.5) and 0.5 < float(moved[:, 1].std()) < 2
    assert known.decode(known.asked(["age=30,weight=0", "weight=70"]))[0].tolist() == pytest.approx([30, 0], abs=1e-3)


def test_attributes_that_are_the_same_thing_can_still_be_drawn_and_asked_for() -> None:
    values = np.stack([np.arange(9.0), 2 * np.arange(9.0)], 1)
    known = Attributes.of(("a", "b"), values)
    drawn = known.drawn(5, torch.Generator().manual_seed(0))
    assert torch.allclose(drawn[:, 0], drawn[:, 1], atol=1e-3)
    assert known.decode(known.asked(["a=3"], drawn))[:, 1].tolist() == pytest.approx([6] * 5, abs=0.01)
    with pytest.raises(DataError, match="attribute b is the same for all 9 training records"):
        Attributes.of(("a", "b"), np.stack([np.arange(9.0), np.ones(9)], 1))


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("agee=3", "no attribute 'agee'; did you mean 'age'?"),
        ("age", "an attribute is asked for as age=NUMBER, got 'age'"),
        ("age=old", "an attribute is asked for as age=NUMBER, got 'age=old'"),
        ("age=inf", "an attribute is asked for as age=NUMBER, got 'age=inf'"),
    ],
)
def test_words_that_ask_for_nothing_there_is_are_one_line(word: str, line: str) -> None:
    known = Attributes.of(("age",), np.arange(9.0)[:, None])
    with pytest.raises(ConfigError) as error:
        known.asked([word])
    assert str(error.value) == line


def test_what_has_no_attributes_is_told_so(manifest, tmp_path: Path, told) -> None:
    with pytest.raises(DataError, match="no column 'agee'; did you mean 'age'"):
        asked("agee").read(str(manifest))
    with pytest.raises(DataError, match="attributes are columns of a manifest"):
        asked("age").read(str(tmp_path))
    assert "condition=attributes and attributes" in told("train", "x.csv", "--set", "domain.condition=attributes")
    assert "wanted names of columns" in told("train", "x.csv", "--set", 'domain.attributes=["a", "A"]')


def test_a_run_is_trained_on_attributes_and_sampled_by_them(manifest, place, told, capsys) -> None:
    words = ["--set", "domain.condition=attributes", "--set", 'domain.attributes=["age"]', "--samples", "16"]
    assert run(["train", str(manifest), "--recipe", "conditional", *words, *NARROW, "--run", "aged"]) == 0
    assert run(["sample", "aged", "-n", "4", "--attribute", "age=30", "--grid", "--out", "a.png"]) == 0
    assert run(["sample", "aged", "-n", "4", "--grid", "--out", "b.png"]) == 0
    assert run(["explore", "aged", "--class", "age=12"]) == 0
    assert Path("aged/explore/traverse.png").exists()
    assert "no attribute 'height'; known: age" in told("sample", "aged", "--attribute", "height=3")
    assert "attributes as the data has them" in told("sample", "aged", "--attribute", "age=3", "--shards")
    assert "shards keep classes, no attributes" in told("pack", str(manifest), "shards", *words[:4])
