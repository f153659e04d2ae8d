"""Which split a picture belongs to, fixed by its content; and a table -> a data set."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from ..base import Dataset, Indices, Raw, Source, Stored
from ..splits import placed, trainable
from .cache import OFFICIAL, Table
from .stack import Stacked, stacked_classes

if TYPE_CHECKING:
    from .domain import Image

NAMES = ("train", "validation", "test")


def assigned(hashes: Raw, official: Raw, validation: float, test: float) -> npt.NDArray[np.int8]:
    """The split of each record (N,): 0 train, 1 validation, 2 test.

    What the source calls test or validation stays so. From the rest, a record's hash, read as a number from 0 to 1,
    puts it in test below `test` and in validation below `test + validation`; a split the source has of its own takes
    no more. So neither order nor names nor other records decide, and equal pictures stay together.
    When nothing is left for training, it takes the validation records, and failing those the test records.
    """
    splits = placed(hashes, validation, test)
    for number in (OFFICIAL["test"], OFFICIAL["validation"]):
        if (official == number).any():
            splits[splits == number] = 0
    held_out = official > 0
    splits[held_out] = official[held_out]
    return trainable(splits)


def as_dataset(image: "Image", table: Table) -> Dataset:
    """The table in three splits. Raises DataError when its pictures cannot be stacked."""
    about = table.about
    splits = assigned(table.hashes, table.official, image.validation, image.test)
    labels = table.labels if about.labelled else None
    sources: list[Source] = [Stored(table.pictures, np.flatnonzero(splits == each), labels) for each in range(3)]
    classes = about.classes if about.labelled else ()
    facts = {**about.plan.model_dump(mode="json", exclude={"fitted"}), "records": len(splits), "endless": False}
    notes = [*about.notes, *_remarks(table, splits)]
    if image.stack > 1:
        if about.plan.channels != 1:
            raise DataError(
                f"stack={image.stack}: only grey pictures can be stacked, these have {about.plan.channels} channels"
            )
        sources = [Stacked(source, image.stack, len(classes), seed) for seed, source in enumerate(sources)]
        classes = stacked_classes(classes, image.stack)
        facts |= stacked_facts(image.stack)
        notes.append(f"each record is {image.stack} pictures drawn at random, one a channel")
    train, validation, test = sources
    return Dataset(
        train,
        validation,
        test,
        fingerprint=_fingerprint(image, table, splits),
        classes=classes,
        skipped=about.skipped,
        notes=tuple(notes),
        facts=facts,
    )


def stacked_facts(stack: int) -> dict[str, object]:
    """Three grey pictures are shown as one in colour; any other number has no colours to be shown in."""
    return {"channels": stack, "mode": "RGB" if stack == 3 else "n", "endless": True}


def _fingerprint(image: "Image", table: Table, splits: npt.NDArray[np.int8]) -> str:
    settings = image.model_dump_json(include={"reshape", "alpha", "background", "stack"})
    digest = hashlib.sha256(f"{settings}{table.about.plan.toml()}{table.about.classes}".encode())
    for array in (table.hashes, table.labels, splits):
        digest.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def _remarks(table: Table, splits: npt.NDArray[np.int8]) -> list[str]:
    notes: list[str] = []
    empty = [name for number, name in enumerate(NAMES) if not (splits == number).any()]
    if empty:
        notes.append(f"no pictures fell into {' and '.join(empty)}: {len(splits)} are too few for these shares")
    keys = table.hashes.view("V16").reshape(-1)
    unique, first = np.unique(keys, return_inverse=True)
    if len(unique) < len(keys):
        notes.append(f"{len(keys) - len(unique)} of {len(keys)} pictures are copies of others")
    trained = np.zeros(len(unique), bool)
    trained[first[splits == 0]] = True
    leaked = int(trained[first[splits == OFFICIAL["test"]]].sum())
    if leaked:
        notes.append(f"{leaked} pictures of the source's own test set are in its training set too")
    return notes


def counts(splits: npt.NDArray[np.int8]) -> Indices:
    """Records in each split (3,)."""
    return np.bincount(splits, minlength=3).astype(np.int64)
