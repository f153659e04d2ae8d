"""Mixtures whose answer is known."""

import numpy as np
import pytest
import torch

from ganworks.domains.points import Mixture, Plane, Points, grid, ring
from ganworks.settings import DataError


@pytest.mark.parametrize(("mixture", "modes", "deviation"), [(ring(), 8, 0.01), (grid(), 25, 0.05)])
def test_a_perfect_sampler_covers_everything_evenly(mixture: Mixture, modes: int, deviation: float) -> None:
    coverage = mixture.coverage(mixture.draw(20_000, seed=3))
    assert coverage.modes == coverage.of == modes and mixture.deviation == deviation
    assert coverage.high_quality == pytest.approx(1 - np.exp(-4.5), abs=0.003)  # a plane's share within 3 deviations
    assert coverage.kl < 0.002


def test_the_ring_and_the_grid_lie_where_the_papers_put_them() -> None:
    assert np.linalg.norm(ring().centres, axis=1) == pytest.approx(np.ones(8))
    assert sorted({*grid().centres.ravel()}) == [-4, -2, 0, 2, 4]


def test_what_is_missed_is_counted_by_hand() -> None:
    mixture = Mixture(np.array([[0.0, 0.0], [10.0, 0.0]]), 1.0, np.array([0.5, 0.5]))
    points = np.array([[0.0, 0.0], [2.9, 0.0], [0.0, 3.1], [4.0, 0.0]])
    coverage = mixture.coverage(points)
    assert coverage == (1, 2, 0.5, pytest.approx(np.log(2)))
    assert mixture.coverage(np.array([[0.0, 0.0], [10.0, 0.0]])).kl == 0


def test_encoding_is_undone_by_decoding_and_keeps_circles_round() -> None:
    dataset = Points(count=2000).read("grid")
    codec = Points().fit(dataset)
    raw = dataset.train.fetch(np.arange(500)).x
    x = codec.encode(torch.from_numpy(raw)).x
    assert x.shape == (500, 2) and x.std().item() == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(codec.decode(x), raw, atol=1e-5)
    assert Plane.from_tree(codec.tree()) == codec


def test_points_are_written_and_shown(tmp_path) -> None:
    dataset = Points(count=2000).read("ring")
    codec = Points().fit(dataset)
    points = dataset.train.fetch(np.arange(100)).x
    (path,) = codec.write(points, tmp_path)
    np.testing.assert_allclose(np.loadtxt(path, delimiter=",", skiprows=1), points, atol=1e-5)
    picture = codec.preview(points)
    assert picture.dtype == np.uint8 and picture.shape[2] == 3 and picture.min() < 128 < picture.max()


def test_any_mixture_is_read_from_a_file_of_centres(tmp_path) -> None:
    path = tmp_path / "centres.csv"
    path.write_text("x,y,weight\n0,0,3\n5,5,1\n")
    domain = Points(count=4000, deviation=0.1)
    mixture = domain.mixture(str(path))
    assert mixture.weights == pytest.approx([0.75, 0.25])
    assert mixture.coverage(domain.read(str(path)).train.fetch(np.arange(3000)).x).kl < 0.01


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a,b\n1,2\n", "wanted columns x, y"),
        ("x,y\n1,many\n", "wanted columns x, y"),
        ("x,y\n", "at least one centre"),
        ("x,y\n1,nan\n", "at least one centre"),
        ("x,y,weight\n1,2,-1\n", "weight above 0"),
    ],
)
def test_a_file_that_holds_no_mixture_gets_one_line(tmp_path, content: str, line: str) -> None:
    path = tmp_path / "centres.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=line):
        Points().read(str(path))
    with pytest.raises(DataError, match="no mixture 'missing'"):
        Points().read("missing")


def test_the_same_seed_draws_the_same_points() -> None:
    first, second, third = (Points(count=100, draw_seed=seed).read("ring").fingerprint for seed in (0, 0, 1))
    assert first == second != third
