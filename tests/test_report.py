"""The report of a run of any state is one page that needs nothing else."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from ganworks.cli import run as command
from ganworks.report import report
from ganworks.settings import CheckpointError
from ganworks.training.events import convert, scalars

RUN = """
recipe = "lean-28"
data = "photos <b>&"
seed = 3
domain.name = "image"
generator = { name = "lean", width = 8 }
"""
EVALUATION = {
    "run": {"samples": 640, "fingerprint": "f00d"},
    "protocol": {"extractor": {"name": "random", "sha256": "ab" * 32, "licence": "Apache-2.0"}, "count": 500,
                 "reference": "500 records of the test split", "repeats": 5, "seeds": [0, 1, 2, 3, 4],
                 "resize": "none", "confidence": 0.95},
    "metrics": [
        {"name": "frechet", "label": "FD(random)", "better": "lower", "ideal": 0.0, "value": 1.25, "low": 1.0,
         "high": 1.5, "floor": 0.5, "copycat": 0.4},
        {"name": "density", "label": "density", "better": "near", "ideal": 1.0, "value": None, "low": None,
         "high": None, "floor": None, "copycat": None},
    ],
    "classes": {"names": ["a", "$b$"], "histogram": [0.4, 0.6], "real": [0.5, 0.5]},
    "findings": [{"kind": "copying", "level": "alarm", "line": "30 % are <copies>"}],
    "notes": ["1 training seed"],
}  # fmt: skip


def entries() -> list[dict[str, object]]:
    step = {"kind": "step", "generator/objective": 0.7, "logits/real": "nan", "generator/gradient": 0.1, "seconds": 2.0}
    judged = {"kind": "judged", "best": 0.5, "best_samples": 64, "verdict": "improving", "numbers": {"coverage": 0.9}}
    return [
        {"kind": "begun", "samples": 0, "device": "cpu", "threads": 1, "time": "2026-01-01T00:00:00+00:00"},
        *({**step, "samples": 64 * i} for i in range(1, 11)),
        *({**judged, "samples": 64 * i, "distance": 1 / i} for i in range(1, 5)),
        {"kind": "judged", "samples": 320, "distance": "inf", "verdict": "diverged"},
        {"kind": "remedy", "samples": 320, "remedy": "halve a learning rate", "number": 1},
        {"kind": "verdict", "samples": 640, "verdict": "collapsed", "reason": "all samples are alike"},
        {"kind": "finished", "samples": 640, "seconds": 4.0},
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = tmp_path / "run"
    (run / "samples").mkdir(parents=True)
    (run / "run.toml").write_text(RUN)
    (run / "journal.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries()) + '{"kind": "st')
    for i in range(20):
        Image.new("RGB", (40, 40), (i, i, i)).save(run / "samples" / f"{64 * i:012d}.png")
    Image.new("RGB", (1200, 600)).save(run / "samples" / "real-beside-fake.png")
    (run / "evaluation.json").write_text(json.dumps(EVALUATION))
    (run / "quarantine.tsv").write_text("a<b>.png\ttruncated\n")
    return run


def test_a_finished_run_is_told_on_one_page_without_network_or_scripts(folder: Path) -> None:
    page = report(folder).read_text(encoding="utf-8")
    for words in (
        "collapsed",
        "all samples are alike",
        "FD(random)",
        "1 to 1.5",
        "best near 1",
        "halve a learning rate",
    ):
        assert words in page
    for words in ("30 % are &lt;copies&gt;", "photos &lt;b&gt;&amp;", "a&lt;b&gt;.png", "160 samples a second"):
        assert words in page
    assert "default-src 'none'" in page
    assert not re.search(r"<script|(src|href)=\"(?!data:)", page)
    assert page.count('alt="samples at') == 12
    assert page.count("data:image/svg+xml") == 3


def test_the_same_run_gives_the_same_page(folder: Path) -> None:
    assert report(folder).read_bytes() == report(folder).read_bytes()


@pytest.mark.parametrize("lost", ["journal.jsonl", "evaluation.json", "quarantine.tsv", "samples"])
def test_what_is_missing_is_left_out(folder: Path, lost: str) -> None:
    (folder / lost).rename(folder / "elsewhere")
    assert "lean-28" in report(folder).read_text(encoding="utf-8")


def test_a_run_that_was_not_evaluated_says_so(folder: Path) -> None:
    (folder / "evaluation.json").write_text("{torn")
    told: list[str] = []
    page = report(folder, told.append).read_text(encoding="utf-8")
    assert "Not evaluated yet" in page and "ganworks evaluate" in page
    assert "evaluation.json cannot be read" in told[0]


def test_a_run_that_only_began_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(RUN)
    assert "not finished" in report(tmp_path).read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_gets_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CheckpointError, match=r"wanted a run directory, there is no readable run\.toml"):
        report(tmp_path)
    assert command(["report", str(tmp_path / "nowhere")]) == 1
    assert "wanted a run directory" in capsys.readouterr().err


def test_the_journal_becomes_tensorboard_events(folder: Path) -> None:
    pytest.importorskip("tensorboardX")
    assert list(convert(folder).glob("events*"))
    assert len(list(convert(folder).glob("events*"))) == 1  # anew each time
    assert scalars({"kind": "judged", "samples": 5, "distance": 0.5, "best": "inf", "numbers": {"coverage": 0.9}}) == {
        "judged/distance": 0.5,
        "judged/coverage": 0.9,
    }
    assert scalars({"kind": "begun", "samples": 5, "threads": 1}) == {}


def test_events_need_a_journal(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    with pytest.raises(CheckpointError, match="a run directory with a journal"):
        convert(tmp_path)


def test_tables_of_a_domain_and_of_an_audit_are_drawn_as_they_are(folder: Path) -> None:
    table = {"title": "Shapes <of>", "lead": "1 is the same.", "columns": ["age", "job"],
             "rows": [{"name": "generated", "line": "ours", "values": [0.91234567, "none & never"]},
                      {"name": "floor", "line": "real against real", "values": [None, float("nan")]}]}  # fmt: skip
    picture = {"title": "levels", "file": "../samples/000000000064.png", "caption": "six of them"}
    stored = json.loads((folder / "evaluation.json").read_text())
    stored["domain"] = {"name": "table", "tables": [table], "pictures": [picture, {"file": "gone.png"}]}
    (folder / "evaluation.json").write_text(json.dumps(stored))
    audit = {
        "tables": [{**table, "title": "Attacks"}],
        "findings": [{"kind": "privacy", "level": "alarm", "line": "told apart"}],
    }
    (folder / "audit.json").write_text(json.dumps(audit))
    page = report(folder).read_text(encoding="utf-8")
    assert all(shown in page for shown in ("Rows and columns", "Shapes &lt;of&gt;", "0.9123", "none &amp; never"))
    assert all(shown in page for shown in ("six of them", "Privacy", "Attacks", "Private?", "told apart"))
    assert "nan" not in page.split("Attacks")[1].split("</table>")[0]


def test_sounds_play_pictures_move_and_texts_are_escaped(folder: Path) -> None:
    frames = [Image.new("RGB", (16, 16), (shade, 0, 0)) for shade in (0, 200)]
    frames[0].save(folder / "samples" / "clip.gif", save_all=True, append_images=frames[1:], duration=100)
    (folder / "samples" / "seven.wav").write_bytes(b"RIFF....WAVE")
    (folder / "samples" / "huge.wav").write_bytes(bytes(4 << 20))
    stored = json.loads((folder / "evaluation.json").read_text())
    stored["domain"] = {
        "name": "audio",
        "pictures": [{"title": "a clip", "file": "clip.gif", "caption": "moving"}],
        "sounds": [{"title": "seven <7>", "file": "seven.wav"}, {"file": "huge.wav"}, {"file": "../run.toml"}],
        "texts": [{"title": "lines", "lead": "as drawn", "lines": ["<script>alert(1)</script>", "a second"]}],
    }
    (folder / "evaluation.json").write_text(json.dumps(stored))
    page = report(folder).read_text(encoding="utf-8")
    assert page.count("<audio") == 1 and "data:audio/wav;base64," in page and "seven &lt;7&gt;" in page
    assert "data:image/gif;base64," in page, "one frame would not move"
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page


def test_what_a_private_run_promises_is_on_its_page_and_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promise = {
        "epsilon": 3.0, "delta": 1e-5, "spent_epsilon": 2.99, "unit": "one training record", "clip": 1.0, "sigma": 1.2,
        "records": 5000, "sampling_rate": 0.01, "turns": 800, "accountant": "prv", "assumptions": ["bounds are public"],
    }  # fmt: skip
    (folder / "model").mkdir()
    (folder / "model" / "model.json").write_text(json.dumps({"samples": 640, "privacy": promise}))
    page = report(folder).read_text(encoding="utf-8")
    assert all(each in page for each in ("Differential privacy", "epsilon 2.99 of 3", "bounds are public", "5,000"))
    assert command(["show", str(folder)]) == 0
    assert "Differential privacy, promise: epsilon 2.99 of 3, delta 1e-05" in capsys.readouterr().out
