"""Hostile model files: refused in one line, or harmless. Nothing runs, nothing outside is touched."""

import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import ganworks
from ganworks.loading import LARGEST_HEADER, LARGEST_PAGE
from ganworks.training.artefact import PAGE, WEIGHTS
from tests.attacks import models
from tests.attacks.models import first, forged, generator, joined, page, parts, weights

Forge = Callable[[Path], object]

REFUSED: dict[str, Forge] = {
    "a pickle as weights": lambda folder: weights(folder, models.pickled()),
    "what torch.save writes as weights": lambda folder: weights(folder, models.zipped_pickle()),
    "a pickle as the page": lambda folder: (folder / PAGE).write_bytes(models.pickled()),
    "no weights": lambda folder: (folder / WEIGHTS).unlink(),
    "empty weights": lambda folder: weights(folder, b""),
    "seven bytes": lambda folder: weights(folder, b"\2\0\0\0\0\0\0"),
    "a header of 2^63 bytes": lambda folder: weights(folder, joined(*parts(folder), length=1 << 63)),
    "a header above the cap": lambda folder: weights(folder, joined(*parts(folder), length=LARGEST_HEADER + 1)),
    "a header longer than the file": lambda folder: weights(folder, joined(*parts(folder), length=1 << 20)),
    "an empty header": lambda folder: weights(folder, joined(b"", b"")),
    "truncated numbers": forged(lambda header, data: (header, data[:-4])),
    "bytes behind the end": forged(lambda header, data: (header, data + b"\0" * 64)),
    "overlapping tensors": forged(lambda header, data: ({**header, **_same_place(header)}, data)),
    "a gap between tensors": forged(lambda header, data: (_shifted(header), data + b"\0" * 4)),
    "a shape that overflows": forged(lambda header, data: (first(header, shape=[1 << 62, 4]), data)),
    "a negative side": forged(lambda header, data: (first(header, shape=[-1, -8]), data)),
    "a fractional side": forged(lambda header, data: (first(header, shape=[8.5]), data)),
    "negative offsets": forged(lambda header, data: (first(header, data_offsets=[-4, 28]), data)),
    "true as an offset": forged(lambda header, data: (first(header, data_offsets=[False, True]), data)),
    "three offsets": forged(lambda header, data: (first(header, data_offsets=[0, 4, 8]), data)),
    "no offsets": forged(lambda header, data: (first(header, data_offsets=None), data)),
    "another type of as many bytes": forged(lambda header, data: (first(header, dtype="I32"), data)),
    "half the bytes a number": forged(lambda header, data: (first(header, dtype="F16"), data)),
    "a type nobody knows": forged(lambda header, data: (first(header, dtype="__import__('os')"), data)),
    "a tensor too many": forged(lambda header, data: ({**header, "extra": _tensor(data)}, data + b"\0" * 4)),
    "a tensor named by escapes": forged(
        lambda header, data: ({**header, "\x1b[2J\n": _tensor(data)}, data + b"\0" * 4)
    ),
    "a tensor too few": forged(lambda header, data: (dict(list(header.items())[:-1]), data)),
    "not a number in the header": forged(
        lambda header, data: (json.dumps(header).replace("[0,", "[NaN,").encode(), data)
    ),
    "a name twice in the header": forged(lambda header, data: (_doubled(header), data)),
    "a list as the header": forged(lambda header, data: ([header], data)),
    "a header deeper than the stack": forged(lambda header, data: (models.deep(200_000).encode(), data)),
    "a header that is no UTF-8": forged(lambda header, data: (b"{\"\xff\xfe\": 1}", data)),
    "50,000 tensors": forged(lambda header, data: ({f"t{i}": {} for i in range(50_000)}, data)),
    "a page above the cap": lambda folder: (folder / PAGE).write_bytes(b" " * (LARGEST_PAGE + 2)),
    "a page deeper than the stack": lambda folder: (folder / PAGE).write_text(models.deep(200_000)),
    "a page just too deep": lambda folder: (folder / PAGE).write_text(models.deep(100)),
    "a page with a name twice": lambda folder: (folder / PAGE).write_text('{"schema": 1, "schema": 1}'),
    "a page with NaN": lambda folder: (folder / PAGE).write_text('{"schema": NaN}'),
    "a page that is a list": lambda folder: (folder / PAGE).write_text("[1]"),
    "a page that is no UTF-8": lambda folder: (folder / PAGE).write_bytes(b"\xff\xfe\x00"),
    "a page with a number of 10,000 digits": lambda folder: (folder / PAGE).write_text(f'{{"schema": {"9" * 10_000}}}'),
    "a page packed as a bomb": lambda folder: (folder / PAGE).write_bytes(zlib.compress(b"0" * (1 << 24))),
    "no run on the page": lambda folder: page(folder, lambda tree: tree.pop("run")),
    "samples below nothing": lambda folder: page(folder, lambda tree: tree.update(samples=-1)),
    "samples as text": lambda folder: page(folder, lambda tree: tree.update(samples="1e999")),
    "privacy as text": lambda folder: page(folder, lambda tree: tree.update(privacy="<script>")),
    "a hash that is a table": lambda folder: page(folder, lambda tree: tree.update(sha256={})),
    "a generator named after a function": generator(name="os.system"),
    "a generator with a setting nobody knows": generator(name="mlp", __class__="Evil"),
    "a generator of 10^12 weights": generator(name="mlp", widths=[1_000_000, 1_000_000]),
    "a generator of 100,000 layers": generator(name="mlp", widths=[1] * 100_000),
    "a generator of 10^9 blocks": generator(name="r3", size="nano", blocks=10**9),
    "a latent of 2^62 numbers": generator(name="mlp", latent=1 << 62),
    "a latent of 2^80 numbers": generator(name="mlp", latent=1 << 80),
    "a picture of 10^9 pixels a side": lambda folder: page(
        folder, lambda tree: tree["codec"].update(height=10**9, width=10**9)
    ),
    "a picture of no pixels": lambda folder: page(folder, lambda tree: tree["codec"].update(height=0)),
    "a domain nobody knows": lambda folder: page(folder, lambda tree: tree["run"]["domain"].update(name="../image")),
    "weights that lie outside": lambda folder: models.moved_out(folder, WEIGHTS),
    "a page that lies outside": lambda folder: models.moved_out(folder, PAGE),
    "a page that is /dev/zero": lambda folder: models.linked(folder, PAGE, Path("/dev/zero")),
    "weights that are /dev/zero": lambda folder: models.linked(folder, WEIGHTS, Path("/dev/zero")),
    "weights that link to themselves": lambda folder: models.linked(folder, WEIGHTS, folder / WEIGHTS),
    "weights that are a pipe": lambda folder: _pipe(folder / WEIGHTS),
    "weights that are a folder": lambda folder: ((folder / WEIGHTS).unlink(), (folder / WEIGHTS).mkdir()),
}  # fmt: skip
HARMLESS: dict[str, Forge] = {
    "pickles beside the model": lambda folder: [
        (folder / name).write_bytes(models.pickled()) for name in ("pytorch_model.bin", "model.pkl", "model.pt")
    ],
    "code beside the model": lambda folder: [
        (folder / name).write_text("import os; os.system('echo dead > ../canary')")
        for name in ("__init__.py", "modeling.py", "sitecustomize.py", "conftest.py")
    ],
    "data that is a way out": lambda folder: page(folder, lambda tree: tree["run"].update(data="../../../etc/passwd")),
    "metadata with a script": forged(lambda header, data: ({**header, "__metadata__": {"a": "<script>"}}, data)),
    "class names that are scripts": lambda folder: page(
        folder, lambda tree: tree["codec"].update(classes=["<script>alert(1)</script>", "\x1b[2J", "../../x", "a\nb"])
    ),
    "a recipe with escapes": lambda folder: page(folder, lambda tree: tree["run"].update(recipe="\x1b]0;owned\x07\n#")),
}  # fmt: skip


