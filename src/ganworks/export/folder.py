"""A folder to share: weights, pages and a model card, with no record of the data and no place of this machine in it."""

import json
import re
from pathlib import Path
from typing import Any

from ..domains.medical.window import FACTS
from ..loading import place_of, plain
from ..model import Model
from ..settings import ConfigError, Tree
from ..training.artefact import PAGE, WEIGHTS
from ..training.checkpoint import VALUES, Checkpoints
from ..training.folder import write_atomic
from .card import card

CARD, EVALUATION = "README.md", "evaluation.json"
FILES = (WEIGHTS, PAGE, CARD, EVALUATION, FACTS)
"""All that is ever written, pushed or pulled."""
_SHOWN = ("neighbours",)
"""Parts of an evaluation that show training records."""
_PLACE = re.compile(r"^(/|~|[A-Za-z]:[\\/]|\\\\|file:)|[\\/]\.\.[\\/]|^\.\.[\\/]")


def write(model: Model, folder: Path) -> Path:
    """Write the model with its card and what it was found to be. Returns the folder.

    Raises ConfigError when something else is there already.
    """
    others = sorted(each.name for each in folder.iterdir() if each.name not in FILES) if folder.is_dir() else []
    if others or folder.is_file():
        came = f"a folder with {others[0]}" if others else "a file"
        raise ConfigError(f"{folder}: wanted a new or empty folder, got {came}; choose another --out")
    evaluation = None if model.privacy else _evaluation(model)
    clean = Model(
        type(model.run).from_tree(without_places(model.run.tree())), model.codec, model.network, model.samples
    )
    clean.path, clean.privacy, clean.made = model.path, model.privacy, model.made
    clean.save(folder)
    if evaluation is not None:
        write_atomic(folder / EVALUATION, json.dumps(evaluation, indent=1, allow_nan=False))
    if (facts := _beside(model, FACTS)) is not None:
        write_atomic(folder / FACTS, json.dumps(facts))
    write_atomic(folder / CARD, card(clean, evaluation, _fingerprint(model)))
    return folder


def without_places(tree: Any) -> Any:
    """Plain values in which a path of this machine is only its last name."""
    if isinstance(tree, dict):
        return {key: without_places(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [without_places(each) for each in tree]
    if isinstance(tree, str) and _PLACE.search(tree):
        return re.split(r"[/\\]", tree.rstrip("/\\"))[-1] or "data"
    return tree


def _evaluation(model: Model) -> Tree | None:
    """What was found, without the records it shows."""
    found = _beside(model, EVALUATION)
    if found is None:
        return None
    kept: Tree = without_places({key: value for key, value in found.items() if key not in _SHOWN})
    return kept


def _beside(model: Model, name: str) -> Tree | None:
    if model.path is None:
        return None
    for place in dict.fromkeys((model.path, place_of(model.path) or model.path)):
        if (place / name).is_file():
            return plain(place / name, model.path)
    return None


def _fingerprint(model: Model) -> str | None:
    """Of the data, as the run's newest checkpoint has it."""
    if model.path is None:
        return None
    for checkpoint in reversed(Checkpoints(model.path / "checkpoints").paths()):
        if (checkpoint / VALUES).is_file():
            found = plain(checkpoint / VALUES, model.path).get("fingerprint")
            return found if isinstance(found, str) else None
    return None
