"""The thing to ship: the averaged generator's weights and a page of plain values beside them; loading.py reads it."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import safetensors.torch
from torch import Tensor, nn

from ..domains import DOMAINS, Codec
from ..domains.medical.window import FACTS, Window
from ..provenance import moment, now
from ..settings import CheckpointError
from .checkpoint import Checkpoints
from .folder import write_atomic
from .run import Run

if TYPE_CHECKING:
    from .session import Session

SCHEMA = 1
WEIGHTS, PAGE = "model.safetensors", "model.json"


class Artefact(NamedTuple):
    """A trained generator as it lies on disk."""

    run: Run
    codec: Codec
    weights: dict[str, Tensor]
    samples: int
    """Samples it was trained on."""
    of: int = 0
    """Samples the run had seen when the model was written; more, where an earlier generator was the best."""
    privacy: dict[str, Any] | None = None
    """What a private run promises: budget, mechanism, account, assumptions."""
    made: str = ""
    """When it was written, as marks have it."""


def ship(folder: Path, session: "Session") -> None:
    """Write the model of a session; written anew later, it is the same to the byte."""
    network, samples = session.model
    write(folder, session.run, session.codec, network, samples, session.samples, session.privacy, saved(folder.parent))


def saved(folder: Path) -> str:
    """When the newest checkpoint of a run directory was written; now, where there is none."""
    newest = Checkpoints(folder / "checkpoints").paths()[-1:]
    return moment(newest[0].stat().st_mtime) if newest else now()


def write(
    folder: Path,
    run: Run,
    codec: Codec,
    network: nn.Module,
    samples: int,
    of: int | None = None,
    privacy: dict[str, Any] | None = None,
    made: str | None = None,
) -> None:
    """Write a generator's weights, then the page that vouches for them; `of` are the run's samples, where that is more.

    `made` says when a copy's original was written; left out, it is now.

    Raises CheckpointError when that fails.
    """
    data = safetensors.torch.save({name: each.cpu().contiguous() for name, each in network.state_dict().items()})
    page = {
        "schema": SCHEMA,
        "made_by": "ganworks",
        "made": now() if made is None else made,
        "samples": samples,
        "of": samples if of is None else of,
        "sha256": hashlib.sha256(data).hexdigest(),
        "run": run.tree(),
        "codec": codec.tree(),
    } | ({} if privacy is None else {"privacy": privacy})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / WEIGHTS, data)
        write_atomic(folder / PAGE, json.dumps(page, indent=1))
        if window := Window.beside(run.data):  # what a grey level of a scan means
            write_atomic(folder / FACTS, window.model_dump_json(exclude_none=True))
    except OSError as error:
        raise CheckpointError(f"{folder}: the model could not be written: {error.strerror or error}") from None


def codec_of(run: Run, tree: dict[str, Any]) -> Codec:
    return DOMAINS[run.domain.name].codec.from_tree(tree, "codec")
