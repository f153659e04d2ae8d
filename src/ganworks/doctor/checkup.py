"""examine: data -> what was found, the recipe that fits, and what it will cost."""

import shlex
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import launch
from ..domains import Codec, Dataset
from ..domains.image.codec import Pictures
from ..domains.translations import Translations
from ..launch import Words
from ..training.watch import Watch
from . import inputs, pictures, rows
from .cost import Cost, cost
from .findings import Findings
from .sample import SPLITS, Looked, look

ADVICE = (
    (100, "warning", "a generator will learn them by heart; use it for textures or variations only, or find more"),
    (300, "warning", "expect blurred or copied samples; augmentations are on; train long, and read `near copies`"),
    (1_200, "note", "few for a generator from scratch; augmentations are on, and copying should be watched"),
    (5_000, "note", "enough to begin with; more varied ones help more than more minutes"),
)
ADVICE_WITH_INPUTS = (
    (100, "warning", "a network will learn them by heart; find more, or cut parts of larger ones"),
    (
        400,
        "note",
        "few, but inputs help; mirror and jitter them (domain.flip, domain.jitter) and watch held-out numbers",
    ),
)


@dataclass(frozen=True)
class Checkup:
    data: str
    counts: dict[str, int]
    findings: Findings
    recipe: str
    why: str
    cost: Cost
    seconds: float
    command: str = ""
    """What to train it with."""

    def tree(self) -> dict[str, Any]:
        """Plain values, without pictures."""
        return {
            "data": self.data,
            "counts": self.counts,
            "findings": [each._asdict() for each in self.findings.lines],
            "bars": self.findings.bars,
            "recipe": {"name": self.recipe, "why": self.why},
            "cost": self.cost._asdict(),
            "seconds": round(self.seconds, 1),
        }


def examine(data: str, settings: Sequence[str] = (), watch: Watch | None = None, recipe: str | None = None) -> Checkup:
    """Read the data, look for what spoils training, and time the recipe that would be chosen, or the one named.

    settings are `domain.a=b` and others, as for training. Raises DataError or ConfigError with one line when there is
    nothing usable.
    """
    begun = time.monotonic()
    watch = watch or Watch()
    plan = launch.plan(Words(data, recipe, settings=settings), watch)
    dataset, run = plan.dataset, plan.run
    codec = run.domain.fit(dataset)
    findings = Findings()
    _counts(findings, dataset, codec)
    looked = look(dataset, codec)
    if len(looked.x) < looked.total:
        line = f"{len(looked.x):,} of {looked.total:,} records were looked at, drawn at random"
        findings.add("examined", "note", line)
    _labels(findings, dataset, looked)
    watch.line(f"looking at {len(looked.x):,} records ...")
    _examination(codec)(findings, dataset, codec, looked)
    watch.line("trying the recipe for a few seconds ...")
    counts = {split: len(getattr(dataset, split)) for split in SPLITS}
    why = next((line for line in plan.lines if line.startswith("recipe ")), f"recipe {run.recipe}")
    named = [] if recipe is None else ["--recipe", recipe]
    command = shlex.join(["ganworks", "train", data, *named, *(word for each in settings for word in ("--set", each))])
    why, price = why.removeprefix("recipe "), cost(run, dataset)
    return Checkup(data, counts, findings, run.recipe, why, price, time.monotonic() - begun, command)


def _counts(findings: Findings, dataset: Dataset, codec: Codec) -> None:
    """How many, how they were read, what was left out, and how evenly they are labelled."""
    train, translates = len(dataset.train), isinstance(codec, Translations)
    for most, level, advice in ADVICE_WITH_INPUTS if translates else ADVICE:
        if train < most and not dataset.train.endless and codec.spec.axes:
            findings.add("count", level, f"{train:,} {_called(codec)} to train on: {advice}")  # type: ignore[arg-type]
            break
    else:
        findings.add("count", "good", f"{train:,} records to train on")
    for split in SPLITS[1:]:
        held_out = len(getattr(dataset, split))
        if held_out < 50:
            line = f"only {held_out} records in the {split} split: numbers about the generator will be unsure"
            findings.add("count", "warning", line)
    for note in dataset.notes:
        findings.add("reading", "note", note)
    if dataset.skipped:
        shown = "; ".join(f"{each.name}: {each.reason}" for each in dataset.skipped[:3])
        what = "were left out" if translates else "cannot be read"
        findings.add("left out", "warning", f"{len(dataset.skipped):,} files {what}: {shown}")
    else:
        findings.add("left out", "good", "every record can be read")


def _labels(findings: Findings, dataset: Dataset, looked: Looked) -> None:
    """Balance of the classes among the records looked at."""
    if looked.labels is None or not dataset.classes:
        return
    counted = Counter(int(each) for each in looked.labels)
    named = {name: counted.get(i, 0) for i, name in enumerate(dataset.classes)}
    if len(named) <= 60:
        findings.bars["records a class"] = named
    least, most = min(named, key=lambda name: named[name]), max(named, key=lambda name: named[name])
    ratio = named[most] / max(named[least], 1)
    line = f"{len(named):,} classes, '{most}' with {named[most]:,} and '{least}' with {named[least]:,} records"
    if ratio > 5:
        findings.add("labels", "warning", f"{line}: rare classes will be drawn rarely and badly; even them out")
    else:
        findings.add("labels", "good", line)


def _examination(codec: Codec) -> Callable[[Findings, Dataset, Codec, Looked], None]:
    """How records are looked at: what two axes hold need not be pictures, such as levels and spectra."""
    if len(codec.spec.axes) != 2 or not isinstance(codec.output, Pictures):
        return rows.examine
    return inputs.examine if isinstance(codec, Translations) else pictures.examine


def _called(codec: Codec) -> str:
    return "pictures" if isinstance(codec.output, Pictures) else "records"
