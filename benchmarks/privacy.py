"""Is the differential privacy true? Canaries against the code that private runs use, honest and sabotaged on purpose.

    python benchmarks/privacy.py

Two games, each under a claim (epsilon, delta) that the code itself turned into noise. An attacker who reads every
noised gradient says whether a canary was among the records; how often he is right bounds epsilon from below (Clopper &
Pearson, 1934), and a bound above the claim is a broken promise.

quiet     thousands of canaries, each alone in a direction of its own, half of them left out
opposing  one canary among records that pull the other way: in batches of one size it takes the place of one of them,
          which counts twice, and that is what is wrong with shuffled batches under an account for Poisson sampling

Prints the accountant beside published values, the bounds of honest builds, and those of four sabotaged ones.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.stats import beta
from torch import Tensor, nn

from ganworks.adversarial import Game, Player, Rules
from ganworks.adversarial.engines.private import PerRecord
from ganworks.adversarial.latents import Normal
from ganworks.adversarial.objectives import Wasserstein
from ganworks.adversarial.optimisers import Adam
from ganworks.domains import Codec, Fetched, Source
from ganworks.domains.base import Indices, Raw
from ganworks.spec import Batch, Span, Spec
from ganworks.training.accountant import Ledger, Spent, epsilon
from ganworks.training.feed import Feed
from ganworks.training.poisson import PoissonFeed, Stream

EPSILON, DELTA = 0.5, 0.05
"""A claim that few thousand canaries can refute where it is false."""
RISK = 1e-3
"""Chance that a bound is above the truth, over all of an attacker's ways to guess."""
LONG = 1e3
"""Length of a canary's gradient before it is clipped to 1."""
QUIET_TURNS, QUIET_RATE = 60, 0.1
OPPOSING_RECORDS, OPPOSING_BATCH, OPPOSING_TURNS = 4, 2, 2


class Build(NamedTuple):
    """The code under audit: honest, or with one thing wrong."""

    engine: Callable[[PerRecord], PerRecord] = lambda engine: engine
    shuffled: bool = False


def changed(**factors: Callable[[float], float]) -> Callable[[PerRecord], PerRecord]:
    return lambda engine: engine.model_copy(update={name: f(getattr(engine, name)) for name, f in factors.items()})


BUILDS = {
    "honest": Build(),
    "no noise": Build(changed(sigma=lambda sigma: 0.0)),
    "no clipping": Build(changed(clip=lambda clip: 1e6 * clip, sigma=lambda sigma: sigma / 1e6)),
    "shuffled, not Poisson": Build(shuffled=True),
    "half the noise": Build(changed(sigma=lambda sigma: sigma / 2)),
}


class Directions(Source):
    """Record i points along axis `axes[i]`, `lengths[i]` far."""

    def __init__(self, axes: Indices, lengths: Raw, width: int):
        self.axes, self.lengths, self.width = axes, lengths, width

    def __len__(self) -> int:
        return len(self.axes)

    def fetch(self, indices: Indices) -> Fetched:
        x = np.zeros((len(indices), self.width), np.float32)
        x[np.arange(len(indices)), self.axes[indices]] = self.lengths[indices]
        return Fetched(x)


class AsItIs(Codec):
    """Rows of numbers, unchanged."""

    width: int

    @property
    def spec(self) -> Spec:
        return Spec(shape=(self.width,), spans=(Span(channels=self.width, kind="linear"),))

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        return Batch(x)

    def decode(self, x: Tensor) -> Raw:
        return x.numpy()

    def write(self, records: Raw, folder: Path, first: int = 0) -> list[Path]:
        return []

    def preview(self, records: Raw, columns: int | None = None) -> Any:
        return np.zeros((1, 1, 3), np.uint8)


class Nothing(nn.Module):
    """Draws zeros, so that all that moves the discriminator is records and noise."""

    def __init__(self, width: int):
        super().__init__()
        self.width, self.weight = width, nn.Parameter(torch.zeros(1))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        return self.weight * z.new_zeros(len(z), self.width)


