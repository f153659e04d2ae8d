"""An audit catches what was learnt by heart, lets be what was not, says what it cannot say, and refuses in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.audit import audit
from ganworks.audit.sides import Joined, digest, distinct
from ganworks.cli import run
from ganworks.domains import Stored
from ganworks.report import report
from ganworks.settings import DataError

from ..conftest import SHORT
from .conftest import QUICK


def test_a_run_that_learnt_its_data_by_heart_is_caught(runs) -> None:
    page = audit("overfit", count=400)
    worst = page["membership"]["discriminator"]
    assert worst["auc"] >= 0.9 and worst["low"] > 0.7
    assert page["verdict"].startswith("the worst attack tells members from others at AUC 0.9") or worst["auc"] == 1
    first = page["findings"][0]
    assert first["kind"] == "privacy" and first["level"] == "alarm" and page["verdict"] in first["line"]


def test_a_run_that_did_not_is_not_and_what_is_stored_says_how_it_was_measured(runs, capsys) -> None:
    before = torch.get_rng_state()
    assert run(["audit", "private", "--count", "1000", "--json", "copy.json"]) == 0
    assert torch.equal(torch.get_rng_state(), before)
    page = json.loads(Path("private/audit.json").read_text())
    assert json.loads(Path("copy.json").read_text()) == page
    attacks = {name: each["auc"] for name, each in page["membership"].items()}
    assert set(attacks) == {"discriminator", "near", "nearer", "likelier", "blind", "strangers"}
    assert max(each for name, each in attacks.items() if name not in {"blind", "strangers"}) <= 0.55
    assert page["protocol"]["members"] == page["protocol"]["others"] == 400 and page["run"]["recipe"] == "mixture"
    assert page["findings"][0]["level"] == "good" and "no proof" in page["findings"][0]["line"]
    told = capsys.readouterr().out
    assert page["verdict"] in told and "a sanity check, never privacy" in told and "needs 1,000 of each" in told
    assert "nonymous" not in told + json.dumps(page)
    assert (Path("private") / "samples" / page["pictures"][0]["file"]).stat().st_size > 0


def test_an_audit_repeats_to_the_digit_and_the_report_shows_it(runs) -> None:
    pages = [audit("private", count=200) for _ in range(2)]
    for page in pages:
        del page["seconds"]
    assert pages[0] == pages[1]
    text = report("private").read_text()
    assert "Membership inference" in text and "The worst 16 pairs" in text and pages[0]["verdict"] in text


def test_exact_copies_are_counted_and_shown_first(runs) -> None:
    """A generator whose last layer says one training picture, whatever the latent."""
    from ganworks.audit import copies  # noqa: PLC0415
    from ganworks.audit.sides import by_samples, fetched, prepare  # noqa: PLC0415
    from ganworks.evaluation.subject import load  # noqa: PLC0415
    from ganworks.metrics.features import pick  # noqa: PLC0415

    subject = load("overfit")
    sides = prepare(subject, None, lambda line: None)
    eye = by_samples(subject.codec, "pixels", pick("pixels", subject.codec.spec.shape))
    train, others = (eye.look(fetched(*each)) for each in ((sides.train, sides.rows), (sides.others, sides.other_rows)))
    fresh = iter([np.random.default_rng(1).integers(0, 256, (90, 6, 6, 1), dtype=np.uint8)])
    raw = next(fetched(sides.train, sides.rows))
    mixed = np.concatenate([next(fresh), raw[:10]])
    found = copies.copies(train, others, eye.look(iter([mixed])))
    assert found.exact == 0.1
    assert {pair[0] for pair in found.pairs[:10]} == set(range(90, 100))
    assert all(sample - 90 == place for sample, place, _ in found.pairs[:10])
    assert copies.finding(found).level == "alarm"


def test_without_a_checkpoint_the_discriminator_is_left_out_and_the_page_says_why(runs) -> None:
    shutil.rmtree("private/checkpoints")
    page = audit("private", count=200)
    assert page["membership"]["discriminator"]["auc"] is None
    assert "no checkpoint is kept" in page["tables"][0]["rows"][0]["line"]
    assert "of 3 attacks" in page["findings"][0]["line"]


def test_a_discriminator_that_judges_packs_is_asked_about_single_records(place) -> None:
    words = ["ring", "--samples", "640", "--set", "domain.count=600", "--set", "batch=64", "--set", "packing=4"]
    assert run(["train", *words, *QUICK, "--run", "packed"]) == 0
    found = audit("packed", count=100)["membership"]["discriminator"]
    assert found["records"] == 60 and 0.3 < found["auc"] < 0.7
    words = ["digits", "--recipe", "mlp", "--samples", "640", "--set", "domain.condition=class", "--set", "packing=2"]
    assert run(["train", *words, *QUICK, "--run", "classes"]) == 0
    assert audit("classes", count=100)["membership"]["discriminator"]["records"] == 100


def test_a_run_with_conditions_is_audited_by_each_records_own(place) -> None:
    words = ["digits", "--recipe", "mlp", "--samples", "640", "--set", "domain.condition=class"]
    assert run(["train", *words, *QUICK, "--run", "classes"]) == 0
    page = audit("classes", count=200)
    assert page["membership"]["discriminator"]["records"] == 200 and len(page["copies"]["pairs"]) == 16


def test_sides_that_differ_by_themselves_are_told() -> None:
    from ganworks.audit.attacks import attempted, verdict  # noqa: PLC0415

    draws = torch.Generator().manual_seed(0)
    members, others, fake, strangers = (torch.randn(400, 4, generator=draws, dtype=torch.float64) for _ in range(4))
    calm = verdict(attempted(members, others, fake, "none is kept", strangers))[1]
    assert [each.level for each in calm] == ["good"]
    found = verdict(attempted(members, 1.5 * others, fake, "none is kept", strangers))[1]
    assert any("differ by themselves" in each.line for each in found)


def test_repeated_records_stand_once_and_joined_splits_keep_their_order() -> None:
    array = np.array([[0.0], [1.0], [0.0], [np.nan], [-0.0], [2.0], [np.nan]])
    source = Stored(array, np.arange(7))
    assert distinct(source, np.arange(7)).tolist() == [0, 1, 3, 5]
    assert digest(np.array([0.0])) == digest(np.array([-0.0]))
    both = Joined(Stored(array, np.array([1])), Stored(array, np.array([], int)), Stored(array, np.array([5, 0])))
    assert len(both) == 3 and both.fetch(np.array([2, 0, 1])).x.ravel().tolist() == [0, 1, 2]


def test_rows_of_a_table_are_singled_out_and_inferred_beside_their_controls(place, capsys) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{rng.integers(18, 90)},{rng.normal(50, 9):.1f},{'abc'[rng.integers(3)]},{rng.integers(2)}" for _ in range(260)
    ]
    rows[5] = "44,,b,1"
    Path("people.csv").write_text("\n".join(["age,weight,group,smokes", *rows]))
    held_out = ["--set", "domain.test=0.25", "--set", "domain.validation=0.15", "--set", "domain.condition=none"]
    words = ["people.csv", "--recipe", "mlp", "--samples", "640", "--set", "domain.name=table", *held_out]
    assert run(["train", *words, *QUICK, "--run", "rows"]) == 0
    page = audit("rows", count=300)
    assert set(page["inference"]) == {"age", "weight", "group", "smokes"}
    assert set(page["singling_out"]) <= {"univariate", "multivariate"} and page["singling_out"]
    for each in (*page["inference"].values(), *page["singling_out"].values()):
        assert each["low"] <= each["risk"] <= each["high"] and 0 <= each["chance"] <= 1
    shown = {each["title"]: each for each in page["tables"]}
    pairs = shown["The worst 16 pairs"]
    assert pairs["columns"] == ["age", "weight", "group", "smokes"] and len(pairs["rows"]) == 32
    assert {",".join(row["values"]) for row in pairs["rows"][1::2]} <= set(rows)
    assert page["pictures"] == [] and "baseline_protection" in page["closest"]["samples"]
    assert run(["audit", "rows", "--count", "300"]) == 0
    assert "Singling out" in capsys.readouterr().out


def test_what_cannot_be_audited_gets_one_line(runs, told, monkeypatch) -> None:
    assert "wanted a run or a model directory" in told("audit", "nowhere")
    assert "count must be at least 20, got 5" in told("audit", "private", "--count", "5")
    assert "no extractor 'pixel'; did you mean 'pixels'?" in told("audit", "overfit", "--features", "pixel")
    Path("noise.npy").rename("moved.npy")
    assert "noise.npy" in told("audit", "overfit")
    assert not Path("overfit/audit.json").exists()


def test_too_few_held_out_records_get_one_line_with_the_way_out(good, told) -> None:
    assert run(["train", "good", *SHORT, "--run", "new"]) == 0
    line = told("audit", "new")
    assert "at least 20 training records with as many held-out ones" in line and "--set domain.test=0.3" in line


def test_pictures_from_pictures_are_refused_with_the_reason(good, told) -> None:
    words = ["--set", "discriminator.layers=1", "--samples", "8", "--set", "batch=4", *QUICK]
    assert run(["train", "good", "--recipe", "denoise", *words, "--run", "new"]) == 0
    assert "makes pictures from pictures" in told("audit", "new")


def test_samples_that_are_not_finite_get_one_line(runs) -> None:
    from ganworks.audit.sides import Eye  # noqa: PLC0415

    eye = Eye("broken", lambda raw: torch.full((len(raw), 2), float("nan")), lambda raw: raw)
    with pytest.raises(DataError, match="not finite; the generator has diverged"):
        eye.look(iter([np.zeros((3, 2))]))
