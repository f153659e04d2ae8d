"""Hostile model folders: a good one, and what can be done to it."""

import hashlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ganworks.domains.image.codec import Pictures
from ganworks.domains.image.domain import Image
from ganworks.model import Model
from ganworks.recipes import RECIPES, Situation
from ganworks.training.artefact import PAGE, WEIGHTS

Page = dict[str, Any]


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo dead > ../canary",)


def good(folder: Path) -> Path:
    """A small model that loads."""
    torch.manual_seed(0)
    codec = Pictures(channels=1, height=8, width=8, mode="L")
    domain = Image(size=(8, 8))
    situation = Situation("digits", domain, codec.spec, 100, torch.device("cpu"))
    run = RECIPES["mlp"].make(situation)
    run = run.model_copy(update={"generator": run.generator.model_copy(update={"widths": (8,), "latent": 4})})
    Model(run, codec, run.generator.build(codec.spec), 64).save(folder)
    return folder


def page(folder: Path, change: Callable[[Page], object]) -> None:
    """Change the page."""
    tree = json.loads((folder / PAGE).read_text())
    change(tree)
    (folder / PAGE).write_text(json.dumps(tree))


def weights(folder: Path, data: bytes) -> None:
    """Other weights, with a page that vouches for them, as an attacker would."""
    (folder / WEIGHTS).write_bytes(data)
    page(folder, lambda tree: tree.update(sha256=hashlib.sha256(data).hexdigest()))


def parts(folder: Path) -> tuple[dict[str, Any], bytes]:
    """The header and the numbers of a model's weights."""
    data = (folder / WEIGHTS).read_bytes()
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: object, numbers: bytes, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + numbers


def forged(change: Callable[[dict[str, Any], bytes], tuple[object, bytes]]) -> Callable[[Path], None]:
    """Weights whose header or numbers are changed."""
    return lambda folder: weights(folder, joined(*change(*parts(folder))))


def first(header: dict[str, Any], **changes: object) -> dict[str, Any]:
    """A header whose first tensor says something else."""
    name = min(name for name in header if name != "__metadata__")
    return {**header, name: {**header[name], **changes}}


def pickled() -> bytes:
    return pickle.dumps({"network.0.weight": Evil()})


def zipped_pickle() -> bytes:
    """As torch.save writes it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("archive/data.pkl", pickled())
        packed.writestr("archive/version", "3")
    return held.getvalue()


def linked(folder: Path, name: str, target: Path) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to(target)


def moved_out(folder: Path, name: str) -> None:
    """The file itself, well formed, but outside and linked to."""
    outside = folder.parent / "elsewhere"
    outside.mkdir()
    (folder / name).rename(outside / name)
    (folder / name).symlink_to(outside / name)


def deep(count: int) -> str:
    return '{"a":' * count + "1" + "}" * count


def generator(**settings: object) -> Callable[[Path], None]:
    """A page whose generator is another."""
    return lambda folder: page(folder, lambda tree: tree["run"].update(generator=settings))
