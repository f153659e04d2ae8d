"""Membership inference against a run: every attack there is, on the same members and the same others."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..evaluation.findings import Finding, Level
from ..metrics.privacy import attacks
from ..metrics.privacy.membership import LEAST, Membership, membership
from ..metrics.privacy.shares import clopper_pearson
from ..settings import DataError

STRONG = 0.6
"""AUC from which on an attack is more than a warning, and up to which few records must rule one out."""
MANY = 0.1
"""Members named, at one false alarm in a hundred, from which on it is more than a warning."""
CONFIDENCE = 0.95

Scores = tuple[Tensor, Tensor]
"""Of members (N,) and of others (N,)."""


class Attack(NamedTuple):
    """One attack, and what came of it."""

    name: str
    label: str
    line: str
    """What the attacker has and does."""
    scores: Scores | None
    reason: str = ""
    """Why there are no scores."""
    control: bool = False
    """Whether it is no attack: it uses nothing of the model."""

    def judged(self, confidence: float = CONFIDENCE) -> Membership | None:
        return None if self.scores is None else membership(*self.scores, confidence)

    def row(self) -> dict[str, Any]:
        """A line of the page's table."""
        found = self.judged()
        if found is None:
            return {"name": self.label, "line": f"{self.line}. Left out: {self.reason}", "values": [None, "", "", ""]}
        values = [found.auc, between(found.low, found.high)]
        for each in found.hits:
            share = each.found
            told = f"{percent(share.value)} ({percent(share.low)} to {percent(share.high)})" if share else None
            values.append(told or f"needs {each.needed:,} of each")
        return {"name": self.label, "line": self.line, "values": values}

    def record(self) -> dict[str, Any]:
        """Plain values."""
        found = self.judged()
        if found is None:
            return {"auc": None, "reason": self.reason}
        hits = [
            {
                "false_alarms": each.at,
                **(each.found._asdict() if each.found else {"value": None, "needed": each.needed}),
            }
            for each in found.hits
        ]
        return {"auc": found.auc, "low": found.low, "high": found.high, "hits": hits, "records": found.members}


def attempted(
    members: Tensor, others: Tensor, fake: Tensor, logits: Scores | str, strangers: Tensor, seed: int = 0
) -> list[Attack]:
    """All attacks on members (N, F) among others (N, F), from samples (M, F); the last are controls.

    strangers (S, F) are training records that are no members: what the nearest of them tells, no generator gave away.
    """
    found = [
        Attack(
            "discriminator",
            "discriminator's logit",
            "has the checkpoint; what the discriminator holds for more real, it was trained on (Hayes et al., 2019)",
            None if isinstance(logits, str) else logits,
            logits if isinstance(logits, str) else "",
        )
    ]
    found += [
        _tried(name, label, line, lambda attack=attack: _crossed(attack, members, others, fake))  # type: ignore[misc]
        for name, (label, line, attack) in ATTACKS.items()
    ]
    blind = "has no model at all; above 0.5 the two sides differ by themselves, and the rows above overstate"
    found.append(_tried("blind", "control: no model", blind, lambda: attacks.blind(members, others, seed), True))
    if len(strangers) >= LEAST:
        told = "the nearest-sample attack with other training records for samples; above 0.5 the two sides differ, too"
        scores = attacks.near(members, strangers), attacks.near(others, strangers)
        found.append(Attack("strangers", "control: strangers", told, scores, control=True))
    return found


def _tried(name: str, label: str, line: str, attack: Callable[[], Scores], control: bool = False) -> Attack:
    try:
        return Attack(name, label, line, attack(), control=control)
    except DataError as error:
        return Attack(name, label, line, None, str(error), control)


def _crossed(attack: "Score", members: Tensor, others: Tensor, fake: Tensor) -> Scores:
    """Each half of both sides attacked with the other half of the held-out records as reference."""
    sides = [torch.tensor_split(each, 2) for each in (members, others)]
    references = sides[1][::-1]
    mine, theirs = (
        torch.cat([attack(half, fake, reference) for half, reference in zip(side, references, strict=True)])
        for side in sides
    )
    return mine, theirs


def verdict(found: list[Attack]) -> tuple[str, list[Finding]]:
    """The worst attack in one line, and findings. Intervals hold for all attacks together (Bonferroni)."""
    real = [each for each in found if each.scores is not None and not each.control]
    if not real:
        line = "no attack could be run: " + "; ".join(each.reason for each in found if each.reason)
        return line, [Finding("privacy", "warning", line)]
    together = 1 - (1 - CONFIDENCE) / len(real)
    judged = {each.label: membership(*each.scores, together) for each in real if each.scores is not None}
    label, worst = max(judged.items(), key=lambda each: each[1].auc)
    line = f"the worst attack tells members from others at AUC {worst.auc:.3f} [{worst.low:.3f}, {worst.high:.3f}]"
    findings = [_of_the_worst(line, label, worst, len(real)), *_few(judged), *_confounded(found)]
    return line, findings


def _of_the_worst(line: str, label: str, worst: Membership, count: int) -> Finding:
    told = f"{line}: {label}, of {count} attacks; 0.5 is a coin"
    if worst.low > 0.5:
        level: Level = "alarm" if worst.low > STRONG else "warning"
        return Finding("privacy", level, f"{told}. Somebody can tell, better than by a coin, who was in the data")
    if worst.high > STRONG:
        return Finding("privacy", "warning", f"{told}. {worst.others:,} held-out records are too few to rule more out")
    return Finding("privacy", "good", f"{told}. None of these attacks works; that is no proof that none does")


def _few(judged: dict[str, Membership]) -> list[Finding]:
    """The attack that names most members at a low share of false alarms, if it names more than chance does."""
    worst: tuple[float, str, str] | None = None
    for label, found in judged.items():
        for each in found.hits:
            if each.found is None:
                continue
            allowed = int(each.at * found.others + 1e-9)
            # The threshold comes from a few records, so the false alarms it allows are unsure, too.
            if each.found.low > clopper_pearson(allowed, found.others).high and (
                not worst or each.found.low > worst[0]
            ):
                told = f"{percent(each.found.value)} of members at {percent(each.at)} false alarms"
                worst = (each.found.low, label, told)
    if worst is None:
        return []
    level: Level = "alarm" if worst[0] > MANY else "warning"
    return [Finding("privacy", level, f"{worst[1]} names {worst[2]}: single records give themselves away")]


def _confounded(found: list[Attack]) -> list[Finding]:
    controls = [judged for each in found if each.control and (judged := each.judged()) is not None]
    worst = max(controls, key=lambda each: each.low, default=None)
    if worst is None or worst.low <= 0.5:
        return []
    told = f"AUC {worst.auc:.3f} [{worst.low:.3f}, {worst.high:.3f}]"
    line = f"training and held-out records differ by themselves, in time or by chance: {told} without any model"
    return [Finding("privacy", "warning", f"{line}; an attack with no more than that has found nothing")]


def between(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


Score = Callable[[Tensor, Tensor, Tensor], Tensor]
ATTACKS: dict[str, tuple[str, str, Score]] = {
    "near": (
        "nearest sample",
        "has samples; what lies near to one of them, it was trained on (Chen et al., 2020)",
        lambda records, fake, reference: attacks.near(records, fake),
    ),
    "nearer": (
        "nearest sample, calibrated",
        "has samples and some other records; the same, less how near those lie, since rare records are far from all",
        attacks.nearer,
    ),
    "likelier": (
        "density ratio",
        "has samples and some other records; what is likelier among samples than among those (DOMIAS, 2023)",
        attacks.likelier,
    ),
}
