"""Loading: files from anyone -> a trained generator as it lies on disk, checked before anything is allocated.

A model is numbers and plain values: a safetensors file and a JSON page. What the page describes is built without memory
first, the header of the weights must name just those tensors, and the file must be as long as they are; only then is it
read, and its hash compared. No other file of the folder is opened, and none may lie outside of it.
"""

import hashlib
import json
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.modules import module as registration
from torch.overrides import TorchFunctionMode

from .adversarial.player import load_exactly
from .domains import Codec
from .provenance import moment
from .settings import CheckpointError, ConfigError, Tree, printable, read_toml
from .training.artefact import PAGE, SCHEMA, WEIGHTS, Artefact, codec_of
from .training.checkpoint import Checkpoints
from .training.run import Run

LARGEST_PAGE, DEEPEST = 1 << 26, 64
"""Bytes of a page, and how deep its tables may lie in each other."""
LARGEST_HEADER = 1 << 24
"""Bytes of the list of tensors that begins a safetensors file."""
MOST_WEIGHTS, MOST_TENSORS = 1 << 30, 4_000
"""Numbers in a generator, and tensors that they lie in: fifty times the largest recipe."""
_ANEW = "take the files anew from where they came, or train again"
_FIRST_VALUES = {
    "normal_", "uniform_", "zeros_", "ones_", "zero_", "fill_", "trunc_normal_", "kaiming_uniform_", "kaiming_normal_",
    "xavier_uniform_", "xavier_normal_", "orthogonal_", "constant_",
}  # fmt: skip
_KINDS = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip


def artefact_of(path: Path) -> Artefact:
    """The model of a run directory or a model directory; of a run that is not finished, its newest checkpoint.

    Raises CheckpointError when there is none, or it was altered, or is larger than any generator.
    """
    place = place_of(path)
    if place is None:
        return _from_checkpoint(path)
    shipped = read(place, path)
    # A finished run that was given a larger budget has gone on since its model was written.
    newest = Checkpoints(path / "checkpoints").paths()[-1:]
    gone_on = any(int(each.name.partition("-")[0]) > shipped.of for each in newest)
    return _from_checkpoint(path) if gone_on else shipped


def place_of(path: Path) -> Path | None:
    """Where the model of a run or model directory lies; None where there is only a run that is still going on."""
    for place in (path / "model", path):
        if (place / PAGE).exists():
            return place
    return None


def network_of(artefact: Artefact, where: str) -> nn.Module:
    """The generator with its weights in it. Raises CheckpointError when they are not its own."""
    with _one_line(where):
        network = artefact.run.generator.build(artefact.codec.spec)
    load_exactly(network, artefact.weights, where)
    return network


def read(folder: Path, root: Path | None = None) -> Artefact:
    """Read a model directory. Its files must lie in `root`, which is the directory itself unless told otherwise.

    Raises CheckpointError when a file is missing, altered, of another schema, or not what the page says it is.
    """
    root, page = root or folder, folder / PAGE
    tree = plain(page, root)
    if (schema := tree.get("schema")) != SCHEMA:
        raise CheckpointError(f"{folder}: written with schema {_short(schema)}, this version reads {SCHEMA}")
    with _one_line(str(page)):
        run = Run.from_tree(tree["run"], str(page))
        codec = codec_of(run, tree["codec"])
        samples, wanted, privacy = tree["samples"], str(tree["sha256"]), tree.get("privacy")
        of: Any = tree.get("of", samples)
        if not all(type(each) is int and each >= 0 for each in (samples, of)):
            raise ValueError("samples must be whole numbers")
        if not isinstance(privacy, dict | None):
            raise ValueError("privacy must be a table")
        made = str(tree.get("made", ""))[:40] or moment(page.stat().st_mtime)
    weights = _weights(folder / WEIGHTS, root, expected(run, codec, str(page)), wanted)
    return Artefact(run, codec, weights, samples, of, privacy, made)


