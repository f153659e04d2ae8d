"""What the discriminator makes of records: the attack of somebody who has the whole checkpoint, not samples alone."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..adversarial.game import Game, pack
from ..evaluation.subject import Subject
from ..settings import CheckpointError, ConfigError
from ..spec import Batch
from ..training import sampling
from ..training.building import build_game
from ..training.checkpoint import Checkpoint, Checkpoints
from ..training.feed import derive, encode
from ..training.remedies import FIRST, Case, treated
from .sides import CPU, PART, Sides

PACKS = 4
"""Packs with samples that a record is judged in, where the discriminator judges several together."""


def logits(subject: Subject, sides: Sides) -> tuple[Tensor, Tensor] | str:
    """Mean logit of each member and each other record, (N,) and (N,), or why there is none.

    Hayes et al. (2019), LOGAN. A relativistic discriminator has no zero, but ranks as others do.
    """
    found = Checkpoints(subject.folder / "checkpoints", notify=lambda line: None).latest()
    if found is None:
        return "no checkpoint is kept here, so there is no discriminator to ask"
    try:
        game = _game(subject, found)
    except (CheckpointError, ConfigError) as error:
        return f"the discriminator cannot be had: {error}"
    scores = torch.cat(list(_scores(game, subject, sides)))
    members, others = scores.double().view(-1, 2).T
    return members.contiguous(), others.contiguous()


def _game(subject: Subject, saved: Checkpoint) -> Game:
    """The game of a checkpoint, with its discriminator's weights; without terms that need networks of their own."""
    run, values, spec = subject.model.run, saved.values, subject.codec.spec
    case = Case(len(spec.axes), values.get("strength", FIRST))
    run = treated(run, values.get("remedies", ()), case)
    run = run.model_copy(update={"terms": tuple(each for each in run.terms if not getattr(each, "wants", ()))})
    with torch.random.fork_rng(devices=[]):
        game = build_game(run, spec, CPU)
    game.discriminator.load(saved.parts["discriminator"])
    game.discriminator.network.eval()
    return game


@torch.no_grad()
def _scores(game: Game, subject: Subject, sides: Sides) -> Iterator[Tensor]:
    """Logits of member, other, member, other, ...: judged in one batch, in random order, so that layers that look at a
    whole batch see the same of both."""
    codec, packing = subject.codec, game.rules.packing
    count = (packing - 1) * PACKS
    fillers = None
    if count:
        drawn = encode(subject.model.generate(count), None, codec, CPU, fixed=True).x
        fillers = Batch(drawn, sampling.classes(codec, count, 0))  # the conditions that they were drawn for
    generator = torch.Generator().manual_seed(derive("audit", "logits"))
    for start in range(0, sides.size, PART):
        batches = []
        for source, rows in ((sides.train, sides.members), (sides.others, sides.other_rows)):
            raw = source.fetch(rows[start : start + PART])
            batches.append(encode(raw.x, raw.labels, codec, CPU, fixed=True))
        x = torch.stack([each.x for each in batches], 1).flatten(0, 1)
        conditions = [each.c for each in batches if each.c is not None]
        c = torch.stack(conditions, 1).flatten(0, 1) if conditions else None
        order = torch.randperm(len(x), generator=generator)
        with torch.random.fork_rng(devices=[]):
            judged = _judged(game, x[order], None if c is None else c[order], fillers)
        yield judged[order.argsort()]


def _judged(game: Game, x: Tensor, c: Tensor | None, fillers: Batch | None) -> Tensor:
    """Mean logit (B,) of each sample x (B, *shape); in packs, each among the same generated ones."""
    network, packing = game.discriminator.network, game.rules.packing
    if fillers is None:
        return _mean(network(x, c))
    total = torch.zeros(len(x))
    for some in fillers.split(packing - 1):
        packs = pack(_among(x, some.x), packing)
        conditions = None if c is None or some.c is None else pack(_among(c, some.c), packing)
        total += _mean(network(packs, conditions)) / PACKS
    return total


def _among(x: Tensor, fillers: Tensor) -> Tensor:
    """Each of x (B, ...) before all of the fillers (K, ...): (B * (K + 1), ...)."""
    beside = fillers.expand(len(x), *fillers.shape).to(x.dtype)
    return torch.cat([x[:, None], beside], 1).flatten(0, 1)


def _mean(logits: Tensor | tuple[Tensor, ...]) -> Tensor:
    every = logits if isinstance(logits, tuple) else (logits,)
    return torch.stack([each.float().flatten(1).mean(1) for each in every]).mean(0).cpu()
