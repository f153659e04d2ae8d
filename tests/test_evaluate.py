"""Evidence about a run: what is stored, what planted faults are called, and one line for what cannot be judged."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import ganworks
from ganworks.cli import run
from ganworks.domains.points import MIXTURES
from ganworks.evaluation import neighbours
from ganworks.evaluation.findings import by_chance, findings
from ganworks.evaluation.scores import METRICS, Reference, score
from ganworks.evaluation.shrink import Shrunk
from ganworks.evaluation.subject import load
from ganworks.evaluation.views import View, of_generated, of_records, rows_of
from ganworks.launch import open_data
from ganworks.metrics.features import pick
from ganworks.settings import CheckpointError, ConfigError, DataError

from .conftest import SHORT

COUNT = 200
SMALL_RING = [
    "--no-evaluate",
    "--set",
    "domain.count=4000",
    "--samples",
    "6400",
    "--set",
    "batch=64",
    "--set",
    "checkpoints=2",
]


@pytest.fixture(scope="session")
def ring_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated") / "ring"
    assert run(["train", "ring", *SMALL_RING, "--run", str(folder)]) == 0
    return folder


@pytest.fixture
def ring(ring_once: Path, place: Path) -> Path:
    """A copy of a run of a hundred steps on 4,000 points of the ring, 200 of them held out."""
    shutil.copytree(ring_once, place / "ring")
    return Path("ring")


@pytest.fixture
def pictured(good: Path) -> Path:
    """A run of two steps on thirty pictures."""
    assert run(["train", "good", *SHORT, "--set", "domain.test=0.3", "--set", "domain.validation=0.3"]) == 0
    return next(Path("runs").iterdir())


def view(points: np.ndarray) -> View:
    features = torch.from_numpy(np.asarray(points, np.float32))
    return View(features, None, features)


def judged(real: View, train: View, fakes: list[View], floor: View) -> dict[str, str]:
    """Level of each finding about planted samples, several regenerations of them."""
    reference = Reference.of(real, train.features, 5)
    groups = ("frechet", "coverage", "copied")
    copycat = View(train.features[: len(real.features)], None, train.samples)
    drawn = [score(reference, each, groups)[0] for each in fakes]
    base, copy = (score(reference, each, groups)[0] for each in (floor, copycat))
    rows = {
        name: {"label": name, "low": None, "high": None, "floor": base[name], "copycat": copy[name]}
        | {"value": sum(each[name] for each in drawn) / len(drawn)}
        for name in base
    }
    return {each.kind: each.level for each in findings(rows, len(real.features), len(fakes), None)}


def test_what_is_stored_says_what_was_measured_against_what(ring, capsys) -> None:
    assert run(["evaluate", "ring", "--repeats", "4", "--json", "copy.json"]) == 0
    page = json.loads((ring / "evaluation.json").read_text())
    assert json.loads(Path("copy.json").read_text()) == page
    assert page["schema"] == 1 and page["run"]["recipe"] == "mixture" and page["run"]["samples"] == 6400
    shipped = json.loads((ring / "model" / "model.json").read_text())
    assert page["run"]["model_sha256"] == shipped["sha256"]
    protocol = page["protocol"]
    assert protocol["count"] == COUNT and protocol["seeds"] == [0, 1, 2, 3] and protocol["split"] == "test"
    assert protocol["extractor"]["name"] == "pixels" and protocol["extractor"]["sha256"]
    rows = {row["name"]: row for row in page["metrics"]}
    assert rows["frechet"]["label"] == "FD(pixels)"
    for name in ("frechet", "kernel", "sliced", "precision", "recall", "density", "coverage", "two-sample", "copied"):
        row = rows[name]
        assert row["low"] <= row["value"] <= row["high"] and row["floor"] is not None and row["copycat"] is not None
    assert {each["kind"] for each in page["findings"]} == {"closeness", "coverage", "copying"}
    assert rows["copied"]["copycat"] == 1
    told = capsys.readouterr().out
    assert "FD(pixels)" in told and "copying" in told and "1 training seed" in told


def test_an_evaluation_repeats_to_the_digit_and_leaves_the_random_numbers_alone(ring) -> None:
    before = torch.get_rng_state()
    first = ganworks.evaluate(ring, repeats=3)
    assert torch.equal(torch.get_rng_state(), before)
    second = ganworks.evaluate(ring, repeats=3)
    assert first["metrics"] == second["metrics"] and first["neighbours"] == second["neighbours"]


def test_new_samples_of_the_same_law_raise_no_finding_and_planted_faults_do() -> None:
    """Over 20 data sets: two of eight modes dropped and copies of one in ten are seen, the law itself hardly ever."""
    mixture = MIXTURES["ring"]()
    calm, dropped, copied = [], [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        real, floor, train, *fakes = (view(mixture.draw(n, rng)) for n in (400, 400, 3600, 400, 400, 400))
        calm.append(judged(real, train, fakes, floor))
        kept = mixture.draw(1200, rng)
        modes = np.linalg.norm(kept[:, None] - mixture.centres, axis=2).argmin(1)
        dropped.append(judged(real, train, [view(kept[modes < 6][:400])], floor)["coverage"])
        planted = torch.cat([train.features[:40], fakes[0].features[40:]])
        copied.append(judged(real, train, [View(planted, None, planted)], floor)["copying"])
    assert sum(set(each.values()) != {"good"} for each in calm) <= 2
    assert "good" not in dropped
    assert "good" not in copied


def test_the_share_that_chance_allows_falls_with_the_number_of_held_out_records() -> None:
    assert by_chance(5000, 25000) < 0.015 < by_chance(200, 1000) < by_chance(20, 100) < 1


def test_classes_that_are_missing_neglected_or_as_in_the_data_are_told_apart() -> None:
    real = [0.25, 0.25, 0.499, 0.001]

    def found(histogram: list[float], kl: float) -> tuple[str, str]:
        page = {"names": ["a", "b", "c", "d"], "histogram": histogram, "real": real, "kl": kl}
        (finding,) = findings({}, 1000, 5, page)
        return finding.level, finding.line

    assert found([0.25, 0.25, 0.5, 0.0], 0.001)[0] == "good"  # one record in the data may be missed by chance
    assert found([0.1, 0.4, 0.5, 0.0], 0.1)[0] == "warning"
    level, line = found([0.0, 0.5, 0.5, 0.0], 0.4)
    assert level == "alarm" and "1 of 4 classes are never drawn: a;" in line


def test_only_the_network_of_2015_gives_an_fid() -> None:
    assert METRICS["frechet"].spelled("inception") == "FID" and METRICS["kernel"].spelled("inception") == "KID"
    assert METRICS["frechet"].spelled("inception-pca64") == "FD(inception-pca64)"


def test_copies_are_found_beside_what_they_copy(ring) -> None:
    subject = load(ring)
    extractor = pick("pixels", (2,))
    rows = rows_of(subject.dataset.train, 500, "train")
    train = of_records(extractor, subject.codec, subject.dataset.train, rows).features
    found = neighbours.write(subject, train[7:30], train, rows)
    assert found["train"] == rows[7:23].tolist() and max(found["distance"]) < 1e-6
    assert (ring / "samples" / "neighbours.png").stat().st_size > 0


def test_generated_samples_are_seen_as_a_user_gets_them(ring) -> None:
    subject = load(ring)
    seen = of_generated(pick("pixels", (2,)), subject.model, 700, seed=1).features
    records = torch.from_numpy(subject.model.generate(700, seed=1))
    assert torch.allclose(seen, subject.codec.encode(records).x.flatten(1), atol=1e-5)


def test_a_few_pictures_still_get_what_can_be_given(pictured) -> None:
    page = ganworks.evaluate(pictured, repeats=3)
    assert page["protocol"]["count"] < 15
    notes = " ".join(page["notes"])
    assert "held-out records are few" in notes and "their main directions are used" in notes
    assert "-pca" in page["protocol"]["extractor"]["name"]
    closeness = next(each for each in page["findings"] if each["kind"] == "closeness")
    assert closeness["level"] == "warning" and "too few to judge" in closeness["line"]
    assert (pictured / "samples" / "neighbours.png").stat().st_size > 0


def test_shrinking_keeps_the_main_directions_and_repeats() -> None:
    draws = torch.Generator().manual_seed(0)
    train = torch.randn(300, 4, generator=draws) @ torch.randn(4, 50, generator=draws)
    base = pick("pixels", (50,))
    shrunk = Shrunk.of(base, train, 40)
    assert shrunk.name == "pixels-pca5" and shrunk.sha256 == Shrunk.of(base, train, 40).sha256
    left = (train - train.mean(0)).square().sum() - shrunk(train).square().sum()
    assert abs(left) < 1e-3 * train.square().sum()


def test_a_half_written_run_is_judged_by_its_newest_checkpoint_and_told_so(ring, capsys) -> None:
    shutil.rmtree(ring / "model")
    newest = sorted((ring / "checkpoints").iterdir())[-1]
    shutil.rmtree(newest)
    assert run(["evaluate", "ring", "--repeats", "3"]) == 0
    assert "half-written run: " in capsys.readouterr().out


def test_folders_that_hold_nothing_to_judge_get_one_line(ring, told) -> None:
    assert "nowhere: wanted a run or a model directory" in told("evaluate", "nowhere")
    Path("empty").mkdir()
    assert "neither a model nor a whole checkpoint" in told("evaluate", "empty")
    shutil.copy(ring / "run.toml", "empty")
    assert "neither a model nor a whole checkpoint" in told("evaluate", "empty")
    shutil.rmtree(ring / "model")
    for path in (ring / "checkpoints").rglob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:100])
    assert "neither a model nor a whole checkpoint" in told("evaluate", "ring")


def test_data_that_is_gone_or_another_gets_one_line(good, told) -> None:
    assert run(["train", "good", *SHORT, "--run", "new"]) == 0
    good.rename("moved")
    assert "good" in told("evaluate", "new")
    Path("moved").rename("good")
    (good / "029.png").unlink()
    line = told("evaluate", "new")
    assert "the data at good is not what this run was trained on" in line
    assert not Path("new/evaluation.json").exists()


def test_an_empty_split_gets_one_line_that_names_the_other(good, told) -> None:
    assert run(["train", "good", *SHORT, "--run", "new", "--set", "domain.test=0"]) == 0
    assert "the test split has 0 records" in told("evaluate", "new") and "--split validation" in told("evaluate", "new")


def test_another_extractor_of_the_same_name_is_refused_unless_anew(ring, told) -> None:
    path = ring / "evaluation.json"
    page = {"protocol": {"extractor": {"name": "pixels", "sha256": "abcd" * 16}}}
    path.write_text(json.dumps(page))
    line = told("evaluate", "ring", "--repeats", "3")
    assert "the stored evaluation used pixels with digits abcdabcd" in line and "--anew" in line
    assert json.loads(path.read_text()) == page
    assert run(["evaluate", "ring", "--repeats", "3", "--anew"]) == 0
    assert json.loads(path.read_text()) != page


def test_constant_data_gets_one_line(place, told) -> None:
    np.save("flat.npy", np.full((60, 8, 8), 7, np.uint8))
    assert run(["train", "flat.npy", *SHORT, "--run", "new"]) == 0
    line = told("evaluate", "new")
    assert "split has 0 records" in line or "have the same features" in line


def test_duplicates_beyond_k_cost_the_scores_they_spoil_and_no_others(ring) -> None:
    subject = load(ring)
    points = MIXTURES["ring"]().draw(200, 0)
    doubled = np.repeat(points[:20], 10, axis=0)
    reference = Reference.of(view(doubled), view(points).features, 5)
    values, troubles = score(reference, view(points))
    assert "frechet" in values and "coverage" not in values and "\n" not in troubles["coverage"]
    assert subject.notes == ()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--features pixel", "no extractor 'pixel'; did you mean 'pixels'?"),
        ("--features digits", "digits"),
        ("--inception nowhere.pth", "nowhere.pth"),
        ("--count 1", "count must be at least 2, got 1"),
        ("--repeats 2", "repeats must be at least 3 for an interval, got 2"),
    ],
)
def test_wishes_that_cannot_be_met_get_one_line(ring, told, words, line) -> None:
    assert line in told("evaluate", "ring", *words.split())
    assert not (ring / "evaluation.json").exists()


def test_samples_that_are_not_finite_get_one_line(ring) -> None:
    subject = load(ring)
    for each in subject.model.network.parameters():
        each.fill_(1e30)
    with pytest.raises(DataError, match="not finite; the generator has diverged"):
        of_generated(pick("pixels", (2,)), subject.model, 10, seed=0)


def test_the_public_name_is_the_function_whatever_was_imported_before() -> None:
    import ganworks.evaluation  # noqa: PLC0415

    assert callable(ganworks.evaluate)
    assert issubclass(ConfigError, ValueError) and issubclass(CheckpointError, ValueError)


def test_stored_data_is_read_as_it_was_read_then(ring) -> None:
    subject = load(ring)
    assert open_data(subject.model.run).fingerprint == subject.dataset.fingerprint