def plain(path: Path, root: Path) -> Tree:
    """The table in a JSON file within root. Raises CheckpointError for what is large, deep, doubled, or no table."""
    data = _bytes(path, root, LARGEST_PAGE)
    with _one_line(str(path)):
        tree = json.loads(data, object_pairs_hook=_unlike, parse_constant=_no_number)
        if not isinstance(tree, dict):
            raise ValueError(f"wanted a table, got {type(tree).__name__}")
        layer: list[Any] = [tree]
        for _ in range(DEEPEST):
            nodes = [
                each.values() if isinstance(each, dict) else each for each in layer if isinstance(each, dict | list)
            ]
            layer = [each for node in nodes for each in node]
        if layer:
            raise ValueError(f"tables lie in each other more than {DEEPEST} deep")
        return tree


def expected(run: Run, codec: Codec, where: str) -> dict[str, Tensor]:
    """The tensors of a run's generator, without memory, by name. Raises CheckpointError for what is beyond all use."""
    with _one_line(where), _counted(where), torch.device("meta"), _Unset():
        network = run.generator.build(codec.spec)
        return dict(network.state_dict())


def _weights(path: Path, root: Path, wanted: dict[str, Tensor], sha256: str) -> dict[str, Tensor]:
    numbers = sum(each.numel() * each.element_size() for each in wanted.values())
    with _opened(path, root) as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= LARGEST_HEADER:
            raise _foreign(path, f"its header says it is {length:,} bytes long")
        size = path.stat().st_size
        if size < 8 + length:
            raise _foreign(path, "it ends within its header")
        header = file.read(length)
        _compare(header, wanted, path)
        if size != 8 + length + numbers:
            raise _foreign(path, f"wanted {8 + length + numbers:,} bytes, got {size:,}")
        file.seek(0)
        data = file.read(size)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CheckpointError(f"{path}: altered since it was written (its SHA-256 differs); {_ANEW}")
    try:
        return dict(safetensors.torch.load(data))
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise _foreign(path, printable(str(error))[:200]) from None


def _compare(header: bytes, wanted: dict[str, Tensor], path: Path) -> None:
    """Names, types, shapes and places of the tensors, against those of the network that the page describes."""
    with _one_line(str(path)):
        table = json.loads(header, object_pairs_hook=_unlike, parse_constant=_no_number)
        if not isinstance(table, dict):
            raise ValueError("its header is no table")
        table.pop("__metadata__", None)
        for what, names in (("lacks", wanted.keys() - table.keys()), ("has besides", table.keys() - wanted.keys())):
            if names:
                listed = ", ".join(sorted(map(_short, names))[:3]) + ", ..." * (len(names) > 3)
                raise ValueError(f"does not fit the network of its page, {what} {listed}")
        places = []
        for name, each in wanted.items():
            kind, shape, (begin, end) = (table[name][key] for key in ("dtype", "shape", "data_offsets"))
            if _KINDS.get(kind) != each.dtype or shape != list(each.shape):
                came = f"{_short(kind)} {_short(shape)}"
                raise ValueError(f"{name} must be {str(each.dtype)[6:]} {list(each.shape)}, got {came}")
            places.append((begin, end, each.numel() * each.element_size()))
        reached = 0
        for begin, end, size in sorted(places):
            if begin != reached or end != begin + size or type(begin) is not int:
                raise ValueError("its tensors overlap or leave gaps")
            reached = end


def _bytes(path: Path, root: Path, largest: int) -> bytes:
    with _opened(path, root) as file:
        data: bytes = file.read(largest + 1)
    if len(data) > largest:
        raise CheckpointError(f"{path}: larger than {largest:,} bytes, no model has that; {_ANEW}")
    return data


