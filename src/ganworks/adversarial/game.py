"""Game: G against D. Who moves, when, and at what cost. Goodfellow et al. (2014)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..schedule import at
from ..spec import Batch
from .augment import Augmentation, augment
from .latents import Latents
from .objectives import Objective
from .player import Player, backward
from .turn import Logits, Term, Turn, mean_loss

Stats = dict[str, Tensor]


@dataclass(frozen=True)
class Rules:
    """How a game is played; `training.run.Run` documents each for the user."""

    objective: Objective
    latents: Latents
    latent: int
    terms: Sequence[Term] = ()
    augmentations: Sequence[Augmentation] = ()
    discriminator_turns: int = 1
    packing: int = 1
    part: int | None = None
    bf16: bool = False


class Game:
    """A step is some turns of the discriminator and one of the generator.

    Each turn of the discriminator takes a fresh real batch and fresh latents; so does the generator's when the
    objective is paired. A turn may be played in parts of at most `rules.part` samples that add up to the batch.
    """

    def __init__(self, generator: Player, discriminator: Player, rules: Rules):
        self.generator, self.discriminator, self.rules = generator, discriminator, rules
        self.steps = 0
        self.progress = 0.0

    def step(self, batches: Iterator[Batch], progress: float = 0.0) -> Stats:
        """Play one round. Takes as many batches as it needs; progress is how far the run has come, 0 to 1.

        Returns losses, costs, mean logits and gradient norms as tensors that are still on the device.
        """
        self.progress = progress
        stats: Stats = {}
        for _ in range(self.rules.discriminator_turns):
            batch = next(batches)
            stats |= self._take(self._discriminator_turn, "discriminator", self.discriminator, batch)
        if self.rules.objective.paired:
            batch = next(batches)
        stats |= self._take(self._generator_turn, "generator", self.generator, batch)
        self.steps += 1
        return stats

    def players(self) -> dict[str, Player]:
        return {"generator": self.generator, "discriminator": self.discriminator}

    def _take(self, play: Callable[[Batch], tuple[Turn, Tensor]], name: str, player: Player, batch: Batch) -> Stats:
        """One player's turn: play the batch part by part, pay for each part, then move."""
        player.clear()
        stats: Stats = {}
        for part in batch.split(self.rules.part):
            turn, loss = play(part)
            costs = {f"{name}/objective": loss} | _logit_means(name, turn)
            for term in self.rules.terms:
                if term.player == name and term.due(self.steps):
                    costs[f"{name}/{term.name}"] = cost = term.cost(turn).mean()
                    loss = loss + at(term.weight, self.progress) * term.every * cost
            share = len(part.x) / len(batch.x)
            backward(loss * share, player)
            for key, cost in costs.items():
                stats[key] = stats[key] + share * cost.detach() if key in stats else share * cost.detach()
        stats[f"{name}/gradient"] = player.step(len(batch.x), self.progress)
        return stats

    def _discriminator_turn(self, batch: Batch) -> tuple[Turn, Tensor]:
        z = self._latents(batch.x)
        with torch.no_grad():
            fake = self._generate(z, batch.c)
        real, fake = batch.x.detach().requires_grad_(), fake.requires_grad_()  # regularisers differentiate here
        real_logits, fake_logits = self._judge(real, batch.c), self._judge(fake, batch.c)
        loss = mean_loss(self.rules.objective.discriminator, real_logits, fake_logits)
        return self._record(z, batch.c, (real, fake), (real_logits, fake_logits)), loss

    def _generator_turn(self, batch: Batch) -> tuple[Turn, Tensor]:
        z = self._latents(batch.x)
        fake = self._generate(z, batch.c)
        real_logits = None
        if self.rules.objective.paired:
            with torch.no_grad():  # the real side moves no weight of the generator
                real_logits = self._judge(batch.x, batch.c)
        fake_logits = self._judge(fake, batch.c)
        loss = mean_loss(self.rules.objective.generator, fake_logits, real_logits)
        return self._record(z, batch.c, (batch.x, fake), (real_logits, fake_logits)), loss

    def _record(
        self, z: Tensor, c: Tensor | None, samples: tuple[Tensor, Tensor], logits: tuple[Logits | None, Logits]
    ) -> Turn:
        return Turn(z, c, *samples, *logits, generator=self.generator.network, judge=self._judge)

    def _latents(self, like: Tensor) -> Tensor:
        return self.rules.latents.draw(len(like), self.rules.latent, like.device)

    def _generate(self, z: Tensor, c: Tensor | None) -> Tensor:
        with torch.autocast(z.device.type, torch.bfloat16, enabled=self.rules.bf16):
            fake: Tensor = self.generator.network(z, c)
        return fake.float()

    def _judge(self, x: Tensor, c: Tensor | None) -> Logits:
        """The discriminator's logits, seen through augmentation and packing."""
        x = pack(augment(x, self.rules.augmentations, self.progress), self.rules.packing)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.rules.bf16):
            logits: Logits = self.discriminator.network(x, c)
        return tuple(each.float() for each in logits) if isinstance(logits, tuple) else logits.float()


def pack(x: Tensor, count: int) -> Tensor:
    """(B, C, *axes) -> (B / count, count * C, *axes): `count` samples are judged together. Lin et al. (2018)."""
    return x if count == 1 else x.reshape(len(x) // count, count * x.shape[1], *x.shape[2:])


def _logit_means(name: str, turn: Turn) -> Stats:
    """Mean logits of real and fake, from the discriminator's turn, where both are at hand."""
    if name != "discriminator" or turn.real_logits is None:
        return {}
    pairs = {"logits/real": turn.real_logits, "logits/fake": turn.fake_logits}
    return {key: (value[0] if isinstance(value, tuple) else value).mean() for key, value in pairs.items()}
