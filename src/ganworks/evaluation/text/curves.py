"""BLEU against self-BLEU over temperatures: two curves, what is real, and whether the game was worth it."""

import io
from collections.abc import Sequence
from typing import NamedTuple

from ...settings import CheckpointError
from ...training.folder import write_atomic
from ..findings import Finding
from ..subject import Subject
from .rows import COLUMNS, Row

ORDER = 3
"""The BLEU that is drawn and judged by."""
CLOSE = 0.005
"""Difference of BLEU that another seed makes as well."""
NAME = "curves.png"


class Point(NamedTuple):
    """One set."""

    alike: float
    """Self-BLEU: less is more diverse."""
    bleu: float


def points(rows: Sequence[Row], name: str) -> list[Point]:
    """The curve of a generator by temperature, from the cold end."""
    found = [_point(row) for row in rows if row["name"].startswith(f"{name} at ")]
    return [each for each in found if each is not None]


def _point(row: Row) -> Point | None:
    values = dict(zip(COLUMNS, row["values"], strict=True))
    if values[f"BLEU-{ORDER}"] is None:
        return None
    return Point(values[f"self-BLEU-{ORDER}"], values[f"BLEU-{ORDER}"])


def at(curve: Sequence[Point], alike: float) -> float | None:
    """BLEU of a curve at this self-BLEU, between its points; None where it does not reach."""
    for one, other in zip(sorted(curve), sorted(curve)[1:], strict=False):
        if one.alike <= alike <= other.alike:
            share = (alike - one.alike) / ((other.alike - one.alike) or 1.0)
            return one.bleu + share * (other.bleu - one.bleu)
    return None


def worth(rows: Sequence[Row]) -> Finding | None:
    """Whether the adversarial stage is worth anything beside another temperature of the first one."""
    game, before = points(rows, "generated"), points(rows, "likelihood alone")
    here = next((_point(row) for row in rows if row["name"] == "generated at 1"), None)
    if not game or not before or here is None:
        return None
    told = f"at temperature 1 the adversarial generator has BLEU-{ORDER} {here.bleu:.3f} at self-BLEU {here.alike:.3f}"
    there = at(before, here.alike)
    if there is None:
        beaten = any(each.bleu >= here.bleu and each.alike <= here.alike for each in before)
        line = f"{told}, where the likelihood stage does not come"
        return Finding("text", "warning" if beaten else "good", line + ("; it is beaten on both" if beaten else ""))
    told += f"; the likelihood stage alone has {there:.3f} there"
    if here.bleu < there - CLOSE:
        return Finding(
            "text", "warning", f"{told}: the adversarial point lies inside its curve, so take the first stage"
        )
    if here.bleu > there + CLOSE:
        return Finding("text", "good", f"{told}: the game was worth it")
    return Finding("text", "good", f"{told}: the same curve, so the game moved along it as a temperature does")


def drawn(subject: Subject, rows: Sequence[Row], real: Row | None) -> list[dict[str, str]]:
    """Draw the curves under the run's samples; nothing where there is only one point."""
    from matplotlib.figure import Figure  # noqa: PLC0415  slow

    curves = {name: points(rows, name) for name in ("generated", "likelihood alone")}
    if len(curves["generated"]) < 2:
        return []
    figure = Figure(figsize=(5.6, 4.2), dpi=110, layout="constrained")
    axes = figure.subplots()
    for (name, curve), mark in zip(curves.items(), "os", strict=True):
        if curve:
            axes.plot([each.alike for each in curve], [each.bleu for each in curve], f"{mark}-", label=name)
    true = None if real is None else _point(real)
    if true is not None:
        axes.plot([true.alike], [true.bleu], "k*", markersize=12, label="real (training lines)")
    axes.set_xlabel(f"self-BLEU-{ORDER} (less is more diverse)")
    axes.set_ylabel(f"BLEU-{ORDER} against held-out lines")
    axes.grid(alpha=0.3)
    axes.legend()
    data = io.BytesIO()
    figure.savefig(data, format="png")
    path = subject.folder / "samples" / NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data.getvalue())
    except (OSError, CheckpointError):
        return []
    caption = "Each point is a temperature, hotter to the left. Higher at equal self-BLEU is better."
    return [{"title": "Quality against variety", "file": NAME, "caption": caption}]
