"""Scans -> pictures to train on: slices as 16-bit grey PNG files or stacks in one .npz, split by patient.

Any domain of pictures then reads them: `image` as they are, `degraded` as the clean side, `pairs` and `unpaired` as a
side. What grey values mean is written beside them, and found again when a model is applied to a scan.
"""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as PILImage

from ...settings import ConfigError, DataError, printable
from ..base import Notify, Raw, Skipped
from .scan import NOTE, Scan, found, scans
from .window import FACTS, Window, stacked

HOUNSFIELD = (-1000.0, 1000.0)
"""The window of CT when none is asked for: air to bone, in HU."""
SPLITS = {"train": "train", "validation": "val", "test": "test"}
"""Names of the splits: of folders, and of the arrays in an .npz."""
SHARES = {"test": 0.10, "validation": 0.05}
_WHITE, _NAMED = 65535, 5
_COLUMNS = ("path", "split", "patient", "source", "slice", "low", "high")
Row = tuple[str, str, str, str, int, float, float]


class Prepared(NamedTuple):
    """What was written."""

    slices: int
    patients: dict[str, int]
    """In each split."""
    window: Window
    skipped: int


def prepare(
    source: Path,
    out: Path,
    window: str | None = None,
    stack: int = 1,
    axis: int = 2,
    by_patient: bool = False,
    notify: Notify = lambda line: None,
) -> Prepared:
    """Write the slices of all scans at `source` into the new folder `out`.

    `window` is LOW,HIGH or percentiles; left out, CT takes -1000 to 1000 HU and anything else percentiles. With `stack`
    above 1, neighbouring slices become channels. All slices of a patient go into one split; where one folder holds
    DICOM files of several patients, that is taken for a mistake unless `by_patient`.
    Raises ConfigError or DataError with one line.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out}: wanted a new or an empty folder, something is there; choose another one")
    like = Window.from_tree({"stack": stack, "axis": axis}, "slices")
    made, broken = scans(found(source), axis)
    for each in broken:
        notify(f"left out {each.name}: {each.reason}")
    if not made:
        raise DataError(f"{source}: none of {len(broken)} files can be used; {broken[0].name}: {broken[0].reason}")
    _one_patient_a_folder(made, by_patient)
    chosen = _window(made, window, like)
    notify(f"{chosen.words} become black and white; {NOTE}")
    names = {scan.patient: _alias(scan.patient) for scan in made}
    splits = split_patients(sorted(set(names.values())))
    out.mkdir(parents=True, exist_ok=True)
    writer = _Writer(out, source, chosen)
    numbers: Counter[str] = Counter()
    for scan in sorted(made, key=lambda each: (each.patient, str(each.sources[0]))):
        name = names[scan.patient]
        try:
            writer.add(scan, f"{name}-{numbers[name]:02d}", name, splits[name])
            numbers[name] += 1
        except DataError as error:
            scan.skipped.append(Skipped(str(scan.sources[0]), str(error)))
        for left in scan.skipped:
            notify(f"left out {printable(left.name)}: {left.reason}")
    writer.finish()
    patients = Counter(splits[name] for name in numbers)
    if empty := [split for split in SPLITS if not patients[split]]:
        notify(
            f"{len(numbers)} patients are too few for {' and '.join(empty)}: what is held out will be slices of "
            f"patients that are trained on, so scores will flatter; three patients or more avoid that"
        )
    skipped = len(broken) + sum(len(scan.skipped) for scan in made)
    return Prepared(len(writer.rows), dict(patients), chosen, skipped)


def split_patients(names: list[str]) -> dict[str, str]:
    """The split of each patient, from a hash of the name; with three or more, no split is left without one."""
    place = {name: int(hashlib.sha256(name.encode()).hexdigest()[:13], 16) / 16**13 for name in names}
    ordered = sorted(names, key=lambda name: place[name])
    test, validation = SHARES["test"], SHARES["validation"]
    splits = {
        name: "test" if at < test else "validation" if at < test + validation else "train" for name, at in place.items()
    }
    if len(names) < len(SPLITS):
        return dict.fromkeys(names, "train")
    for split in ("test", "validation", "train"):
        if split not in splits.values():
            counts = Counter(splits.values())
            splits[next(name for name in ordered if counts[splits[name]] > 1)] = split
    return splits


class _Writer:
    """Pictures as they come, and at the end the list of them and what their values mean."""

    def __init__(self, out: Path, source: Path, window: Window):
        self.out, self.source, self.window = out, source, window
        self.rows: list[Row] = []
        self._stacks: defaultdict[str, list[Raw]] = defaultdict(list)

    def add(self, scan: Scan, name: str, patient: str, split: str) -> None:
        values = scan.values
        black = self.window.range(values)
        pictures = np.rint(black.share(values) * _WHITE).astype(np.uint16)
        come_from = scan.sources[0]
        relative = come_from.relative_to(self.source) if self.source.is_dir() else Path(come_from.name)
        for i in range(len(pictures)):
            path = f"{split}/{name}-{i:04d}.png"
            if self.window.stack > 1:
                path = f"slices.npz:{SPLITS[split]}_images:{len(self._stacks[split])}"
                self._stack(split, stacked(pictures, i, self.window.stack), scan)
            else:
                place = self.out / path
                place.parent.mkdir(exist_ok=True)
                PILImage.fromarray(pictures[i]).save(place)
            self.rows.append((path, split, patient, printable(relative.as_posix()), i, black.low, black.high))

    def finish(self) -> None:
        """The list, the meaning of grey values, and the arrays of stacks."""
        if not self.rows:
            raise DataError(f"{self.source}: no scan could be used; the reasons are above")
        if self._stacks:
            arrays: dict[str, Any] = {f"{SPLITS[split]}_images": np.stack(each) for split, each in self._stacks.items()}
            np.savez(self.out / "slices.npz", **arrays)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_COLUMNS, *self.rows])
        (self.out / "slices.csv").write_text(text.getvalue(), encoding="utf-8")
        (self.out / FACTS).write_text(self.window.model_dump_json(indent=1, exclude_none=True), encoding="utf-8")

    def _stack(self, split: str, picture: Raw, scan: Scan) -> None:
        first = next((each[0] for each in self._stacks.values() if each), picture)
        if picture.shape != first.shape:
            wanted, got = (" x ".join(map(str, each.shape[:2])) for each in (first, picture))
            raise DataError(
                f"slices are {got}, and those before {wanted}; stacks go into one array: sort by size first"
            )
        self._stacks[split].append(picture)


def _window(made: list[Scan], asked: str | None, like: Window) -> Window:
    kinds = {scan.modality for scan in made}
    if asked is None and len(kinds) > 1:
        named = ", ".join(sorted(kind or "NIfTI" for kind in kinds))
        raise DataError(f"scans of different kinds ({named}) mean different things by a value; give them one by one")
    if asked is None and kinds == {"CT"}:
        return like.model_copy(update={"bounds": HOUNSFIELD, "unit": "HU"})
    window = like if asked is None else Window.parsed(asked, like)
    units = {scan.unit for scan in made}
    return window.model_copy(update={"unit": units.pop()}) if window.bounds and len(units) == 1 else window


def _one_patient_a_folder(made: list[Scan], by_patient: bool) -> None:
    folders: defaultdict[Path, set[str]] = defaultdict(set)
    for scan in made:
        if scan.modality:  # only DICOM says for sure whose it is
            folders[scan.sources[0].parent].add(scan.patient)
    for folder, patients in folders.items():
        if len(patients) > 1 and not by_patient:
            some = ", ".join(sorted(patients)[:_NAMED]) + (" ..." if len(patients) > _NAMED else "")
            raise DataError(
                f"{folder}: {len(patients)} patients in one folder ({printable(some)}); if that is meant, add "
                f"--split-by patient, and none of them will lie in two splits"
            )


def _alias(patient: str) -> str:
    """The same letters for the same patient, and no name."""
    return "p" + hashlib.sha256(patient.encode()).hexdigest()[:8]