def _same_place(header: dict[str, dict]) -> dict[str, dict]:
    names = [name for name in header if name != "__metadata__"]
    return {name: {**header[name], "data_offsets": header[names[0]]["data_offsets"]} for name in names}


def _shifted(header: dict[str, dict]) -> dict[str, dict]:
    return {
        name: each
        if name == "__metadata__"
        else {**each, "data_offsets": [place + 4 for place in each["data_offsets"]]}
        for name, each in header.items()
    }


def _tensor(data: bytes) -> dict[str, object]:
    return {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}


def _doubled(header: dict[str, dict]) -> bytes:
    text = json.dumps(header)
    return f"{text[:-1]}, {text[1:]}".encode()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("how", REFUSED)
def test_a_hostile_model_is_refused_in_one_line(how: str, sandbox: Path, attacked) -> None:
    folder = models.good(sandbox / "model")
    REFUSED[how](folder)
    assert attacked(lambda: ganworks.load(folder)) is not None


@pytest.mark.parametrize("how", HARMLESS)
def test_what_a_model_does_not_need_is_let_be(how: str, sandbox: Path, attacked) -> None:
    folder = models.good(sandbox / "model")
    HARMLESS[how](folder)
    drawn: list[np.ndarray] = []
    assert attacked(lambda: drawn.append(ganworks.load(folder).generate(2))) is None
    assert drawn[0].shape == (2, 8, 8, 1)


