"""What can be wrong with pictures: copies, near-copies across splits, black or blown-out ones, handedness."""

import numpy as np
import torch
from torch import Tensor

from ..domains import Codec, Dataset
from ..metrics.two_sample import two_sample_test
from .findings import Findings, Shown, share
from .sample import Looked

ALIKE = 0.995
"""Correlation of thumbnails from which two pictures are near-copies: re-encoded, resized or slightly retouched ones."""
BLANK = 0.02
"""Deviation, with white minus black as 2, below which there is nothing in a picture."""
HANDED, FEWEST = 0.52, 400
"""Accuracy above which originals and mirrored pictures differ, and pictures below which nobody can tell."""
SERIOUS = 0.002
"""Near-copies across splits, as a share of the pictures, from which held-out numbers suffer."""
PAIRS, ODD = 12, 24
"""Pairs and odd pictures on the page."""


MIRRORS = "'augmentations=[{name=\"flip\"}]'"


def examine(findings: Findings, dataset: Dataset, codec: Codec, looked: Looked, flip: str = MIRRORS) -> None:
    """`flip` is the setting that mirrors pictures in training."""
    blank = _brightness(findings, codec, looked)
    thumbnails = looked.thumbnails()
    _copies(findings, codec, looked, thumbnails, blank)
    _handedness(findings, thumbnails, flip)


def _brightness(findings: Findings, codec: Codec, looked: Looked) -> Tensor:
    """Tell of pictures with nothing in them and of an unusual range. Returns which are blank, (N,)."""
    flat = looked.x.float().flatten(1)
    mean, deviation = flat.mean(1), flat.std(1)
    blank: Tensor = deviation < BLANK
    if count := int(blank.sum()):
        findings.add("brightness", "warning", f"{share(count, len(flat))} pictures hold one colour; remove them")
        findings.shown.append(_sheet("one colour", codec, looked.x[blank][:ODD]))
    shade = 50 + 50 * float(mean.mean())
    findings.add("brightness", "good", f"mean brightness {shade:.0f} % (black 0, white 100)")
    order = mean.argsort()
    half = ODD // 2
    findings.shown.append(_sheet("darkest and brightest", codec, looked.x[torch.cat([order[:half], order[-half:]])]))
    used = float(flat.amax() - flat.amin())
    if used < 0.5:
        line = f"all values lie within {used / 2:.0%} of the range; stretch the pictures to black and white first"
        findings.add("range", "warning", line)
    return blank


def _copies(findings: Findings, codec: Codec, looked: Looked, thumbnails: Tensor, blank: Tensor) -> None:
    """Exact copies, near-copies and mirrored near-copies, and which of them lie on both sides of a split."""
    exact = len(looked.x) - len({each.tobytes() for each in looked.x.numpy()})
    if exact:
        line = f"{share(exact, len(looked.x))} pictures are exact copies of others; the same content is in one split"
        findings.add("copies", "warning" if 50 * exact > len(looked.x) else "note", f"{line} only, so nothing leaks")
    normal, mirror = (_normalised(each.flatten(1)) for each in (thumbnails, thumbnails.flip(3)))
    normal[blank] = 0  # a blank picture resembles every other blank one
    pairs = _alike(normal, normal)
    pairs = [(i, j) for i, j in pairs if i < j and not torch.equal(looked.x[i], looked.x[j])]
    mirrored = [(i, j) for i, j in _alike(normal, mirror) if i < j]
    for about, found in (("near-copies", pairs), ("mirrored copies", mirrored)):
        if not found:
            findings.add(about, "good", f"no {about} among {len(looked.x):,} pictures")
            continue
        split = [(i, j) for i, j in found if looked.splits[i] != looked.splits[j]]
        line = f"{len(found):,} {'pair' if len(found) == 1 else 'pairs'} of pictures are {about}"
        if split:
            line += f", {len(split):,} of them across splits: remove one of each, or held-out numbers flatter"
        serious = len(split) > SERIOUS * len(looked.x)
        findings.add(about, "warning" if serious else "note", line)
        rows = torch.tensor([each for pair in found[:PAIRS] for each in pair])
        findings.shown.append(_sheet(f"{about}, side by side", codec, looked.x[rows]))


def _handedness(findings: Findings, thumbnails: Tensor, flip: str) -> None:
    """Can mirrored pictures be told from originals? Where they cannot, flips double the data."""
    order = torch.randperm(len(thumbnails), generator=torch.Generator().manual_seed(0))[:4_000]
    if len(order) < FEWEST:
        line = (
            f"{len(order)} pictures are too few to measure a handedness; use flips only if a mirror image makes sense"
        )
        findings.add("handedness", "note", line)
        return
    half, grey = len(order) // 2, thumbnails[order].mean(1)
    told = two_sample_test(grey[:half].flatten(1), grey[half:].flip(2).flatten(1))
    if told.low > HANDED:
        line = f"mirrored pictures are told from originals {told.accuracy:.0%} of the time: do not flip them"
        findings.add("handedness", "note", line)
    else:
        line = f"mirrored pictures cannot be told from originals ({told.accuracy:.0%} is chance): flips are safe; add"
        findings.add("handedness", "good", f"{line} --set {flip} where there are few pictures")


def _alike(x: Tensor, y: Tensor, most: int = 100_000) -> list[tuple[int, int]]:
    """Pairs of rows whose correlation is above ALIKE, at most so many."""
    found: list[tuple[int, int]] = []
    for first in range(0, len(x), 1_024):
        pairs = (x[first : first + 1_024] @ y.T > ALIKE).nonzero()
        found += [(int(i) + first, int(j)) for i, j in pairs[pairs[:, 0] + first < pairs[:, 1]]]
        if len(found) > most:
            break
    return found


def _normalised(thumbnails: Tensor) -> Tensor:
    centred = thumbnails - thumbnails.mean(1, keepdim=True)
    normal: Tensor = centred / centred.norm(dim=1, keepdim=True).clamp(min=1e-6)
    return normal


def _sheet(title: str, codec: Codec, x: Tensor) -> Shown:
    return Shown(title, np.ascontiguousarray(codec.preview(codec.decode(x), columns=min(12, max(2, len(x) // 2 * 2)))))
