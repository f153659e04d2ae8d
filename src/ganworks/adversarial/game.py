"""Game: G against D. Who moves, when, and at what cost. Goodfellow et al. (2014)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from ..schedule import Number, at
from ..spec import Batch, Spec
from .augment import Augmentation, augment
from .engines import Duel, Engine, Lean
from .engines.base import Stats, distinct
from .latents import Latents
from .noticing import Noticing
from .objectives import Objective
from .player import Player, backward
from .pool import Pool
from .turn import Beside, Logits, Term, Turn, mean_loss


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
    share_fakes: bool = False
    engine: Engine = field(default_factory=Lean)
    adversarial: Number = 1.0
    pool: int = 0
    extract: Callable[[str, Tensor], tuple[Tensor, ...]] = Beside().extract
    guess: Spec | None = None
    fakes: int | None = None
    """Fakes in a turn, where their number must not follow that of the real samples, which then may be none."""


class Game:
    """A step is some turns of the discriminator and one of the generator.

    Each turn of the discriminator takes a fresh real batch and fresh latents; so does the generator's when the
    objective is paired, unless `rules.share_fakes` lets it go on with the last fakes that were judged. A turn may be
    played in parts of at most `rules.part` samples that add up to the batch. While `rules.adversarial` is 0 the
    discriminator does not play, and the generator pays its terms alone.
    """

    def __init__(self, generator: Player, discriminator: Player, rules: Rules):
        self.generator, self.discriminator, self.rules = generator, discriminator, rules
        self.steps = 0
        self.progress = 0.0
        self._pass = rules.engine.start(generator.network, discriminator.network)
        self._shared: tuple[Tensor, Tensor] | None = None
        self.pool = Pool(rules.pool) if rules.pool else None
        listens = any(term.notices for term in rules.terms)
        self._noticing = Noticing(discriminator.network) if listens else None
        noticed = self._noticing.of if self._noticing else Beside().noticed
        self._beside = Beside(noticed, rules.extract, rules.guess)

    def step(self, batches: Iterator[Batch], progress: float = 0.0) -> Stats:
        """Play one round. Takes as many batches as it needs; progress is how far the run has come, 0 to 1.

        Returns losses, costs, mean logits and gradient norms as tensors that are still on the device.
        """
        self.progress, self._shared = progress, None  # a step that was broken off may have left its fakes
        stats: Stats = {}
        turns = self.rules.discriminator_turns if self.contested(progress) else 0
        for turn in range(turns):
            batch = next(batches)
            keep = turn + 1 == turns and self._shares(len(batch.x))
            stats |= self._take(partial(self._discriminator_turn, keep=keep), self.discriminator, batch)
        if not turns or (self.rules.objective.paired and self._shared is None):
            batch = next(batches)
        play = self._generator_turn if turns else self._lone_turn
        stats |= self._take(play, self.generator, batch)
        self._shared = None
        self.steps += 1
        return stats

    def needs(self, batch: int) -> int:
        """Batches of so many samples that a step takes, at most."""
        return self.rules.discriminator_turns + (self.rules.objective.paired and not self._shares(batch))

    def players(self) -> dict[str, Player]:
        return {"generator": self.generator, "discriminator": self.discriminator}

    def _take(self, play: Callable[[Batch, float], Stats], player: Player, batch: Batch) -> Stats:
        """One player's turn: play the batch part by part, pay for each part, then move."""
        player.clear()
        if self._noticing:
            self._noticing.forget()
        stats: Stats = {}
        for part in batch.split(self.rules.part):
            share = len(part.x) / len(batch.x) if len(batch.x) else 1.0
            for name, value in play(part, share).items():
                weighed = value if share == 1 else share * value
                stats[name] = stats[name] + weighed if name in stats else weighed
        name = "generator" if player is self.generator else "discriminator"
        stats[f"{name}/gradient"] = player.step(self.rules.fakes or len(batch.x), self.progress)
        return stats

    def _discriminator_turn(self, batch: Batch, share: float, keep: bool) -> Stats:
        z = self._latents(batch.x)
        with nullcontext() if keep else torch.no_grad():
            fake = self._generate(z, batch.c)
        if keep:
            self._shared = z, fake
        seen = fake.detach() if self.pool is None else self.pool.mix(fake, None)[0]
        duel = Duel(
            z, batch.c, self.shown(batch.x), seen, self.generator.network, self.discriminator,
            self._see, self._weigh, self._judge, partial(self._judge, exactly=True),
            self._discriminator_loss, self._charges("discriminator"), share, self._beside,
        )  # fmt: skip
        return self._pass.discriminator(duel)

    def _generator_turn(self, batch: Batch, share: float) -> Stats:
        if self._shared is None:
            z = self._latents(batch.x)
            fake = self._generate(z, batch.c)
        else:
            z, fake = self._shared
        with self._pass.judging():
            real_logits = None
            if self.rules.objective.paired:
                with torch.no_grad():  # the real side moves no weight of the generator
                    real_logits = self._judge(self.shown(batch.x), batch.c)
            fake_logits = self._judge(fake, batch.c)
        loss = mean_loss(self.rules.objective.generator, fake_logits, real_logits)
        weight = at(self.rules.adversarial, self.progress)
        turn = self._turn(z, batch, fake, real_logits, fake_logits)
        return self._pay(turn, loss if weight == 1 else weight * loss, share, {"generator/objective": loss.detach()})

    def _lone_turn(self, batch: Batch, share: float) -> Stats:
        """The generator's turn while the discriminator does not play."""
        z = self._latents(batch.x)
        wanted = any(term.draws for term, _ in self._charges("generator"))
        fake = self._generate(z, batch.c) if wanted else batch.x[:0]
        nobody = fake.new_zeros(len(fake), 1)
        return self._pay(self._turn(z, batch, fake, None, nobody), fake.new_zeros(()), share, {}, alone=True)

    def _turn(self, z: Tensor, batch: Batch, fake: Tensor, real_logits: Logits | None, fake_logits: Logits) -> Turn:
        return Turn(
            z, batch.c, batch.x, fake, real_logits, fake_logits, self.generator.network, self._judge,
            **self._beside._asdict(),
        )  # fmt: skip

    def _pay(self, turn: Turn, total: Tensor, share: float, stats: Stats, alone: bool = False) -> Stats:
        """Charge the generator its terms, and accumulate the gradients. Alone, there is nothing the other noticed."""
        for term, factor in self._charges("generator"):
            if alone and term.notices:
                continue
            cost = term.cost(turn).mean()
            stats[distinct(f"generator/{term.name}", stats)] = cost.detach()
            total = total + factor * cost
        backward(total if share == 1 else total * share, self.generator)
        return stats

    @torch.no_grad()
    def shown(self, x: Tensor) -> Tensor:
        """What the discriminator is shown of samples: themselves, or the codes that the generator has for them."""
        seen: Callable[[Tensor], Tensor] | None = getattr(self.generator.network, "seen", None)
        return x if seen is None else seen(x)

    def contested(self, progress: float) -> bool:
        """Whether the discriminator plays when the run has come so far."""
        return at(self.rules.adversarial, progress) > 0

    def _charges(self, player: str) -> list[tuple[Term, float]]:
        """The player's terms that are due, each with the factor of its cost."""
        due = [term for term in self.rules.terms if term.player == player and term.due(self.steps)]
        charged = [(term, at(term.weight, self.progress) * term.every) for term in due]
        return [(term, factor) for term, factor in charged if factor]

    def _discriminator_loss(self, real: Logits, fake: Logits) -> Tensor:
        return mean_loss(self.rules.objective.discriminator, real, fake)

    def _shares(self, batch: int) -> bool:
        """Whether both players see the same fakes; ones that come in parts would all have to be kept till then."""
        return self.rules.share_fakes and (self.rules.part is None or self.rules.part >= batch)

    def _latents(self, like: Tensor) -> Tensor:
        return self.rules.latents.draw(self.rules.fakes or len(like), self.rules.latent, like.device)

    def _generate(self, z: Tensor, c: Tensor | None) -> Tensor:
        with self._pass.drawing(), self._precision(z):
            fake: Tensor = self.generator.network(z, c)
        return fake.float() if self.rules.bf16 else fake

    def _judge(self, x: Tensor, c: Tensor | None, exactly: bool = False) -> Logits:
        """The discriminator's logits of samples."""
        return self._weigh(self._see(x), c, exactly)

    def _see(self, x: Tensor) -> Tensor:
        return pack(augment(x, self.rules.augmentations, self.progress), self.rules.packing)

    def _weigh(self, x: Tensor, c: Tensor | None, exactly: bool = False) -> Logits:
        precision = nullcontext() if exactly else self._precision(x)
        with precision, self._noticing.listening() if self._noticing else nullcontext():
            logits: Logits = self.discriminator.network(x, None if c is None else pack(c, self.rules.packing))
        if self.rules.bf16:
            logits = tuple(each.float() for each in logits) if isinstance(logits, tuple) else logits.float()
        if self._noticing:
            self._noticing.keep(logits)
        return logits

    def _precision(self, like: Tensor) -> AbstractContextManager[object]:
        return torch.autocast(like.device.type, torch.bfloat16) if self.rules.bf16 else nullcontext()


def pack(x: Tensor, count: int) -> Tensor:
    """(B, C, *axes) -> (B / count, count * C, *axes): `count` samples, or their conditions, are judged together.
    Lin et al. (2018)."""
    return x if count == 1 else x.reshape(len(x) // count, count * x.shape[1], *x.shape[2:])
