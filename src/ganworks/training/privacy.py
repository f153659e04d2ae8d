"""Differential privacy of a run: what it promises, what it refuses so that the promise is true, and its secret."""

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..adversarial.engines.private import PerRecord
from ..domains.base import Notify
from ..settings import CheckpointError, ConfigError, Tree, override
from . import private_rules
from .accountant import Ledger
from .clock import Clock
from .poisson import PoissonFeed, Stream

if TYPE_CHECKING:
    from ..domains import Codec, Dataset
    from .run import Run
    from .session import Session

TURNS = 20
"""Turns of the discriminator for one of the generator, where a recipe has fewer than LEAST_TURNS: with noise on every
turn a generator does better against an opponent that had time to learn (Bie et al., 2023)."""
LEAST_TURNS = 10
KEY = "private.key"
"""The file of a run's secret, in its folder until the run is complete."""
KEY_BYTES = 32
MECHANISM = (
    "gradients of the discriminator by each record drawn, clipped in Euclidean norm, summed, Gaussian noise added; the "
    "generator sees the records through the discriminator alone"
)


def asked(tree: Tree, budget: Sequence[str], settings: Sequence[str]) -> Tree:
    """A recipe's tree as a private run wants it, before the user's own settings are laid over it.

    budget: what stood behind --dp, `epsilon=3` and `delta=1e-5`. Raises ConfigError for other words.
    """
    if not budget and not any(each.strip().startswith("private.") for each in settings):
        return tree
    for word in budget:
        if word.partition("=")[0].strip() not in {"epsilon", "delta"}:
            raise ConfigError(f"--dp takes epsilon=3 delta=1e-5, got '{word}'; other settings are --set private.clip=1")
        tree = override(tree, f"private.{word}")
    if len({word.partition("=")[0].strip() for word in budget}) == 1:
        raise ConfigError(f"--dp takes both, epsilon=3 delta=1e-5, got {' '.join(budget)}")
    if tree.get("discriminator_turns", 1) < LEAST_TURNS:
        tree = {**tree, "discriminator_turns": TURNS}
    return {**tree, "health": {**tree.get("health", {}), "judgements": 0}}


class Guard:
    """What keeps a private run to its word: the noise, the sampling and the account."""

    def __init__(self, run: "Run", dataset: "Dataset"):
        assert run.private is not None
        private_rules.check(run, dataset)
        self.run, self.private, self.dataset = run, run.private, dataset
        rounds = Clock(run.budget, run.batch).total // run.batch
        turns = rounds * run.discriminator_turns
        rate = run.batch / len(dataset.train)
        private = self.private
        self.ledger = Ledger(private.accountant, private.epsilon, private.delta, rate, turns)
        self._use(secrets.token_bytes(KEY_BYTES))

    def engine(self) -> PerRecord:
        private = self.private
        return PerRecord(
            clip=private.clip, sigma=self.ledger.sigma, expected=self.run.batch, chunk=private.chunk, noise=self._noise
        )

    def feed(self, codec: "Codec", device: torch.device) -> PoissonFeed:
        self._feed = PoissonFeed(self.dataset.train, codec, self.run.batch, device, self.stream)
        return self._feed

    def step_seed(self, samples: int) -> int:
        """Of what else is drawn in a step. Were it known, so would be which record got which crop, and from that who
        else was drawn."""
        return self.stream.seed("step", samples)

    def unlock(self, folder: Path, samples: int) -> None:
        """Take over the secret of the run in `folder`, or write down a new one where it begins.

        Raises CheckpointError when a run that has begun lost its secret.
        """
        path = folder / KEY
        if self.private.randomness == "seed":
            self._use(b"seed %d" % self.run.seed)
            return
        if path.exists():
            key = path.read_bytes()
            if len(key) != KEY_BYTES:
                raise CheckpointError(f"{path}: wanted the run's secret of {KEY_BYTES} bytes, got {len(key)}")
            self._use(key)
        elif samples:
            raise CheckpointError(
                f"{path} is gone, and with it the noise this run would go on with; put it back, or begin another --run"
            )
        else:
            key = secrets.token_bytes(KEY_BYTES)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
            self._use(key)

    def state(self) -> dict[str, Any]:
        """Plain values for the checkpoint."""
        return self.ledger.state() | {"page": self.page()}

    def load(self, state: dict[str, Any]) -> None:
        """Go on with an account. Raises CheckpointError where other turns are planned than were paid for."""
        turns = self.ledger.turns
        self.ledger.load(state)
        if turns != self.ledger.turns:
            samples = self.ledger.turns // self.run.discriminator_turns * self.run.batch
            raise CheckpointError(
                f"the noise of this private run was made for {samples:,} samples, now another number is asked for; "
                "give --samples as it began, or begin another --run"
            )

    def told(self) -> str:
        """The promise, in a line."""
        ledger, private = self.ledger, self.private
        return (
            f"differential privacy: epsilon={private.epsilon:g}, delta={private.delta:g} for one record more or less; "
            f"clip {private.clip:g}, sigma {ledger.sigma:.4g}, each record in a turn with chance {ledger.rate:.3g}, "
            f"{ledger.turns:,} turns ({ledger.kind} accountant, Opacus {ledger.versions()['opacus']})"
        )

    def page(self) -> dict[str, Any]:
        """For the model's page: what is promised, by what, under which assumptions. Nothing of the secret."""
        ledger, private = self.ledger, self.private
        return {
            "epsilon": private.epsilon,
            "delta": private.delta,
            "spent_epsilon": round(ledger.epsilon(), 6),
            "unit": "one training record",
            "adjacency": "one record added or removed",
            "mechanism": MECHANISM,
            "sampler": "Poisson: each record by itself in each turn",
            "clip": private.clip,
            "sigma": ledger.sigma,
            "sampling_rate": ledger.rate,
            "records": len(self.dataset.train),
            "turns": ledger.taken,
            "turns_planned": ledger.turns,
            "accountant": ledger.kind,
            "versions": ledger.versions(),
            "randomness": private_rules.RANDOMNESS[private.randomness],
            "covers": "the model alone (weights and this page); no checkpoint, journal, evaluation or other run",
            "assumptions": private_rules.assumptions(self.run),
        }

    def _use(self, key: bytes) -> None:
        """Bind the key to all that decides the moves: under other settings or other data it gives other numbers."""
        own = self.run.model_dump_json(include=private_rules.DECIDES)
        self.stream = Stream(hashlib.sha256(b"|".join([key, own.encode(), self.dataset.fingerprint.encode()])).digest())
        if hasattr(self, "_feed"):
            self._feed.stream = self.stream

    def _noise(self, count: int) -> Tensor:
        return torch.from_numpy(self.stream.normal("noise", self.ledger.take(), count))


def unlock(session: "Session", folder: Path, tell: Notify) -> None:
    """Begin, or go on with, a private run's secret, and say what is promised; nothing for other runs."""
    if session.guard is not None and not session.done:
        session.guard.unlock(folder, session.samples)
        tell(session.guard.told())


def forget(session: "Session", folder: Path) -> None:
    """Delete the secret of a run that is complete: nobody can take its noise off any more."""
    if session.guard is not None:
        (folder / KEY).unlink(missing_ok=True)
