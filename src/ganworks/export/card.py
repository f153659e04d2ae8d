"""The model card: what a generator is for, where it comes from, how good it was found to be, and what it is not for."""

import html
import json
import re
from typing import Any

from .. import __version__
from ..domains.translations import Translations
from ..model import Model
from ..recipes import RECIPES
from ..settings import Tree, printable
from .program import called

TASKS = {"image": "unconditional-image-generation", "table": "tabular-generation", "tokens": "text-generation"}
LIMITS = (
    "It draws what its training data had, gaps and prejudices included, and what it draws need be true of nobody.",
    "It may repeat training records; the evidence below, where there is some, says how often that was seen.",
    "What it draws is marked as synthetic; marks can be removed, so their absence proves nothing.",
)
USE = (
    "For trying things out, for filling what data lacks, and for study. Not for passing samples off as records of real "
    "people or events, nor for decisions about anybody without a check of its own."
)


def card(model: Model, evaluation: Tree | None, fingerprint: str | None = None) -> str:
    """A page in Markdown with YAML front matter. What a run's owner named is escaped, since it may be hostile.

    evaluation is the content of evaluation.json; a private run's is left out, since its promise does not cover it.
    """
    run, evaluation = model.run, None if model.privacy else evaluation
    kind = "picture-to-picture" if isinstance(model.codec, Translations) else run.domain.name
    front: dict[str, Any] = {
        "library_name": "ganworks",
        "tags": ["gan", "synthetic-data", "ganworks", kind],
        **({"pipeline_tag": TASKS[run.domain.name]} if run.domain.name in TASKS else {}),
    }
    parts = [
        "---", *(f"{key}: {json.dumps(value)}" for key, value in front.items()), "---", "",
        f"# A generator of {escaped(run.domain.name)} samples", "",
        f"Recipe `{_code(run.recipe)}`, made by ganworks {__version__}. Everything it draws is synthetic.", "",
        "## Intended use", "", USE, "",
        "## How to use", "", "```python", "import ganworks", "", 'model = ganworks.load("FOLDER")',
        "records = model.generate(16, seed=0)", "```", "",
        "## Where it comes from", "", *_rows(_origin(model, evaluation, fingerprint)), "",
        "## Evidence", "", *_evidence(evaluation, bool(model.privacy)), "",
        "## Privacy", "", *_privacy(model.privacy), "",
        "## Limits", "", *(f"* {line}" for line in LIMITS), "",
    ]  # fmt: skip
    return "\n".join(parts)


def escaped(value: object) -> str:
    """Text that Markdown and the browsers behind it show as it is, on one line."""
    text = html.escape(printable(str(value)), quote=False)
    return re.sub(r"([\\`*_{}\[\]()#!|~])", r"\\\1", text)[:400]


def _code(value: object) -> str:
    return re.sub(r"[^\w .:/=+-]", "?", printable(str(value)))[:120]


def _origin(model: Model, evaluation: Tree | None, fingerprint: str | None) -> dict[str, object]:
    run, recipe = model.run, RECIPES.get(model.run.recipe)
    found = _table(evaluation or {}, "run").get("fingerprint", fingerprint) or "not recorded"
    return {
        "Recipe": f"{run.recipe}: {recipe.paper} ({recipe.year})" if recipe else run.recipe,
        "Generator": f"{called(run.generator)}, {sum(each.numel() for each in model.network.parameters()):,} weights",
        "Samples seen in training": f"{model.samples:,}",
        "Data, by name": re.split(r"[/\\]", run.data.rstrip("/\\"))[-1],
        "Fingerprint of the data": found,
        "Seed": run.seed,
        "SHA-256 of the weights": model.sha256,
    }


def _evidence(evaluation: Tree | None, private: bool) -> list[str]:
    if evaluation is None:
        told = (
            "What a private run promises covers no evaluation, so none is published." if private else "Not evaluated."
        )
        return [told]
    lines = ["| measure | value | interval | real against real | copycat |", "|---|---|---|---|---|"]
    for row in _list(evaluation, "metrics"):
        numbers = [_number(row.get(key)) for key in ("value", "low", "high", "floor", "copycat")]
        value, low, high, floor, copycat = numbers
        lines.append(f"| {escaped(row.get('label', ''))} | {value} | {low} to {high} | {floor} | {copycat} |")
    findings = [
        f"* {escaped(each.get('level', ''))}: {escaped(each.get('line', ''))}" for each in _list(evaluation, "findings")
    ]
    protocol = _table(evaluation, "protocol")
    count, reference = protocol.get("count", "?"), protocol.get("reference", "held-out records")
    how = f"{escaped(count)} samples against {escaped(reference)}."
    return [how, "", *lines, "", *findings]


def _privacy(page: dict[str, Any] | None) -> list[str]:
    if page is None:
        return [
            "No promise is made about training records; `ganworks audit` attacks a run to measure what it gives away."
        ]
    return ["Trained with differential privacy:", "", *_rows(page)]


def _rows(table: dict[str, Any]) -> list[str]:
    return ["| | |", "|---|---|", *(f"| {escaped(key)} | {escaped(value)} |" for key, value in table.items())]


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) and not isinstance(value, bool) else "-"


def _table(tree: Tree, key: str) -> Tree:
    found = tree.get(key)
    return found if isinstance(found, dict) else {}


def _list(tree: Tree, key: str) -> list[Tree]:
    found = tree.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