@contextmanager
def _opened(path: Path, root: Path) -> Iterator[Any]:
    """A plain file that lies in root, links followed."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root.resolve(strict=True)):
            raise CheckpointError(
                f"{path}: a link to {printable(str(real))}, outside of the model; copy the file itself"
            )
        if not stat.S_ISREG(real.stat().st_mode):
            raise CheckpointError(f"{path}: wanted a file, got a folder or a device; {_ANEW}")
        with real.open("rb") as file:
            yield file
    except (OSError, RuntimeError) as error:  # RuntimeError is how pathlib calls a link to itself
        reason = getattr(error, "strerror", None) or "a link in a circle"
        raise CheckpointError(f"{path.parent}: no model here: {reason}: {path}; {_ANEW}") from None


def _from_checkpoint(path: Path) -> Artefact:
    settings = path / "run.toml"
    saved = Checkpoints(path / "checkpoints").latest() if settings.exists() else None
    if saved is None:
        raise CheckpointError(f"{path}: neither a model nor a whole checkpoint here; train one with --run {path}")
    where = str(settings)
    _bytes(settings, path, LARGEST_PAGE)
    run = Run.from_tree(read_toml(settings), where)
    with _one_line(str(saved.path)):
        state = saved.parts["generator"]
        codec = codec_of(run, saved.values["codec"])
        privacy = saved.values.get("privacy", {}).get("page")
    prefix = "average." if any(name.startswith("average.") for name in state) else "network."
    weights = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    for name, each in expected(run, codec, where).items():
        if name in weights and weights[name].dtype != each.dtype:
            raise CheckpointError(f"{saved.path}: {name} must be {each.dtype}, got {weights[name].dtype}; {_ANEW}")
    made = moment(saved.path.stat().st_mtime)
    return Artefact(run, codec, weights, saved.samples, saved.samples, privacy, made)


class _Unset(TorchFunctionMode):
    """First values are left out: without memory there is nothing to set, and torch takes seconds to find that out."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        if func in (torch.randn, torch.rand):
            return torch.empty(*args, dtype=given.get("dtype"))
        if getattr(func, "__name__", "") in _FIRST_VALUES:
            return args[0] if args else given["tensor"]
        return func(*args, **given)


@contextmanager
def _counted(where: str) -> Iterator[None]:
    """Ends the building of a network in this thread once it is larger than any generator."""
    mine, seen = threading.get_ident(), {"numbers": 0, "tensors": 0}

    def count(owner: nn.Module, name: str, each: Any) -> None:
        if threading.get_ident() != mine:
            return
        seen["tensors"] += 1
        seen["numbers"] += each.numel() if isinstance(each, Tensor) else 0
        if seen["numbers"] > MOST_WEIGHTS or seen["tensors"] > MOST_TENSORS:
            limits = f"{MOST_WEIGHTS:,} numbers in {MOST_TENSORS:,} tensors"
            raise CheckpointError(f"{where}: describes a generator beyond {limits}, which no recipe needs; {_ANEW}")

    with ExitStack() as stack:
        for kind in ("parameter", "buffer", "module"):
            handle = getattr(registration, f"register_module_{kind}_registration_hook")(count)
            stack.callback(handle.remove)
        yield


@contextmanager
def _one_line(where: str) -> Iterator[None]:
    """What a foreign file makes parsers and builders raise becomes a refusal."""
    try:
        yield
    except (CheckpointError, ConfigError):
        raise
    except (
        ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError, RuntimeError,
        MemoryError,
    ) as error:  # fmt: skip
        line = printable((str(error).splitlines() or [type(error).__name__])[0])[:300]
        raise CheckpointError(f"{where}: not a page this version can read: {line}; {_ANEW}") from None


def _unlike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name stands twice in one table")
    return table


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _short(value: object) -> str:
    return printable(str(value))[:60]


def _foreign(path: Path, why: str) -> CheckpointError:
    return CheckpointError(f"{path}: not the weights that its page describes: {why}; {_ANEW}")
