"""What a generator learned beside looking real: to draw what it is asked for, and codes that mean something."""

from typing import Any, NamedTuple

from ..domains.image import Pictures
from ..latent import asked, attributes, codes
from ..latent.asked import Asked
from ..latent.attributes import Read
from ..latent.classifier import at_hand
from ..latent.codes import CodeReport
from ..settings import ConfigError, DataError
from .findings import Finding, Level
from .subject import Notify, Subject

OBEYED, UNEVEN, IGNORED = 0.97, 0.9, 0.8
"""Share of samples as asked over that of held-out records: of all from OBEYED on and of the worst class from UNEVEN on
it is good; of all below IGNORED alarming."""
FOLLOWED, LOST = 0.9, 0.5
"""Correlation of an attribute with what was drawn, over that of held-out records: from FOLLOWED on good, below LOST
alarming."""
NAMED = 0.9
"""Accuracy of a category from which on it is taken for the classes."""


class Learned(NamedTuple):
    asked: Asked | None
    read: Read | None
    codes: CodeReport | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Plain values, as evaluation.json has them."""
        return {
            "asked": self.asked.record() if self.asked else None,
            "attributes": self.read.record() if self.read else None,
            "codes": self.codes.record() if self.codes else None,
            # The first line about what was asked is a finding.
            "learned": [*(self.asked.lines()[1:] if self.asked else ()), *(self.codes.lines() if self.codes else ())],
        }


def learned(subject: Subject, count: int, learn: bool, notify: Notify) -> Learned:
    """Measured where the model has classes or codes, on `count` samples; without `learn` only what takes seconds."""
    model, data, notes = subject.model, subject.dataset, []
    obeyed = meant = heard = None
    if not isinstance(model.codec, Pictures):
        return Learned(None, None, None, (), ())
    conditional, coded = bool(model.codec.shares), model.run.latents.codes is not None
    if (conditional or coded) and not learn and data.classes and not at_hand(model, data):
        notes.append("what was asked for and what codes mean is not measured in short; ganworks evaluate measures it")
    else:
        try:
            if conditional:
                obeyed = asked.measure(model, data, max(count, len(model.codec.shares)), learn=learn, notify=notify)
            if model.codec.attributes is not None:
                heard = attributes.measure(model, data, count, notify=notify)
            if coded:
                meant = codes.measure(model, data, count, notify=notify)
        except (ConfigError, DataError) as error:
            notes.append(str(error))
    findings = [
        *([_asked(obeyed)] if obeyed else []), *(_read(heard) if heard else []), *(_codes(meant) if meant else [])
    ]  # fmt: skip
    return Learned(obeyed, heard, meant, tuple(findings), tuple(notes))


def _asked(found: Asked) -> Finding:
    most = found.real or 1.0
    good = found.share >= OBEYED * most and found.worst >= UNEVEN * most
    level: Level = "good" if good else "alarm" if found.share < IGNORED * most else "warning"
    return Finding("asked", level, found.lines()[0])


def _read(found: Read) -> list[Finding]:
    """One for each attribute that a reader can see in real records at all."""
    levels: list[Level] = []
    for drawn, real in zip(found.drawn, found.real, strict=True):
        share = drawn / real if real > 0 else 1.0
        levels.append("good" if share >= FOLLOWED else "alarm" if share < LOST else "warning")
    return [Finding("asked", *each) for each in zip(levels, found.lines(), strict=True)]


def _codes(found: CodeReport) -> list[Finding]:
    """One for the category that names classes best; one that means something else is no fault."""
    rated = [each.accuracy for each in found.categories if each.accuracy is not None]
    if not rated:
        return []
    line = f"the best category names the class of {max(rated):.1%} of {found.samples:,} samples, by {found.judge}"
    return [Finding("codes", "good" if max(rated) >= NAMED else "warning", line)]
