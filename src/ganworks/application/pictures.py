"""One picture file through a model: channels, depth, opacity and known pixels are as they were."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from ..domains.base import Raw
from ..domains.degraded import read_mask
from ..domains.image.decode import Unreadable
from ..settings import DataError
from . import writing
from .drawer import Drawer, fitted, stored
from .progress import Progress
from .reading import Picture, read
from .sheet import Sheets
from .work import Job


def changed(
    drawer: Drawer, job: Job, masks: dict[str, Path] | None, progress: Progress, sheets: Sheets
) -> tuple[Raw, Raw] | None:
    """Read, draw and write one picture. Returns its pixels before and after; None for one that was left out."""
    try:
        picture = read(job.source)
        mask = _mask(job, picture, masks)
        done = drawn(drawer, picture, mask)
        done = done._replace(pixels=progress.model.marking.drawn(done.pixels, progress.model.sha256))
    except (Unreadable, DataError) as error:
        progress.leave_out(job.name, str(error))
        return None
    kind = writing.KINDS[job.target.suffix.lower()]
    progress.note(*picture.notes, *_said(drawer, picture), *writing.lost(done, kind))
    progress.write(job.target, writing.encoded(done, kind), job.source)
    before = picture.pixels if mask is None else np.where(mask[..., None], picture.white // 2, picture.pixels)
    sheets.add(before.astype(picture.pixels.dtype), done.pixels)
    return picture.pixels, done.pixels


def drawn(drawer: Drawer, picture: Picture, mask: Raw | None) -> Picture:
    """The output for a picture, at its own depth. Raises DataError when it does not fit the model."""
    result = drawer.draw(_taken(drawer, picture), stored(picture.white), mask)
    alpha = None
    if result.shape[2] in (2, 4):  # the model was trained with opacity and draws it
        result, alpha = result[..., :-1], result[..., -1]
    elif picture.alpha is not None:
        alpha = enlarged(picture.alpha, drawer.sides.scale)
    if drawer.restores and picture.pixels.shape[2] == 1:
        result = fitted(result, 1)
    if mask is not None and result.shape == picture.pixels.shape:
        # Once more in the stored numbers, so that no rounding on the way can touch what is known.
        result = np.where(mask[..., None], result, picture.pixels)
    return Picture(result, alpha, picture.profile)


def enlarged(alpha: Raw, scale: int) -> Raw:
    """Opacity (H, W), `scale` times as large by bicubic interpolation, at its own depth."""
    if scale == 1:
        return alpha
    grown = functional.interpolate(
        torch.from_numpy(alpha.astype(np.float64))[None, None], scale_factor=scale, mode="bicubic"
    )
    return grown[0, 0].round().clamp(0, np.iinfo(alpha.dtype).max).numpy().astype(alpha.dtype)


def _taken(drawer: Drawer, picture: Picture) -> Raw:
    """The pixels with the channels that the model takes."""
    channels = drawer.input.channels
    if channels not in (2, 4):
        return fitted(picture.pixels, channels)
    alpha = np.full(picture.pixels.shape[:2], picture.white) if picture.alpha is None else picture.alpha
    colours = fitted(picture.pixels, channels - 1)
    return np.concatenate([colours, alpha[..., None].astype(colours.dtype)], axis=2)


def _said(drawer: Drawer, picture: Picture) -> list[str]:
    """What the user should know about how a picture differs from those that the model was trained on."""
    found = []
    taken, bits = drawer.input, 16 if picture.white > 255 else 8
    if bits != taken.bits:
        found.append(
            f"{bits}-bit pictures went through a model trained on {taken.bits} bits: scaled, and kept at {bits}"
        )
    colours = taken.channels - 1 if taken.channels in (2, 4) else taken.channels
    if picture.pixels.shape[2] == 1 and colours == 3:
        kept = "grey again" if drawer.restores else "in the colours the model draws"
        found.append(f"grey pictures went through a model of colour pictures; they came out {kept}")
    if picture.pixels.shape[2] == 3 and colours == 1:
        found.append("colour pictures went through a model of grey pictures by their brightness")
    return found


def _mask(job: Job, picture: Picture, masks: dict[str, Path] | None) -> Raw | None:
    if masks is None:
        return None
    if job.name not in masks:
        raise DataError("has no mask of its name; white marks the holes")
    return read_mask(masks[job.name], *picture.pixels.shape[:2])
