"""Checkpoints of a run: a directory of safetensors and JSON that is whole and verified, or does not exist."""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from ..settings import CheckpointError
from .folder import PARTIAL, Notify, log, move, read_sealed, sync_folder, write_error, write_sealed

State = Mapping[str, Mapping[str, Tensor]]
"""Part name -> tensors by name: `{"generator": {"network.0.weight": ...}}`."""

SCHEMA = 1
MANIFEST, VALUES, SUFFIX = "manifest.json", "values.json", ".safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """What was saved, verified. Tensors are contiguous and on the CPU; copy them into existing memory, so that
    the device, the type and the memory layout (channels last) of the network stay what they are."""

    path: Path
    samples: int
    retry: int
    parts: dict[str, dict[str, Tensor]]
    values: dict[str, Any]


class Checkpoints:
    """The checkpoints of one run, in `folder`. Saving and sweeping belong to the process that holds the run's lock.

    A later retry is newer than any checkpoint of an earlier one: what came after the point of a rollback is abandoned.
    """

    def __init__(self, folder: Path, keep: int = 3, notify: Notify = log):
        if keep < 1:
            raise CheckpointError(f"at least 1 checkpoint must be kept, got {keep}")
        self.folder, self.keep, self._notify = folder, keep, notify

    def save(self, parts: State, values: Mapping[str, Any], samples: int, retry: int = 0) -> Path:
        """Write one checkpoint, then delete the oldest beyond `keep`. One of the same name is replaced.

        Raises CheckpointError, leaving the earlier ones untouched, when a number is not finite, a value is not plain
        JSON or the disk refuses. Tuples in `values` come back as lists; NaN and infinities are kept there.
        """
        name = f"{samples:012d}" + (f"-retry{retry}" if retry else "")
        final, partial = self.folder / name, self.folder / f"{PARTIAL}{name}-{os.getpid()}"
        _refuse_unsavable(parts, values)
        try:
            self.folder.mkdir(exist_ok=True)
            if partial.exists():
                shutil.rmtree(partial)
            _write(partial, parts, values, samples, retry)
            self._publish(partial, final)
        except BaseException as error:
            shutil.rmtree(partial, ignore_errors=True)
            if isinstance(error, OSError):
                raise write_error(final, error, self.predicted_bytes(parts)) from error
            raise
        self._trim(final)
        return final

    def latest(self, at_most: int | None = None) -> Checkpoint | None:
        """The newest checkpoint that is whole, of those with no more than `at_most` samples; says which it skipped."""
        for path in reversed(self.paths()):
            if at_most is not None and _order(path)[1] > at_most:
                continue
            try:
                return self.load(path)
            except CheckpointError as error:
                self._notify(f"skipped checkpoint {path.name}: {error}")
        return None

    def oldest(self) -> Checkpoint | None:
        """The oldest that is whole of those that are left."""
        for path in self.paths():
            with contextlib.suppress(CheckpointError):
                return self.load(path)
        return None

    def sweep(self) -> None:
        """Clear what a killed save or deletion left; a save that lacked only its name gets it. Call it at the start."""
        for partial in sorted(self.folder.glob(f"{PARTIAL}*")):
            final = self.folder / partial.name.removeprefix(PARTIAL).rpartition("-")[0]
            if not final.exists():
                with contextlib.suppress(CheckpointError, OSError):
                    self.load(partial)
                    move(partial, final)
                    sync_folder(self.folder)
        for prefix in (PARTIAL, _DELETED):
            for leftover in self.folder.glob(f"{prefix}*"):
                shutil.rmtree(leftover, ignore_errors=True)

    @staticmethod
    def load(path: Path) -> Checkpoint:
        """Read and verify one directory. Files the manifest does not name are let be. Raises CheckpointError."""
        manifest = _read_manifest(path)
        parts, values = {}, {}
        for name, seal in manifest["files"].items():
            content = read_sealed(path / name, seal)
            try:
                if name == VALUES:
                    values = json.loads(content)
                else:
                    parts[name.removesuffix(SUFFIX)] = safetensors.torch.load(content)
            except (ValueError, LookupError, safetensors.SafetensorError) as error:
                raise CheckpointError(f"{path / name} cannot be read: {error}; use an older checkpoint") from error
        return Checkpoint(path, manifest["samples"], manifest["retry"], parts, values)

    @staticmethod
    def predicted_bytes(parts: State) -> int:
        """Size of one checkpoint of these parts, for the check of free space; a run needs `keep + 1` times as much."""
        files = (len(_header(tensors)[0]) + sum(each.nbytes for each in tensors.values()) for tensors in parts.values())
        return sum(files) + _ROOM_FOR_JSON

    def paths(self) -> list[Path]:
        """Whole or not, oldest first."""
        return sorted((path for path in self.folder.glob("*") if _NAME.fullmatch(path.name)), key=_order)

    def _trim(self, newest: Path) -> None:
        try:
            for path in self.paths()[: -self.keep]:
                if path != newest:
                    shutil.rmtree(self._put_aside(path), ignore_errors=True)
            for leftover in self.folder.glob(f"{_DELETED}*"):
                shutil.rmtree(leftover, ignore_errors=True)
        except OSError as error:
            self._notify(f"old checkpoints in {self.folder} cannot be deleted: {error.strerror or error}")

    def _publish(self, partial: Path, final: Path) -> None:
        aside = self._put_aside(final) if final.exists() else None
        try:
            move(partial, final)  # Killed just before, with the old one aside, `sweep` will do this.
        except BaseException:
            if aside is not None:
                move(aside, final)
            raise
        sync_folder(self.folder)

    def _put_aside(self, path: Path) -> Path:
        """Out of sight in one step: killed while deleting, no half of it looks like a checkpoint."""
        aside = self.folder / f"{_DELETED}{path.name}-{os.getpid()}"
        shutil.rmtree(aside, ignore_errors=True)
        move(path, aside)
        return aside


def _write(folder: Path, parts: State, values: Mapping[str, Any], samples: int, retry: int) -> None:
    folder.mkdir()
    files = {f"{part}{SUFFIX}": write_sealed(folder / f"{part}{SUFFIX}", _encode(parts[part])) for part in parts}
    files[VALUES] = write_sealed(folder / VALUES, [json.dumps(dict(values)).encode()])
    sync_folder(folder)
    manifest = {"schema": SCHEMA, "samples": samples, "retry": retry, "libraries": _libraries(), "files": files}
    write_sealed(folder / MANIFEST, [_seal_manifest(manifest)])
    sync_folder(folder)


def _seal_manifest(manifest: Mapping[str, Any]) -> bytes:
    """The manifest guards the other files and, by a hash of its own text, itself."""
    seal = hashlib.sha256(json.dumps(manifest).encode()).hexdigest()
    return json.dumps({**manifest, "sha256": seal}, indent=1).encode()


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        content = (path / MANIFEST).read_bytes()
    except OSError as error:
        reason = f"has no {MANIFEST}, so it was never finished" if path.is_dir() else "is no directory"
        raise CheckpointError(f"{path}: wanted a checkpoint, it {reason}; use another one") from error
    damaged = CheckpointError(f"{path / MANIFEST} holds a flipped or truncated file; use an older checkpoint")
    try:
        manifest: dict[str, Any] = json.loads(content.decode())
        schema, writer = manifest["schema"], manifest.get("libraries", {}).get("ganworks", "of that time")
        files = manifest["files"] if schema == SCHEMA else {}
        # A name is never a path: a manifest from elsewhere must not make us read outside its directory.
        known = all(_FILE.fullmatch(name) and {*seal} == {"sha256", "bytes"} for name, seal in files.items())
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise damaged from None
    if schema != SCHEMA:
        wanted = f"this version reads {SCHEMA}; load it with ganworks {writer}"
        raise CheckpointError(f"{path}: written by schema {schema}, {wanted}")
    manifest.pop("sha256", None)
    if not known or _seal_manifest(manifest) != content:
        raise damaged
    return manifest


def _header(tensors: Mapping[str, Tensor]) -> tuple[bytes, list[str]]:
    """The head of a safetensors file, and the order of its tensors: widest types first, so that each is aligned."""
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    table: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in order:
        tensor = tensors[name]
        begin, end = end, end + tensor.nbytes
        table[name] = {"dtype": _TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, order


def _encode(tensors: Mapping[str, Tensor]) -> Iterator[bytes | memoryview]:
    """A safetensors file in pieces, straight from the tensors' memory, without the copies of the library's `save`."""
    head, order = _header(tensors)
    yield head
    for name in order:  # Each is written in full, so tensors may share memory.
        tensor = tensors[name].detach().cpu().resolve_conj().resolve_neg().contiguous()
        content = tensor.reshape(-1).view(torch.uint8).numpy().data
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]


def _refuse_unsavable(parts: State, values: Mapping[str, Any]) -> None:
    for part, tensors in parts.items():
        if not _FILE.fullmatch(f"{part}{SUFFIX}"):
            raise CheckpointError(f"a part's name is letters, digits, _ and -, got '{part}'")
        for name, tensor in tensors.items():
            if tensor.dtype not in _TYPES or tensor.layout is not torch.strided or tensor.is_meta:
                kind = str(tensor.dtype).removeprefix("torch.")
                raise CheckpointError(f"{part}.{name} is {kind} on {tensor.device} and cannot be saved; make it dense")
            if not _is_finite(tensor.detach()):
                raise CheckpointError(
                    f"{part}.{name} holds NaN or infinity and was not saved; go on from the last checkpoint"
                )
    _refuse_odd(dict(values), "values")


def _is_finite(tensor: Tensor) -> bool:
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return True
    tensor = tensor.float() if tensor.element_size() == 1 else tensor  # float8 has no arithmetic of its own.
    # A finite sum proves it in one fast pass; a sum that overflowed proves nothing.
    return bool(tensor.sum().isfinite()) or bool(tensor.isfinite().all())


def _refuse_odd(value: Any, where: str) -> None:
    """JSON would turn a whole-number key into text, and a resumed run would not find it."""
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise CheckpointError(f"{where} must have text as keys, got {key!r}")
            _refuse_odd(each, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for i, each in enumerate(value):
            _refuse_odd(each, f"{where}[{i}]")
    elif value is not None and not isinstance(value, str | bool | int | float):
        raise CheckpointError(f"{where} must be a plain value, got {type(value).__name__}")


def _order(path: Path) -> tuple[int, int]:
    samples, _, retry = path.name.partition("-retry")
    return int(retry or 0), int(samples)


def _libraries() -> dict[str, str]:
    libraries = {"python": platform.python_version(), "torch": torch.__version__}
    for name in ("ganworks", "safetensors", "numpy"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            libraries[name] = metadata.version(name)
    return libraries


_NAME = re.compile(r"\d{12,}(-retry\d+)?")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(\.safetensors|\.json)")
_DELETED = ".deleted-"
_PIECE = 1 << 20
_ROOM_FOR_JSON = 1 << 16
_TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.complex64: "C64",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint64: "U64", torch.uint32: "U32", torch.uint16: "U16", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
