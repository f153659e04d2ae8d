"""What the scores say in words: whether learning was worth it, and what the adversarial stage gave and took."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from .resample import Estimate
from .score import Row, Scored

MOST_LOST = 3.0
"""Decibels that an adversarial stage may cost; more is told as a warning."""
FARTHER = 1.1
"""Times the distance of a baseline's set above which a model's is called farther: these distances have no interval."""
Level = Literal["good", "warning", "alarm"]


class Said(NamedTuple):
    kind: Literal["baselines", "stages"]
    level: Level
    line: str


class Difference(NamedTuple):
    """One method less another on the same pictures."""

    first: str
    second: str
    metric: str
    estimate: Estimate


def lead(row: Row) -> str | None:
    """The number that decides: of holes where there are some, none without pairs."""
    return next((name for name in ("hole-psnr", "psnr") if name in row.values), None)


def best(rows: Sequence[Row]) -> Row | None:
    """The baseline that is hardest to beat: by the number that decides, without pairs by the distance of the sets."""
    if not rows:
        return None
    name = lead(rows[0])
    if name is not None:
        return max(rows, key=lambda row: row.values[name].value)
    distances = [row for row in rows if "frechet" in row.values]
    return min(distances, key=lambda row: row.values["frechet"].value) if distances else None


def differences(scored: Scored) -> list[Difference]:
    """The model and its stage less each baseline, and the model less its stage, in every number of pictures."""
    learnt = [row for row in scored.rows if row.kind != "baseline"]
    pairs = [(row, other) for row in learnt for other in scored.baselines]
    pairs += [(scored.model, row) for row in learnt[1:]]
    return [
        Difference(first.name, second.name, name, first.less(second, name))
        for first, second in pairs
        for name in first.pictures
    ]


def findings(scored: Scored, extractor: str) -> list[Said]:
    """One about the baselines, and one about the stages where there are two."""
    if "style" in scored.model.values:
        return [_styled(scored.model, {row.name: row for row in scored.baselines})]
    found = [_against_baselines(scored, extractor)]
    if scored.stage is not None:
        found.append(_stages(scored, scored.stage, extractor))
    return [each for each in found if each is not None]


def _against_baselines(scored: Scored, extractor: str) -> Said | None:
    rival, model = best(scored.baselines), scored.model
    if rival is None:
        return None
    name = lead(model)
    if name is None:
        return _sets(model, rival, extractor)
    unit = "dB (PSNR in holes)" if name == "hole-psnr" else "dB (PSNR)"
    judged = [row for row in (model, scored.stage) if row is not None]
    ahead = {row.name: row.less(rival, name) for row in judged}
    told = "; ".join(
        f"the {row_name} is {_by(each)} {unit} {_side(each)} {rival.name}" for row_name, each in ahead.items()
    )
    if all(each.sign < 0 for each in ahead.values()):
        return Said("baselines", "alarm", f"broken: loses to {rival.name} by {_by(ahead['model'])} {unit}")
    if ahead["model"].sign > 0:
        doubts = [each for each in (_farther(model, rival, extractor), _unmet(scored.left_out)) if each]
        return Said("baselines", "warning" if doubts else "good", "; ".join([told, *doubts]))
    if any(each.sign > 0 for each in ahead.values()):
        return Said("baselines", "warning", f"{told}: the adversarial stage gave its lead away")
    return Said("baselines", "warning", f"{told}: no better than what needs no learning")


def _farther(model: Row, rival: Row, extractor: str) -> str:
    """What to say when outputs lie nearer to their targets, and as a set farther away: grey comes near everything."""
    mine, theirs = model.value("frechet"), rival.value("frechet")
    if mine is None or theirs is None or mine <= FARTHER * theirs:
        return ""
    return f"but as a set its outputs look less like the targets, FD({extractor}) {mine:.4g} against {theirs:.4g}"


def _unmet(left_out: Sequence[str]) -> str:
    """What to say of baselines that were not there to be beaten."""
    return f"but not compared with {', '.join(left_out)}: pip install 'ganworks[imaging]'" if left_out else ""


def _styled(model: Row, rivals: Mapping[str, Row]) -> Said:
    """How far outputs came from the pictures they were made of to the style, and whether those are still in them."""
    before, other = rivals["copy-input"], rivals["another-picture"]
    nearer, kept = model.less(before, "style"), model.less(other, "content")
    mine, theirs = model.values["style"].value, before.values["style"].value
    if nearer.sign >= 0:
        return Said("baselines", "alarm", f"broken: outputs are no nearer to the style than their inputs, {mine:.3g} "
                    f"against {theirs:.3g}")  # fmt: skip
    told = f"{1 - mine / theirs:.0%} of the way from the inputs to the style ({theirs:.3g} to {mine:.3g})"
    content = (
        f"content is {model.values['content'].value:.3g} away, another picture's {other.values['content'].value:.3g}"
    )
    if kept.sign >= 0:
        return Said("baselines", "warning", f"{told}; {content}: raise the weight of content")
    return Said("baselines", "good", f"{told}; {content}")


def _sets(model: Row, rival: Row, extractor: str) -> Said | None:
    mine, theirs = model.value("frechet"), rival.value("frechet")
    if mine is None or theirs is None:
        return None
    told = f"FD({extractor}) to the target pictures is {mine:.4g}, that of {rival.name} {theirs:.4g}"
    if mine >= theirs:
        return Said("baselines", "alarm", f"broken: {told}")
    return Said("baselines", "good", told)


def _stages(scored: Scored, stage: Row, extractor: str) -> Said:
    """What the adversarial stage cost in error, and what it gave in looks."""
    model, name = scored.model, lead(scored.model)
    gains = []
    for measure, label in (("features", "feature distance"), ("frechet", f"FD({extractor})")):
        before, after = stage.value(measure), model.value(measure)
        if before is not None and after is not None:
            gains.append((after < before, f"{label} {'improves' if after < before else 'worsens'} from {before:.4g} to "
                          f"{after:.4g}"))  # fmt: skip
    change = "" if name is None else _cost(model.less(stage, name))
    told = "the adversarial stage " + ", ".join([*([change] if change else []), *(line for _, line in gains)])
    lost = 0.0 if name is None else -model.less(stage, name).value
    good = lost < MOST_LOST and all(better for better, _ in gains)
    return Said("stages", "good" if good else "warning", told)


def _cost(change: Estimate) -> str:
    return f"{'gains' if change.value >= 0 else 'costs'} {_by(change)} dB"


def _by(each: Estimate) -> str:
    """The size of a difference, with its interval."""
    if each.low is None or each.high is None:
        return f"{abs(each.value):.2f}"
    low, high = (each.low, each.high) if each.value >= 0 else (-each.high, -each.low)
    return f"{abs(each.value):.2f} ({low:.2f} to {high:.2f})"


def _side(each: Estimate) -> str:
    return "above" if each.value >= 0 else "below"
