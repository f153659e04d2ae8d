"""The domain of two collections without partners: pictures of A, pictures of B."""

from pathlib import Path
from typing import Literal

import numpy as np

from ...settings import DataError, printable
from ..base import Dataset, Indices, Notify, Skipped, Stored
from ..image.cache import Table
from ..image.listing import Files, Listing
from ..image.piles import read_pile
from .codec import Translated
from .sided import Sided, existing, facts, fingerprint, fitted, holds, remarks, split
from .sides import Found, two_sides
from .sources import Unrelated
from .toys import recoloured


class Unpaired(Sided):
    """Pictures of one kind and pictures of another, such as summers and winters; each is drawn on its own."""

    name: Literal["unpaired"] = "unpaired"
    cycle: bool = False
    """Samples hold both translations at once, the target over the input on the channels, as CycleGAN learns them."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return holds(path, {"traina", "trainb"})

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        """`path` is a folder with trainA and trainB, A and B or the like; `recoloured` is a toy set.

        All pictures are brought to one size, that of the targets unless `size` is given, and to as many channels.
        """
        if path == "recoloured":
            return recoloured(0, 1024)
        place = existing(path, "a folder with two folders of pictures")
        source, target = self._piles(place, path)
        tables, lines = self._tables(source, target, notify, strict)
        found = [split(table, self) for table in tables]
        rows = _on_both_sides(found)
        for which, each, table in zip(("input", "target"), rows, tables, strict=True):
            lines += [f"{which}: {line}" for line in (*table.about.notes, *remarks(each, table.hashes, "pictures"))]
        inputs, targets = (table.about.plan for table in tables)
        sides = [[Stored(table.pictures, each) for each in own] for table, own in zip(tables, rows, strict=True)]
        train, validation, test = (Unrelated(a, b) for a, b in zip(*sides, strict=True))
        records = max(len(table.hashes) for table in tables)
        return Dataset(
            train,
            validation,
            test,
            fingerprint=fingerprint(self, tables, [each for own in rows for each in own]),
            skipped=_skipped(tables),
            notes=tuple(lines),
            facts=facts(inputs, targets, 1, records),
        )

    def fit(self, dataset: Dataset) -> Translated:
        return fitted(dataset, stacked=self.cycle, learned_unpaired=True, jitter=self.jitter, flip=self.flip)

    def toy(self, seed: int = 0) -> Dataset:
        """256 blue shapes and 256 striped red ones, 32 x 32; `toys.recovered` measures a translator."""
        return recoloured(seed)

    def _piles(self, place: Path, given: str) -> list[Files]:
        """The pictures of the inputs and those of the targets."""
        sides = two_sides(place, given, (self.input, self.target)) if place.is_dir() else None
        if sides is None:
            raise DataError(
                f"{given}: wanted a folder with two folders of pictures, such as trainA and trainB or A and B; name "
                "others: domain.input=NAME domain.target=NAME"
            )
        piles = [_pile(sides.a, given, sides.skipped), _pile(sides.b, given, [])]
        return piles[::-1] if self.reverse else piles

    def _tables(self, source: Files, target: Files, notify: Notify, strict: bool) -> tuple[list[Table], list[str]]:
        """Both piles at one size and as many channels, and what the user should know of that."""
        outputs = read_pile(self.image(), target, notify, strict)
        size = outputs.about.plan.height, outputs.about.plan.width
        inputs = read_pile(self.image(size=size), source, notify, strict)
        lines = [f"'{_side(pile)}' is the {what}" for pile, what in ((source, "input"), (target, "target"))]
        lines = [f"{' and '.join(lines)} (domain.direction)"]
        kinds = {table.about.plan.channels for table in (inputs, outputs)}
        if len(kinds) > 1:
            channels = (3 if max(kinds) > 2 else 1) + any(kind in (2, 4) for kind in kinds)
            lines.append(f"one side has {min(kinds)} channels, the other {max(kinds)}; both are read with {channels}")
            inputs = read_pile(self.image(size=size, channels=channels), source, notify, strict)
            outputs = read_pile(self.image(size=size, channels=channels), target, notify, strict)
        if both := len({bytes(each) for each in inputs.hashes} & {bytes(each) for each in outputs.hashes}):
            lines.append(f"{both} pictures lie on both sides")
        return [inputs, outputs], lines


def _pile(side: list[Found], given: str, skipped: list[Skipped]) -> Files:
    members = [each.member for each in side]
    return Files(printable(given), Listing(members, list(skipped)))


def _side(pile: Files) -> str:
    members = pile.listing().members
    shown = next((each for each in members if each.split == "train"), members[0])
    return shown.name.split("/")[-2]


def _on_both_sides(found: list[list[Indices]]) -> list[list[Indices]]:
    """Rows of each split and side; what is held out of one side alone has no counterpart, and is trained on."""
    sides = [list(own) for own in found]
    for held in (1, 2):
        if min(len(own[held]) for own in sides) == 0:
            for own in sides:
                own[0], own[held] = np.sort(np.concatenate([own[0], own[held]])), own[held][:0]
    return sides


def _skipped(tables: list[Table]) -> tuple[Skipped, ...]:
    return tuple(each for table in tables for each in table.about.skipped)
