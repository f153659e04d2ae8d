"""Evidence about text: of a run in two stages, from the command line to the report."""

import json
from pathlib import Path

import pytest

from ganworks.cli import run
from ganworks.evaluation import evaluate
from ganworks.evaluation.text import curves
from ganworks.evaluation.text.rows import COLUMNS
from ganworks.model import load
from ganworks.recipes import RECIPES

NARROW = ["--set", "generator.width=16", "--set", "generator.embedding=8", "--set", "batch=32", "--samples", "320",
          "--set", "health.judgements=0"]  # fmt: skip


def rows(points: dict[str, list[tuple[float, float]]]) -> list[dict]:
    def values(alike: float, quality: float) -> list:
        known = {"self-BLEU-3": alike, "BLEU-3": quality}
        return [known.get(name) for name in COLUMNS]

    heats = ("0.8", "1", "1.2")
    return [
        {"name": f"{name} at {heat}", "values": values(*each)}
        for name, some in points.items()
        for heat, each in zip(heats, some, strict=True)
    ]


CURVE = [(0.9, 0.7), (0.8, 0.6), (0.7, 0.5)]


@pytest.mark.parametrize(
    ("point", "level", "told"),
    [
        ((0.8, 0.55), "warning", "lies inside its curve"),
        ((0.75, 0.60), "good", "the game was worth it"),
        ((0.75, 0.551), "good", "the same curve"),
        ((0.95, 0.6), "warning", "beaten on both"),
        ((0.6, 0.6), "good", "where the likelihood stage does not come"),
    ],
)
def test_an_adversarial_point_is_held_against_the_whole_curve(point, level: str, told: str) -> None:
    found = curves.worth(rows({"generated": [point] * 3, "likelihood alone": CURVE}))
    assert found is not None and found.level == level and told in found.line


@pytest.mark.parametrize("recipe", ["text", "text-latent"])
def test_a_run_keeps_its_likelihood_stage_and_tells_about_both(place: Path, recipe: str) -> None:
    words = NARROW if recipe == "text" else [*NARROW, "--set", "generator.code=8"]
    assert run(["train", "sentences", "--recipe", recipe, "--run", "r", "--no-evaluate", *words]) == 0
    assert (place / "r/stages/pixel").is_dir()
    page = evaluate("r", count=60, repeats=3, learn=False)
    table, swept = page["domain"]["tables"]
    assert table["columns"] == COLUMNS
    names = [row["name"] for row in table["rows"]]
    assert names == ["generated", "likelihood alone", "held-out lines", "copycat", "table of three"]
    assert len(swept["rows"]) == 10 and page["domain"]["pictures"][0]["file"] == "curves.png"
    assert all(len(each["lines"]) == 24 for each in page["domain"]["texts"])
    assert (place / "r/samples/curves.png").exists() and (place / "r/samples/neighbours.png").exists()
    told = [each["line"] for each in page["findings"] if each["kind"] == "text"]
    assert len(told) == 3 and json.dumps(page)


def test_temperature_is_asked_for_on_the_command_line(place: Path, told) -> None:
    words = ["train", "sentences", "--recipe", "text-likelihood", "--run", "r", "--no-evaluate", *NARROW]
    assert run(words) == 0
    assert run(["sample", "r", "-n", "40", "--temperature", "0.01", "--out", "cold"]) == 0
    assert run(["sample", "r", "-n", "40", "--out", "warm"]) == 0
    cold, warm = ((place / name / "lines-000000.txt").read_text().splitlines() for name in ("cold", "warm"))
    assert len(cold) == len(warm) == 40 and len(set(cold)) < len(set(warm))
    assert told("sample", "r", "--temperature", "0").endswith("at most 100, got 0")
    assert load("r").generate(40).tolist() == load("r").generate(40).tolist()


def test_only_tokens_have_a_temperature(place: Path, told) -> None:
    words = ["--samples", "64", "--set", "batch=32", "--no-evaluate"]
    assert run(["train", "ring", "--run", "p", *words]) == 0
    assert "draws points" in told("sample", "p", "--temperature", "0.5")


def test_the_recipes_say_where_they_are_meant_for() -> None:
    assert all(RECIPES[name].domain == {"name": "tokens"} for name in ("text", "text-likelihood", "text-latent"))


def test_lines_of_a_class_are_told_to_be_of_it(place: Path) -> None:
    lines = [
        f"{'ab'[i % 2]}\t{' '.join(['xu', 'yo'][i % 2] + 'pqrs'[j % 4] for j in range(i, i + 5))}" for i in range(300)
    ]
    lines += [f"{'ab'[i % 2]}\t{['xu', 'yo'][i % 2]}{'pqrs'[i % 4]} {i}" for i in range(300)]
    (place / "lines.txt").write_text("\n".join(lines))
    words = ["--set", "domain.condition=class", "--set", "domain.most=20", *NARROW]
    assert run(["train", "lines.txt", "--recipe", "text", "--run", "c", "--no-evaluate", *words]) == 0
    page = evaluate("c", count=40, repeats=3, learn=False)
    table = page["domain"]["tables"][-1]
    assert table["title"] == "Asked and got" and [row["name"] for row in table["rows"]] == ["a", "b"]
    assert all(row["values"][1] == "100%" for row in table["rows"])
    assert run(["sample", "c", "-n", "5", "--class", "b", "--out", "b"]) == 0
