"""The house itself: sizes, docs that keep up, words that must not slip in."""

import ast
import re
import tomllib
from pathlib import Path

import click
import pytest

from ganworks.cli import ganworks
from ganworks.domains import DOMAINS
from ganworks.recipes import RECIPES

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 300, 60
READS_PUBLIC_WEIGHTS = ROOT / "src/ganworks/metrics/features/files.py"
"""The one file that may call torch.load, for tensors alone."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_files_and_functions_stay_small_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= LONGEST_FILE
    assert not tree.body or ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


def test_the_readme_lists_every_recipe_and_nothing_else() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Recipes")[2].partition("## Working")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == RECIPES.keys()


def test_the_commands_of_readme_and_docs_are_ones_the_command_line_takes() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    commands = [line.partition("#")[0] for line in lines if re.match(r"(\.venv/bin/)?ganworks \w", line)]
    assert len(commands) > 8
    for line in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)][1:]
        command = ganworks.get_command(click.Context(ganworks), words[0])
        command.make_context(words[0], words[1:], resilient_parsing=False)


def test_every_domain_has_a_page() -> None:
    assert all((ROOT / "docs" / f"{name}.md").exists() for name in DOMAINS)


def test_the_project_installs_what_it_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").open()}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split("[>=<]", each)[0].lower() for each in wanted} <= pinned
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_no_pickle_no_eval_no_shell() -> None:
    words = (r"allow_pickle=True", r"import pickle", r"(?<!safetensors\.)torch\.(save|load)\(", r"shell=True", r"yaml")
    banned = re.compile("|".join([*words, r"(?<![.\w])(eval|exec)\("]))
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if path == READS_PUBLIC_WEIGHTS:
            text, calls = re.subn(r"torch\.load\([^()]*\bweights_only=True\b[^()]*\)", "", text)
            assert calls == 1
        assert not banned.search(text), path
