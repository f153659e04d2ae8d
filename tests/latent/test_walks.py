"""Truncation, directions and walks: what they promise holds to the byte, or along a direction that was planted."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganworks.cli import run
from ganworks.latent import sheets, truncate, walk
from ganworks.latent.directions import principal
from ganworks.latent.space import Space
from ganworks.settings import ConfigError

from .conftest import SMALL

STYLE = ("generator=style", "generator.latent=8", "generator.style=16", "generator.width=4", "discriminator=lean")


def test_truncation_by_one_changes_nothing(built) -> None:
    for recipe, settings in (("lean-28", SMALL), ("conditional", SMALL), ("lean-28", STYLE)):
        model = built(recipe, *settings)
        whole = truncate.generate(model, 70, 1.0, seed=3)
        assert np.array_equal(whole, model.generate(70, seed=3))
        assert np.array_equal(whole[5:9], truncate.generate(model, 4, 1.0, seed=3, first=5))


def test_truncation_to_zero_leaves_one_sample_for_each_class(built) -> None:
    model = built("conditional", *SMALL)
    some = truncate.generate(model, 40, 0.0, condition="disc" if "disc" in model.codec.classes else "0")
    assert (some == some[0]).all()
    assert len(np.unique(truncate.generate(model, 40, 0.0).reshape(40, -1), axis=0)) > 1


def test_truncation_leaves_codes_alone(built) -> None:
    model = built("infogan", *SMALL[:1], "generator.latent=20", *SMALL[2:])
    inputs = model.inputs(6, 0)
    points = Space(model).enter(inputs, 0.25)
    assert torch.equal(points[:, :8], inputs[:, :8] * 0.25) and torch.equal(points[:, 8:], inputs[:, 8:])


def test_styles_are_pulled_to_their_mean(built) -> None:
    model = built("lean-28", *STYLE)
    model.network.mean_w.copy_(torch.linspace(-1, 1, 16))
    space, inputs = Space(model), model.inputs(5, 0)
    assert space.name == "w" and space.free == 16
    assert torch.allclose(space.enter(inputs, 0.0), model.network.mean_w.expand(5, -1))
    whole, half = space.enter(inputs), space.enter(inputs, 0.5)
    assert torch.allclose(half, (whole + model.network.mean_w) / 2, atol=1e-6)


def test_truncated_styles_keep_the_class_that_was_asked_for(built) -> None:
    model = built("conditional", *STYLE)
    pulled = [Space(model).enter(model.inputs(3, 0, condition=each), 0.0) for each in ("0", "1")]
    assert torch.allclose(pulled[0], pulled[0][:1].expand(3, -1)) and not torch.allclose(*pulled)


@pytest.mark.parametrize("psi", [-0.1, 1.5, float("nan")])
def test_a_factor_that_is_none_is_refused(built, psi: float) -> None:
    with pytest.raises(ConfigError, match=r"truncation must be from 0 \(all alike\) to 1"):
        truncate.generate(built("lean-28", *SMALL), 2, psi)


def test_the_first_direction_is_the_one_that_changes_samples_most(built) -> None:
    model = built("lean-28", *SMALL)
    with torch.no_grad():
        first = next(each for each in model.network.modules() if isinstance(each, torch.nn.Linear))
        first.weight[:, 3] *= 8
    found = principal(model, 3)
    assert float(found.vectors[0][3].abs() / found.vectors[0].norm()) > 0.95
    assert found.shares[0] > found.shares[1] > found.shares[2] > 0 and sum(found.shares) <= 1
    assert torch.equal(found.vectors, principal(model, 3).vectors)


def test_the_first_direction_of_styles_is_the_one_they_vary_along_most(built) -> None:
    model = built("lean-28", *STYLE)
    points = Space(model).enter(model.inputs(4096, 0))
    found = principal(model, 2)
    along = [float((points @ (each / each.norm())).std()) for each in found.vectors]
    assert np.allclose(along, found.vectors.norm(dim=1), rtol=1e-3)
    assert along[0] > along[1] and along[0] >= float(points.std(0).max())


def test_points_are_set_to_a_coordinate_of_a_direction(built) -> None:
    model = built("lean-28", *SMALL)
    found, points = principal(model, 2), Space(model).enter(model.inputs(5, 0))
    set_to = found.at(points, 1, 1.5)
    vector = found.vectors[1]
    assert torch.allclose(set_to @ vector / vector.square().sum(), torch.full((5,), 1.5), atol=1e-4)
    rest = points - torch.outer(points @ vector / vector.square().sum(), vector)
    assert torch.allclose(set_to - 1.5 * vector, rest, atol=1e-4)


def test_more_directions_than_there_are_is_one_line(built) -> None:
    with pytest.raises(ConfigError, match="this model's z has 1 to 8 directions, got 9"):
        principal(built("lean-28", *SMALL), 9)


def test_walks_show_what_a_model_was_trained_to_obey(built) -> None:
    coded = walk.traverse(built("infogan", *SMALL[:1], "generator.latent=20", *SMALL[2:]))
    assert [each.columns for each in coded] == [10, 9, 9] and [len(each.records) for each in coded] == [40, 36, 36]
    conditional = built("conditional", *SMALL)
    (classes,) = walk.traverse(conditional)
    assert classes.columns == 4 and "one a column" in classes.caption
    plain = walk.traverse(built("lean-28", *SMALL))
    assert len(plain) == 6 and plain[0].caption.startswith("direction 1:")


def test_a_walk_between_classes_begins_and_ends_at_them(built) -> None:
    model = built("conditional", *SMALL)
    (way,) = walk.between(model, "0", "2", seed=5)
    z = model.inputs(6, 5)[:, :8]
    for column, name in ((0, "0"), (8, "2")):
        ends = model.decode(torch.cat([z, model.codec.conditions([name]).expand(6, -1)], 1))
        assert np.array_equal(way.records[column::9], ends)


def test_sheets_put_grids_below_each_other(built) -> None:
    model = built("lean-28", *SMALL)
    records = model.generate(8)
    both = sheets.sheet([sheets.Grid("one", records, 4), sheets.Grid("two", records[:4], 4)], model.codec)
    upper, lower = (model.codec.preview(each, 4) for each in (records, records[:4]))
    assert both.shape[0] == len(upper) + len(lower) + 2 * (sheets.LINE + sheets.MARGIN)
    assert np.array_equal(both[sheets.LINE : sheets.LINE + len(upper)], upper)


def test_the_command_draws_what_is_asked_for_and_says_where(built, tmp_path: Path, capsys) -> None:
    folder = str(built("conditional", *SMALL).save(tmp_path / "kept"))
    assert run(["explore", folder, "--directions", "2", "--classes", "0", "1", "--traverse"]) == 0
    paths = [Path(line) for line in capsys.readouterr().out.split()]
    assert [each.name for each in paths] == ["classes.png", "directions.png", "traverse.png"]
    assert all(each.parent == tmp_path / "kept" / "explore" and Image.open(each).width > 500 for each in paths)
    assert run(["sample", folder, "-n", "4", "--truncation", "0.5", "--class", "1"]) == 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["explore", "--out", "a.png"], "--out is the folder that the pictures go to, got a.png; name a folder"),
        (["explore", "--truncation", "2"], "truncation must be from 0 (all alike) to 1 (none), got 2"),
        (["explore", "--directions", "0"], "this model's z has 1 to 8 directions, got 0"),
        (["explore", "--edit", "1=2"], "--edit goes with --invert; it changes the picture that was found"),
        (["explore", "--classes", "0", "1"], "this model was trained without conditions"),
        (["sample", "--truncation", "-1"], "truncation must be from 0 (all alike) to 1 (none), got -1"),
        (["sample", "--truncation", "0.5", "--fast"], "--truncation draws files and grids"),
        (["sample", "--class", "a", "--attribute", "b=1"], "a model has classes or attributes"),
    ],
)
def test_what_cannot_be_explored_is_one_line(built, tmp_path: Path, told, words: list[str], line: str) -> None:
    folder = str(built("lean-28", *SMALL).save(tmp_path / "kept"))
    assert line in told(words[0], folder, *words[1:])