def test_a_flipped_byte_anywhere_in_the_weights_is_noticed(sandbox: Path, attacked) -> None:
    folder = models.good(sandbox / "model")
    data = (folder / WEIGHTS).read_bytes()
    for place in np.random.default_rng(0).integers(0, len(data), 40):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(place % 8)
        (folder / WEIGHTS).write_bytes(flipped)
        assert attacked(lambda: ganworks.load(folder)) is not None
    (folder / WEIGHTS).write_bytes(data)
    assert attacked(lambda: ganworks.load(folder)) is None


RUNS: dict[str, Forge] = {
    "run.toml deeper than the stack": lambda folder: (folder / "run.toml").write_text("a = " + "[" * 50_000),
    "run.toml that is no text": lambda folder: (folder / "run.toml").write_bytes(b"\xff\xfe\x00"),
    "run.toml that lies outside": lambda folder: (folder / "run.toml").symlink_to("/etc/passwd"),
    "a manifest that is a pickle": lambda folder: _checkpoint(folder, models.pickled()),
    "a manifest that leads out": lambda folder: _checkpoint(
        folder, b'{"schema": 1, "files": {"../../../canary.json": {"sha256": "", "bytes": 1}}}'
    ),
    "a manifest that names a pickle": lambda folder: _checkpoint(
        folder, b'{"schema": 1, "files": {"generator.pkl": {"sha256": "", "bytes": 1}}}'
    ),
    "a manifest deeper than the stack": lambda folder: _checkpoint(folder, models.deep(200_000).encode()),
}  # fmt: skip


def _checkpoint(folder: Path, manifest: bytes) -> None:
    place = folder / "checkpoints" / f"{64:012d}"
    place.mkdir(parents=True)
    (folder / "run.toml").write_text('recipe = "mlp"')
    (place / "manifest.json").write_bytes(manifest)
    (place / "generator.pkl").write_bytes(models.pickled())


@pytest.mark.parametrize("how", RUNS)
def test_a_hostile_run_is_refused_in_one_line(how: str, sandbox: Path, attacked) -> None:
    (sandbox / "run").mkdir()
    RUNS[how](sandbox / "run")
    assert attacked(lambda: ganworks.load(sandbox / "run")) is not None
