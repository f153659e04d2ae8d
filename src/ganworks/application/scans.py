"""DICOM and NIfTI files through a model: the unit is kept, and what the window cannot hold stays as it was."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..domains.base import Raw
from ..domains.medical.scan import NOTE, Scan, scans
from ..domains.medical.window import Range, Window, stacked
from ..model import Model
from ..settings import ConfigError, DataError
from .drawer import Drawer
from .progress import Progress
from .sheet import Sheets
from .work import Job

WHITE = 65535
_NAMED = 5


class Windows(NamedTuple):
    """How values become grey on the way in, and grey becomes values on the way out; None: the same."""

    inner: Window
    outer: Window | None = None

    @classmethod
    def of(cls, model: Model, inner: str | None, outer: str | None) -> "Windows":
        """What was asked for, else what lies beside the model or beside what it was trained on. Raises ConfigError."""
        known = _known(model)
        if inner is None and known is None:
            raise ConfigError(
                "scans need to know what is black and what is white, and no medical.json lies beside this model or its "
                "training pictures; give --window LOW,HIGH in the scan's unit, or --window percentiles"
            )
        window = known if inner is None else Window.parsed(inner, known)
        assert window is not None
        return cls(window, Window.parsed(outer, window) if outer else None)


def changed(
    model: Model, drawer: Drawer, jobs: list[Job], windows: Windows, progress: Progress, sheets: Sheets
) -> None:
    """Read, draw and write all scans; what cannot be used is left out."""
    progress.notify(f"{NOTE}: what a network draws is no measurement; windows: {windows.inner.words}")
    if drawer.unpaired:
        progress.notify(
            "this model was trained on unpaired pictures: it may draw tissue that is not there and remove what is"
        )
    by_source = {job.source: job for job in jobs}
    found, broken = scans(list(by_source), windows.inner.axis)
    names = {str(job.source): job.name for job in jobs}
    for each in broken:
        progress.leave_out(names.get(each.name, each.name), each.reason)
    _name_patients(found, by_source, progress)
    note = f"{model.run.recipe}, model {model.sha256[:12]}; {NOTE}"
    for scan in found:
        try:
            values, kept, seen = _drawn(drawer, scan, windows, progress)
            for written in scan.written(values, kept, note):
                progress.write(by_source[written.source].target, written.data, written.source)
            sheets.add(*seen)
        except DataError as error:
            progress.leave_out(by_source[scan.sources[0]].name, str(error))
        for each in scan.skipped:
            progress.leave_out(names.get(each.name, each.name), each.reason)


def _drawn(drawer: Drawer, scan: Scan, windows: Windows, progress: Progress) -> tuple[Raw, Raw, tuple[Raw, Raw]]:
    """Values (N, s H, s W) in the scan's unit; where they stay as stored (N, H, W); a slice before and after."""
    values = scan.values
    inner = windows.inner.range(values)
    outer = _outer(windows, inner, values)
    grey = inner.share(values) * WHITE
    shares = np.stack([_slice(drawer, grey, i, windows.inner.stack) for i in range(len(grey))])
    outside = ~inner.holds(values)
    kept = outside & drawer.restores
    done = "kept as they were" if drawer.restores else "cut to it"
    cut = f"values outside {inner.low:g} to {inner.high:g} {scan.unit}".rstrip() + f" were {done}"
    progress.note(*([cut] if outside.any() else []))
    middle = len(grey) // 2
    seen = tuple(np.rint(each[middle, ..., None] * 255).astype(np.uint8) for each in (grey / WHITE, shares))
    return outer.values(shares), kept, (seen[0], seen[1])


def _outer(windows: Windows, inner: Range, values: Raw) -> Range:
    return windows.outer.range(values) if windows.outer else inner


def _slice(drawer: Drawer, grey: Raw, i: int, stack: int) -> Raw:
    """One slice (s H, s W) from 0 to 1, drawn from itself, or from a stack with its neighbours."""
    wanted = drawer.input.channels
    if stack not in (1, wanted):
        raise DataError(f"{stack} slices were stacked for training, and this model takes {wanted} channels")
    pixels = stacked(grey, i, stack) if stack > 1 else grey[i, ..., None].repeat(wanted, axis=2)
    share = drawer.draw(pixels, _shares)
    return share[..., share.shape[2] // 2] if stack > 1 else share.mean(axis=2)


def _shares(y: Tensor) -> Raw:
    shares: Raw = ((y.float() + 1) / 2).clamp_(0, 1).permute(1, 2, 0).numpy()
    return shares


def _name_patients(found: list[Scan], jobs: dict[Path, Job], progress: Progress) -> None:
    """Two patients in one folder are worth a line: series are drawn one by one, so nothing is mixed."""
    folders: dict[Path, set[str]] = {}
    for scan in found:
        if scan.modality:  # only DICOM says for sure whose it is
            folders.setdefault(scan.sources[0].parent, set()).add(scan.patient)
    for folder, patients in folders.items():
        if len(patients) > 1:
            some = ", ".join(sorted(patients)[:_NAMED])
            progress.notify(f"{folder} holds {len(patients)} patients ({some}); each series is drawn by itself")


def _known(model: Model) -> Window | None:
    places: list[str | Path] = [*([model.path / "model", model.path] if model.path else []), model.run.data]
    return next((window for place in places if (window := Window.beside(place))), None)
