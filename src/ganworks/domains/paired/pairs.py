"""The domain of pairs: each input has its target."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from ..base import Dataset, Notify
from .codec import Translated
from .listing import Layout, SplitBy, pairing
from .reading import read_pairs
from .sided import Sided, existing, facts, fingerprint, fitted, holds, remarks, split
from .sources import paired
from .toys import outlines


class Pairs(Sided):
    """Pictures and what they are to become, pair by pair: A|B in one file, two folders, or a manifest."""

    name: Literal["pairs"] = "pairs"
    layout: Layout = "auto"
    """Where partners lie: side by side in one file, in two folders under one name, or in a manifest's row."""
    input_channels: int | None = Field(default=None, ge=1, le=4)
    """Of the inputs; unset: as for the targets, from what the inputs have."""
    groups: str = "patient"
    """Column of a manifest; pairs with the same value there are never in two splits."""
    split_by: SplitBy = "content"
    """What decides a pair's split: its content, or the start of its name up to the first `-` or `_`."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Folders that are two sides and hardly classes; A and B may be either, so those have to be said."""
        return holds(path, {"input", "target"}, {"lq", "gt"}, {"lr", "hr"})

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """`path` is a folder or a manifest (csv, jsonl); `outlines` is a toy set with a known answer.

        Records are rows of bytes, the input's pixels and then the target's. What has no partner, or one of another
        size, is left out and listed.
        """
        if path == "outlines":
            return outlines(0, 1024)
        place = existing(path, "a folder of pairs or a manifest")
        found = pairing(place, path, self.layout, (self.input, self.target), self.groups, self.split_by)
        images = self.image(channels=self.input_channels), self.image()
        tables = read_pairs(images, found, self.reverse, notify, strict)
        source, target = tables
        rows = split(target, self)
        grouped = any(each.group is not None for each in found.pairs)
        notes = remarks(rows, source.hashes, "pairs")
        train, validation, test = (paired(source.pictures, target.pictures, each) for each in rows)
        scale = target.about.plan.height // source.about.plan.height
        return Dataset(
            train,
            validation,
            test,
            fingerprint=fingerprint(self, tables, rows),
            skipped=target.about.skipped,
            notes=(*target.about.notes, *notes),
            facts=facts(source.about.plan, target.about.plan, scale, len(target.hashes)) | {"grouped": grouped},
        )

    def fit(self, dataset: Dataset) -> Translated:
        return fitted(dataset, jitter=self.jitter, flip=self.flip)

    def toy(self, seed: int = 0) -> Dataset:
        """256 grey outlines of shapes, 32 x 32, and the shapes in the colour of their kind."""
        return outlines(seed)
