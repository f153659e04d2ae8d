"""Picture sets that are known by name: two that need no files, and three that are fetched and checked."""

import hashlib
import os
import secrets
import tarfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Dataset, Notify, Source
from .arrays import Arrays, Part, numbered
from .build import READING, read_arrays, store_arrays
from .cache import cache_folder, key_of, load
from .classics import CIFAR10, cifar_batches, cifar_files, cifar_set, idx_files, idx_set
from .glyphs import CHARACTERS, Glyphs, glyphs_fingerprint
from .resize import cropped
from .splits import as_dataset, stacked_facts
from .stack import Stacked, stacked_classes

if TYPE_CHECKING:
    from .domain import Image

_TIMEOUT_SECONDS = 30
_GLYPH_SIZE = (28, 28)


class Remote(NamedTuple):
    """Where the files of a set are, the SHA-256 of each, and what its labels mean."""

    url: str
    files: dict[str, str]
    classes: tuple[str, ...]


# The sums are those of the files as first published. MNIST's are checked against the files themselves; the others
# agree over many independent lists of them, as do the MD5 sums that their authors print.
REMOTE = {
    "mnist": Remote(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
        tuple("0123456789"),
    ),
    "fashion-mnist": Remote(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    "cifar10": Remote(
        "https://www.cs.toronto.edu/~kriz/",
        {"cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
        CIFAR10,
    ),
}


def read_digits(image: "Image", notify: Notify) -> Dataset:
    """1,797 grey handwritten digits of 8 x 8, which scikit-learn ships; 0..16 become 0..255."""
    from sklearn.datasets import load_digits  # noqa: PLC0415  a second that only this set should cost

    key = key_of(["digits", image.model_dump(mode="json", include=READING)])
    table = load(key)
    if table is None:
        x, y = load_digits(return_X_y=True)
        part = Part(np.rint(x.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8), y.astype(np.int64))
        table = store_arrays(image, Arrays([part], numbered([part])), key, "digits", notify)
    return as_dataset(image, table)


def read_glyphs(image: "Image", notify: Notify) -> Dataset:
    """Characters in 21 fonts, endless; with `stack` only the ten digits, so that three channels give 1,000 classes."""
    if image.channels not in (None, 1):
        raise DataError(f"channels={image.channels}: glyphs are grey; use stack for more channels")
    height, width = image.size or _GLYPH_SIZE
    if image.grid == "crop":
        height, width = cropped(height, width)
    characters = CHARACTERS[:10] if image.stack > 1 else CHARACTERS
    sources: list[Source] = [Glyphs(height, width, characters, seed) for seed in range(3)]
    classes = tuple(characters)
    facts: dict[str, object] = {
        "height": height,
        "width": width,
        "channels": 1,
        "bits": 8,
        "mode": "L",
        "endless": True,
    }
    if image.stack > 1:
        sources = [Stacked(each, image.stack, len(classes), seed) for seed, each in enumerate(sources)]
        classes = stacked_classes(classes, image.stack)
        facts |= stacked_facts(image.stack)
    fingerprint = glyphs_fingerprint(f"{height} {width} {characters} {image.stack}")
    train, validation, test = sources
    return Dataset(
        train,
        validation,
        test,
        fingerprint=fingerprint,
        classes=classes,
        facts=facts,
        notes=("drawn on the fly, without end",),
    )


def read_remote(image: "Image", name: str, notify: Notify) -> Dataset:
    """From a local folder if one has the files, else fetched. Raises DataError saying where to put what."""
    remote = REMOTE[name]
    home = next((folder for folder in _local(name) if _files(folder)), None) or _fetched(name, remote, notify)
    files = _files(home)
    return as_dataset(image, read_arrays(image, files, lambda: _arrays(files, remote.classes), notify))


BUILTIN: dict[str, Callable[["Image", Notify], Dataset]] = {
    "digits": read_digits,
    "glyphs": read_glyphs,
    "mnist": lambda image, notify: read_remote(image, "mnist", notify),
    "fashion-mnist": lambda image, notify: read_remote(image, "fashion-mnist", notify),
    "cifar10": lambda image, notify: read_remote(image, "cifar10", notify),
}


def cifar_tar(path: Path) -> Arrays:
    """The batches inside the archive as its authors pack it. Raises DataError."""
    batches: dict[str, bytes] = {}
    try:
        with tarfile.open(path, mode="r:*") as packed:
            for entry in packed:
                file = packed.extractfile(entry) if entry.isreg() and entry.name.endswith(".bin") else None
                if file is not None:
                    batches[Path(entry.name).name] = file.read(1 << 28)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: wanted the CIFAR-10 archive, {error}") from None
    return cifar_batches(batches)


def _local(name: str) -> list[Path]:
    homes = [Path(each) for each in (os.environ.get("GANWORKS_DATA"), "data") if each]
    return [home / spelled for home in homes for spelled in dict.fromkeys((name, name.replace("-", "_")))]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    packed = folder / "cifar-10-binary.tar.gz"
    return idx_files(folder) or cifar_files(folder) or ([packed] if packed.is_file() else [])


def _arrays(files: list[Path], classes: tuple[str, ...]) -> Arrays:
    if files[0].suffix == ".bin":
        return cifar_set(files)
    if files[0].name.endswith(".tar.gz"):
        return cifar_tar(files[0])
    read = idx_set(files)
    return read._replace(classes=classes if len(read.classes) <= len(classes) else read.classes)


def _fetched(name: str, remote: Remote, notify: Notify) -> Path:
    folder = cache_folder() / "downloads" / name
    for file, sha in remote.files.items():
        if not (folder / file).is_file():
            notify(f"fetching {remote.url}{file}")
            try:
                _fetch(remote.url + file, folder / file, sha)
            except (OSError, HTTPException, ValueError) as error:
                reason = getattr(error, "reason", error)
                wanted = ", ".join(remote.files)
                raise DataError(
                    f"{name} could not be fetched from {remote.url} ({reason}); put {wanted} into {_local(name)[0]}/"
                ) from None
    return folder


def _fetch(url: str, path: Path, sha: str) -> None:
    """Raises OSError, or ValueError when what came is not what was published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp-{secrets.token_hex(4)}")
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer, temporary.open("wb") as file:
            while block := answer.read(1 << 20):
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != sha:
            raise ValueError("what came has another SHA-256 than what was published")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
