"""Which model has a hash: those that were named, and those of a folder of runs."""

import json
from collections.abc import Iterable
from pathlib import Path

from ..model import Model
from ..settings import CheckpointError, ConfigError
from ..training.artefact import PAGE

MOST = 2
"""Models in memory at once."""
LARGEST = 1 << 26
"""Bytes of a model's page."""


class Models:
    """Models by the SHA-256 of their weights, loaded when one is wanted."""

    def __init__(self, named: Iterable[str | Path] = (), runs: str | Path | None = "runs", device: str = "cpu"):
        """Raises ConfigError or CheckpointError for a named run that is none; a folder of runs may be missing."""
        self._device, self._loaded = device, dict[str, Model]()
        self._places = {} if runs is None else dict(_pages(Path(runs)))
        for each in named:
            model = Model.load(each, device)
            self._places[model.sha256] = Path(each)
            self._keep(model)

    @property
    def hashes(self) -> list[str]:
        return list(self._places)

    def place(self, sha256: str) -> Path | None:
        """Where the model of a hash lies."""
        return self._places.get(sha256)

    def get(self, sha256: str) -> Model | None:
        """The model with this hash; None where there is none, or the one that says so has another."""
        if sha256 not in self._loaded:
            place = self.place(sha256)
            if place is None:
                return None
            try:
                model = Model.load(place, self._device)
            except (CheckpointError, ConfigError):
                return None
            if model.sha256 != sha256:
                return None
            self._keep(model)
        return self._loaded[sha256]

    def _keep(self, model: Model) -> None:
        while len(self._loaded) >= MOST:
            del self._loaded[next(iter(self._loaded))]
        self._loaded[model.sha256] = model


def _pages(runs: Path) -> Iterable[tuple[str, Path]]:
    """The hash that each model below says it has, without loading any."""
    for page in sorted([*runs.glob(f"*/model/{PAGE}"), *runs.glob(f"*/{PAGE}"), *runs.glob(f"model/{PAGE}")]):
        try:
            tree = json.loads(page.read_text(encoding="utf-8")) if page.stat().st_size <= LARGEST else None
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(tree, dict) and isinstance(tree.get("sha256"), str):
            yield tree["sha256"], page.parent