class Weighs(nn.Module):
    """A logit that is a weighted sum: under the Wasserstein objective a record's gradient is the record itself."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Linear(width, 1, bias=False)
        nn.init.zeros_(self.body.weight)

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        found: Tensor = self.body(x)
        return found


def played(build: Build, source: Directions, batch: int, public: int, turns: int, seed: int) -> tuple[Raw, float]:
    """What an attacker reads: the noised sum of each turn, (turns, width), and the noise that was claimed.

    `public` is the number of records that the sampling rate is taken from, whether the canary is there or not.
    """
    ledger = Ledger("prv", EPSILON, DELTA, batch / public, turns)
    stream = Stream(seed.to_bytes(32, "little"))

    def noise(count: int) -> Tensor:
        return torch.from_numpy(stream.normal("noise", ledger.take(), count))

    codec, device = AsItIs(width=source.width), torch.device("cpu")
    drawn = PoissonFeed(source, codec, batch, device, stream)
    drawn.rate = ledger.rate
    feed: Iterator[Batch] = Feed(source, codec, batch, device, seed) if build.shuffled else drawn
    still = Adam(learning_rate=0.0)
    players = Player(Nothing(source.width), still), Player(Weighs(source.width), still)
    engine = build.engine(PerRecord(clip=1.0, sigma=ledger.sigma, expected=batch, noise=noise))
    game = Game(*players, Rules(Wasserstein(), Normal(), 1, engine=engine, fakes=batch))
    read = []
    for _ in range(turns):
        game.step(feed)
        gradient = game.discriminator.weights[0].grad
        assert gradient is not None
        read.append(-batch * gradient.flatten().double().numpy())
    return np.stack(read), ledger.sigma


def quiet(build: Build, canaries: int, seed: int) -> float:
    """The bound from many canaries at once; the first half of them is in."""
    lengths = np.where(np.arange(canaries) < canaries // 2, LONG, 0.0)
    source = Directions(np.arange(canaries), lengths, canaries)
    read, sigma = played(build, source, round(QUIET_RATE * canaries), canaries, QUIET_TURNS, seed)

    def likelihood(sigma: float) -> Raw:
        """Log-ratio of a canary's turns with it and without, were the noise this strong."""
        more = np.logaddexp(math.log(1 - QUIET_RATE), math.log(QUIET_RATE) + (2 * read - 1) / (2 * sigma**2))
        found: Raw = more.sum(0)
        return found

    guesses = [
        read.sum(0) > QUIET_TURNS * QUIET_RATE / 2, likelihood(sigma) > EPSILON, likelihood(sigma / 2) > EPSILON
    ]  # fmt: skip
    half = canaries // 2
    return max(bound(int(each[:half].sum()), int(each[half:].sum()), half, len(guesses)) for each in guesses)


def opposing(build: Build, games: int, seed: int) -> float:
    """The bound from one canary at a time among records that pull the other way; it is in every other game."""
    totals: dict[bool, list[float]] = {True: [], False: []}
    sigma = 1.0
    for number in range(games):
        inside = number % 2 == 0
        lengths = np.array([-LONG] * (OPPOSING_RECORDS - 1) + [LONG] * inside)
        source = Directions(np.zeros(len(lengths), np.int64), lengths, 1)
        one = seed * games + number
        read, sigma = played(build, source, OPPOSING_BATCH, OPPOSING_RECORDS, OPPOSING_TURNS, one)
        totals[inside].append(float(read.sum()))
    # Shuffled, the sum over the turns is -4 and noise without the canary, and 2 more with it.
    apart, least = 2.0, -float(OPPOSING_BATCH * OPPOSING_TURNS)
    limit = least + apart / 2 + EPSILON * OPPOSING_TURNS * sigma**2 / apart
    hits, alarms = (sum(each > limit for each in totals[inside]) for inside in (True, False))
    return bound(hits, alarms, games // 2, 1)


def bound(hits: int, alarms: int, trials: int, guesses: int) -> float:
    """The least epsilon that so many right and wrong alarms of as many trials each leave possible."""
    risk = RISK / (2 * guesses)
    low = float(beta.ppf(risk, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - risk, alarms + 1, trials - alarms)) if alarms < trials else 1.0
    return max(0.0, math.log((low - DELTA) / high)) if low > DELTA else 0.0


def audited(name: str, canaries: int, games: int, seed: int) -> bool:
    """Print the bounds of a build. Returns whether it was caught."""
    found = {"quiet": quiet(BUILDS[name], canaries, seed), "opposing": opposing(BUILDS[name], games, seed)}
    caught = max(found.values()) > EPSILON
    bounds = "  ".join(f"{game} {value:5.2f}" for game, value in found.items())
    print(f"  {name:<24}seed {seed}  at least: {bounds}   {'CAUGHT' if caught else 'nothing found'}", flush=True)
    return caught


def accounts() -> None:
    print("accountant, q=256/60000, sigma=1.1, 14,063 turns, delta=1e-5:")
    for kind, published in (("rdp", 2.597), ("prv", 2.392)):
        found = epsilon(kind, Spent(1.1, 256 / 60000, 14_063), 1e-5)  # type: ignore[arg-type]
        print(f"  {kind}  {found:.4f}   published {published}   off by {abs(found / published - 1):.2%}, goal 1 %")


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--honest", type=int, default=10, help="honest builds that are audited")
    parser.add_argument("--canaries", type=int, default=6000, help="of a quiet game")
    parser.add_argument("--games", type=int, default=600, help="opposing ones of each build but the shuffled one")
    parser.add_argument("--shuffled-games", type=int, default=8000)
    given = parser.parse_args(words)
    torch.set_num_threads(1)
    accounts()
    print(f"canaries against a claim of epsilon={EPSILON}, delta={DELTA}:")
    false = sum(audited("honest", given.canaries, given.games, seed) for seed in range(given.honest))
    sabotaged = [name for name in BUILDS if name != "honest"]
    right = 0
    for name in sabotaged:
        right += audited(name, given.canaries, given.shuffled_games if BUILDS[name].shuffled else given.games, 100)
    print(
        f"honest builds accused: {false} of {given.honest}, goal 0; sabotaged ones caught: {right} of {len(sabotaged)}"
    )


if __name__ == "__main__":
    main()
