"""Curves of a run as SVG: few lines, direct labels, verdicts and remedies where they happened."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .gather import Found, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, REAL, FAKE, THIRD, FAINT = "#3b3f46", "#1f6f8b", "#d1603d", "#7a9e3a", "#c9ced6"
COLOURS = {
    "improving": "#d7ead9", "converged": "#bfe0c5", "budget-reached": "#e7eaee", "plateau-unhealthy": "#f6e7c1",
    "oscillating": "#f6e7c1", "discriminator-overfitting": "#f3d9bd", "memorising": "#f3cdbd", "collapsed": "#f0bcb4",
    "diverged": "#eda9a3",
}  # fmt: skip
PANELS = {
    "losses": {"generator/objective": "generator", "discriminator/objective": "discriminator"},
    "mean logits": {"logits/real": "real", "logits/fake": "fake"},
    "norms of gradients": {"generator/gradient": "generator", "discriminator/gradient": "discriminator"},
}


def curves(found: Found) -> str | None:
    """Losses, logits and gradients over samples seen, as small multiples; None before the first entry."""
    steps = found.of("step")
    if not steps:
        return None
    from matplotlib.figure import Figure  # noqa: PLC0415  a second to import

    figure = Figure(figsize=(10, 2.7), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    samples = [number(entry.get("samples")) for entry in steps]
    for axis, (title, lines) in zip(axes, PANELS.items(), strict=True):
        for (key, label), colour in zip(lines.items(), (REAL, FAKE), strict=True):
            values = [number(entry.get(key)) for entry in steps]
            if any(math.isfinite(value) for value in values):
                axis.plot(samples, values, color=colour, linewidth=1.2, label=label)
        positive = [each for line in axis.lines for each in line.get_ydata() if math.isfinite(each)]
        if title == "norms of gradients" and positive and min(positive) > 0:
            axis.set_yscale("log")
        _mark_remedies(axis, found)
        _dress(axis, title)
        if positive:
            axis.legend(*axis.get_legend_handles_labels(), frameon=False, fontsize=8, labelcolor=INK)
    return _svg(figure)


def judgements(found: Found) -> str | None:
    """The distance to held-out data over samples seen, over coloured spans of the verdicts, with the best marked."""
    judged = [entry for entry in found.of("judged") if math.isfinite(number(entry.get("distance")))]
    if len(judged) < 2:
        return None
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    axis = figure.subplots()
    samples = [number(entry["samples"]) for entry in judged]
    distances = [number(entry["distance"]) for entry in judged]
    words = _spans(axis, samples, [str(entry.get("verdict")) for entry in judged])
    axis.plot(samples, distances, color=REAL, linewidth=1.6, marker="o", markersize=3)
    best = number(judged[-1].get("best_samples"))
    if best in samples:
        at = samples.index(best)
        axis.plot([best], [distances[at]], "o", markersize=9, markerfacecolor="none", markeredgecolor=FAKE)
        axis.annotate("best", (best, distances[at]), (0, 9), textcoords="offset points", color=FAKE, fontsize=9)
    if min(distances) > 0:
        axis.set_yscale("log")
    _mark_remedies(axis, found)
    _dress(axis, "distance to held-out data (lower is closer)")
    axis.legend(
        handles=words, frameon=False, fontsize=8, labelcolor=INK, loc="lower right", bbox_to_anchor=(1, 1), ncols=4
    )
    return _svg(figure)


def classes(histogram: Mapping[str, Any]) -> str | None:
    """Share of samples in each class, generated beside real; None for more classes than a bar chart can hold."""
    names, fake, real = (histogram.get(key) or [] for key in ("names", "histogram", "real"))
    if not names or len(names) > 60 or len(fake) != len(names):
        return None
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(10, 2.5), layout="constrained")
    axis = figure.subplots()
    places = range(len(names))
    axis.bar([each - 0.2 for each in places], fake, 0.4, color=FAKE, label="generated")
    if len(real) == len(names):
        axis.bar([each + 0.2 for each in places], real, 0.4, color=REAL, label="real, held out")
    axis.set_xticks(list(places), [_plain(str(name)) for name in names], rotation=0 if len(names) <= 20 else 90)
    _dress(axis, "share of samples in each class, as the extractor's classifier sees them", counts=False)
    axis.legend(frameon=False, fontsize=8, labelcolor=INK)
    return _svg(figure)


def _spans(axis: "Axes", samples: Sequence[float], words: Sequence[str]) -> list[Any]:
    """Colour the ground from each judgement back to the one before. Returns a legend of the words."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    begun = samples[0]
    for place, word in enumerate(words):
        # One span for a run of equal words: seams between them would show.
        if place + 1 == len(words) or words[place + 1] != word:
            axis.axvspan(begun, samples[place], color=COLOURS.get(word, FAINT), linewidth=0, zorder=0)
            begun = samples[place]
    return [Patch(color=COLOURS.get(word, FAINT), label=_plain(word)) for word in dict.fromkeys(words)]


def _mark_remedies(axis: "Axes", found: Found) -> None:
    for entry in found.of("remedy") + found.of("went back"):
        axis.axvline(number(entry.get("samples")), color=FAKE, linewidth=0.8, linestyle=":")


def _dress(axis: "Axes", title: str, counts: bool = True) -> None:
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    axis.set_title(title, fontsize=10, color=INK, loc="left")
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(FAINT)
    axis.tick_params(colors=INK, labelsize=8)
    if counts:
        axis.set_xlabel("samples seen", fontsize=8, color=INK)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def short(count: float) -> str:
    """12,000 as 12k."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(count) >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:g}"


def _plain(text: str) -> str:
    """Two dollar signs in a name would be read as a formula."""
    return text.replace("$", r"\$")


def _svg(figure: "Figure") -> str:
    text = io.StringIO()
    # Without a date and with a fixed salt the same run gives the same bytes.
    from matplotlib import rc_context  # noqa: PLC0415

    with rc_context({"svg.hashsalt": "ganworks", "svg.fonttype": "path"}):
        figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    return text.getvalue()
