"""Points in the plane: mixtures of Gaussians whose modes are known exactly, so that coverage can be counted."""

import csv
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as Pillow
from pydantic import Field
from torch import Tensor

from ..settings import DataError
from ..spec import Batch, Span, Spec
from .base import Codec, Dataset, Domain, Notify, Raw, Stored

Points2D = npt.NDArray[np.float64]


class Coverage(NamedTuple):
    """How a set of points covers a mixture. Source: Lin et al. (2018), section 4.1, but for kl."""

    modes: int
    """Modes with at least one point within 3 deviations."""
    of: int
    high_quality: float
    """Share of points within 3 deviations of their nearest mode, 0 to 1."""
    kl: float
    """Kullback-Leibler divergence, in nats, of the counts by nearest mode from the mixture's own weights."""


@dataclass(frozen=True)
class Mixture:
    """Round Gaussians: centres (M, 2), one deviation, weights (M,) that sum to 1."""

    centres: Points2D
    deviation: float
    weights: Points2D

    def draw(self, count: int, seed: int) -> npt.NDArray[np.float32]:
        rng = np.random.default_rng(seed)
        modes = rng.choice(len(self.centres), count, p=self.weights)
        points = self.centres[modes] + self.deviation * rng.standard_normal((count, 2))
        return points.astype(np.float32)

    def coverage(self, points: Raw) -> Coverage:
        """points (N, 2). Each counts for its nearest mode; a mode is covered by one point within 3 deviations."""
        distance = np.linalg.norm(np.asarray(points, np.float64)[:, None] - self.centres, axis=2)
        nearest = distance.argmin(1)
        good = distance.min(1) <= 3 * self.deviation
        share = np.bincount(nearest, minlength=len(self.centres)) / len(points)
        used = share > 0
        kl = float((share[used] * np.log(share[used] / self.weights[used])).sum())
        return Coverage(len(np.unique(nearest[good])), len(self.centres), float(good.mean()), max(kl, 0.0))


def ring(modes: int = 8, radius: float = 1.0, deviation: float = 0.01) -> Mixture:
    """Gaussians evenly on a circle. Srivastava et al. (2017), with the sizes of Lin et al. (2018)."""
    angle = 2 * math.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angle), np.sin(angle)], 1)
    return Mixture(centres, deviation, np.full(modes, 1 / modes))


def grid(side: int = 5, spacing: float = 2.0, deviation: float = 0.05) -> Mixture:
    """side x side Gaussians on a square grid around the origin. Srivastava et al. (2017)."""
    line = spacing * (np.arange(side) - (side - 1) / 2)
    centres = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    return Mixture(centres, deviation, np.full(side * side, 1 / (side * side)))


MIXTURES = {"ring": ring, "grid": grid}


class Plane(Codec):
    """Points scaled to zero mean and unit variance over the whole of the data."""

    preview_count: ClassVar[int] = 4000
    centre: tuple[float, float]
    scale: float = Field(gt=0)
    """One factor for both axes, so that circles stay circles."""
    reach: float
    """Half the side of a preview."""

    @property
    def spec(self) -> Spec:
        return Spec(shape=(2,), spans=(Span(channels=2, kind="linear"),))

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        return Batch((x - torch.tensor(self.centre, device=x.device)) / self.scale)

    def decode(self, x: Tensor) -> Raw:
        return (x.detach().float().cpu() * self.scale + torch.tensor(self.centre)).numpy()

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        path = folder / f"points-{first:06d}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["x", "y"])
            rows.writerows([f"{x:.6g}", f"{y:.6g}"] for x, y in records)
        return [path]

    def preview(self, records: Raw, columns: int | None = None) -> npt.NDArray[np.uint8]:
        side = 512
        place = ((np.asarray(records) - self.centre) / (2 * self.reach) + 0.5) * side
        inside = ((place >= 0) & (place < side)).all(1)
        column, row = place[inside].astype(int).T
        counts = np.zeros((side, side))
        np.add.at(counts, (side - 1 - row, column), 1)
        ink = np.asarray(Pillow.fromarray(np.minimum(counts, 4).astype(np.float32)).reduce(2).resize((side, side)))
        shade = 255 * np.exp(-4 * ink)
        return np.repeat(shade.astype(np.uint8)[:, :, None], 3, axis=2)


class Points(Domain):
    """2-D mixtures: `ring` (8 modes), `grid` (25 modes), or a CSV of centres with columns x, y and maybe weight."""

    name: Literal["points"] = "points"
    codec: ClassVar[type[Codec]] = Plane
    count: int = Field(default=100_000, ge=20)
    """Points drawn; nine in ten are trained on, as many test as validate."""
    deviation: float | None = Field(default=None, gt=0)
    """Standard deviation of each mode; by default that of the named mixture, and 0.05 for a file."""
    draw_seed: int = 0
    """Seed of the drawing."""

    def mixture(self, path: str) -> Mixture:
        """The known distribution behind the data. Raises DataError when path names none."""
        if path in MIXTURES:
            known = MIXTURES[path]()
            return Mixture(known.centres, self.deviation or known.deviation, known.weights)
        return _read_centres(Path(path), self.deviation or 0.05)

    def read(self, path: str, notify: Notify = lambda line: None, strict: bool = False) -> Dataset:
        mixture = self.mixture(path)
        points = mixture.draw(self.count, self.draw_seed)
        rows = np.arange(len(points))
        cuts = [len(rows) * 18 // 20, len(rows) * 19 // 20]
        train, validation, test = (Stored(points, part) for part in np.split(rows, cuts))
        fingerprint = hashlib.sha256(points.tobytes()).hexdigest()
        return Dataset(train, validation, test, fingerprint, notes=(f"{len(mixture.centres)} modes",))

    def fit(self, dataset: Dataset) -> Plane:
        points = dataset.train.fetch(np.arange(len(dataset.train))).x.astype(np.float64)
        centre = points.mean(0)
        reach = 1.15 * float(np.abs(points - centre).max())
        return Plane(centre=(float(centre[0]), float(centre[1])), scale=float(points.std(0).mean()), reach=reach)

    def toy(self, seed: int = 0) -> Dataset:
        return Points(count=500, draw_seed=seed).read("ring")


def _read_centres(path: Path, deviation: float) -> Mixture:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        centres = np.array([[float(row["x"]), float(row["y"])] for row in rows])
        weights = np.array([float(row.get("weight") or 1) for row in rows])
    except OSError as error:
        raise DataError(f"no mixture '{path}': wanted ring, grid or a CSV of centres; {error.strerror}") from None
    except (KeyError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: wanted columns x, y and maybe weight, all numbers; {error!r}") from None
    if not len(centres) or not np.isfinite(centres).all() or not (weights > 0).all():
        raise DataError(f"{path}: wanted at least one centre, finite, with a weight above 0; got {len(centres)} rows")
    return Mixture(centres, deviation, weights / weights.sum())
