"""Reference: the real records that generated ones are judged against, and what the data alone gives away."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ..domains import Codec, Source
from ..metrics.features.base import Extractor
from ..schedule import at
from ..spec import Batch
from . import sampling
from .closeness import GROUPS, Closeness
from .feed import again, derive, encode
from .session import Session

# With fewer held-out records than this the training records themselves are the reference.
LEAST_HELD_OUT = 32
CELLS, ROUNDS = 16, 10
# A cell of real records is missing when the generator gives it less than this share of what it should.
MISSED = 0.25


@dataclass(frozen=True)
class Records:
    """Encoded records on the CPU, a fixed choice of each split."""

    train: Tensor
    validation: Tensor
    memory: Tensor
    """More training records, `train` among them, to look for copies in."""
    train_c: Tensor | None = None
    """Conditions of the training records, where they have some; and of the held-out ones."""
    validation_c: Tensor | None = None
    facts: dict[str, float] = field(default_factory=dict)


def gather(session: Session, count: int) -> Records:
    """Choose and encode records, as many as samples are judged (`count`), and look at them."""
    train, validation = session.dataset.train, session.dataset.validation
    raw, memory = _fetch(session, train, 4 * count)
    held_out = len(validation) >= LEAST_HELD_OUT
    other = _fetch(session, validation, count)[1] if held_out else _first(memory, count)
    facts = {"held out": float(held_out), "records": float("inf") if train.endless else float(len(train))}
    if not train.endless:
        distinct = len({each.tobytes() for each in raw})
        facts |= {"looked at": float(len(raw)), "distinct": float(distinct)}
    facts |= _range(session, memory.x)
    memory, other = _finite(memory), _finite(other)
    some = _first(memory, count)
    return Records(some.x, other.x, memory.x, some.c, other.c, facts)


class Reference:
    """Features of the fixed records, with everything about them that each judgement needs again."""

    def __init__(self, records: Records, extractor: Extractor, codec: Codec):
        self.extractor = extractor
        sets = (records.train, records.validation, records.memory)
        # What comes out of pictures may be less than the game is played with: both halves of a cycle, say.
        seen = sets if codec.output is codec else [again(each, codec) for each in sets]
        self.train, self.validation, self.memory = (self.features(each) for each in seen)
        self.held_out = bool(records.facts["held out"])
        self.closeness, self.to_train = Closeness(self.validation), Closeness(self.train)
        self.spread = _spread(self.validation) or 1.0
        self.nearest = torch.cdist(self.validation, self.memory).amin(1)
        self.cells = _cells(self.validation)
        self.shares = self.split(self.validation)

    def features(self, x: Tensor) -> Tensor:
        """Features (N, F), float64, of samples (N, *shape)."""
        return torch.cat([self.extractor(part) for part in torch.split(x.float(), sampling.BATCH)]).double()

    def split(self, features: Tensor) -> Tensor:
        """Share of the features in each cell of the validation records."""
        counts = torch.cdist(features, self.cells).argmin(1).bincount(minlength=len(self.cells))
        return counts / len(features)

    def missing(self, fake: Tensor) -> float:
        """Share of the real records in cells that generated ones all but leave out."""
        return float(self.shares[self.split(fake) < MISSED * self.shares].sum())

    def copied(self, fake: Tensor) -> float:
        """Share of samples that all but coincide with a training record, beyond that of held-out records."""
        limit = 0.2 * self.nearest.median()
        near = (torch.cdist(fake, self.memory).amin(1) < limit).double().mean()
        return float(near - (self.nearest < limit).double().mean())

    def facts(self) -> dict[str, float]:
        """What an ideal generator would measure."""
        whole = len(self.train) // GROUPS * GROUPS
        floor = self.closeness.of(self.train[:whole])[0] if whole and self.held_out else math.nan
        return {"floor": floor, "reference": float(len(self.validation))}


def of_run(session: Session, z: Tensor) -> dict[str, float]:
    """What the settings alone give away."""
    players = session.game.players()
    weights = {f"{name} weights": float(sum(each.numel() for each in player.network.parameters()))
               for name, player in players.items()}  # fmt: skip
    run = session.run
    return weights | {
        "latent deviation": float(z.std(0).mean()) if z.numel() else 1.0,
        "penalties": float(sum(at(term.weight, 0.0) > 0 for term in run.terms)),
    }


def _fetch(session: Session, source: Source, count: int) -> tuple[np.ndarray, Batch]:
    """A fixed choice of at most `count` raw records, and encoded."""
    fetched = source.fetch(source.some(count, derive("judge", session.run.seed)))
    batch = encode(fetched.x, fetched.labels, session.codec, torch.device("cpu"), fixed=True)
    return fetched.x, Batch(batch.x.float(), batch.c)


def _first(batch: Batch, count: int) -> Batch:
    return Batch(batch.x[:count], None if batch.c is None else batch.c[:count])


def _range(session: Session, x: Tensor) -> dict[str, float]:
    """Whether the encoded data lies where the generator's last layer can reach."""
    kinds = [span.kind for span in session.codec.spec.spans for _ in range(span.channels)]
    bounded = torch.tensor([kind in ("tanh", "sigmoid") for kind in kinds])
    finite = x.isfinite()
    values = x.movedim(1, 0).flatten(1)
    # One of many, such as a word of thousands, is all but always 0: that is no scale.
    inside, linear = values[bounded], values[torch.tensor([kind == "linear" for kind in kinds])]
    found = {"not finite": float((~finite).flatten(1).any(1).double().mean())}
    if len(inside):
        found["outside"] = float((inside.abs() > 1 + 1e-3).double().mean())
        found["deviation inside"] = float(inside.std())
    if len(linear):
        found["deviation"] = float(linear[linear.isfinite()].std())
        found["mean"] = float(linear[linear.isfinite()].mean())
        found["reach"] = float(linear[linear.isfinite()].abs().max())
    return found


def _finite(batch: Batch) -> Batch:
    whole = batch.x.isfinite().flatten(1).all(1)
    return Batch(batch.x[whole], None if batch.c is None else batch.c[whole])


def _spread(features: Tensor) -> float:
    return float(torch.pdist(features).mean()) if len(features) > 1 else 0.0


def _cells(features: Tensor) -> Tensor:
    """Centres of k-means, begun from points far apart; the same on every call."""
    centres = features[:1]
    while len(centres) < min(CELLS, len(features)):
        apart = torch.cdist(features, centres).amin(1)
        centres = torch.cat([centres, features[apart.argmax()][None]])
    for _ in range(ROUNDS):
        nearest = torch.cdist(features, centres).argmin(1)
        centres = torch.stack(
            [features[nearest == i].mean(0) if (nearest == i).any() else centres[i] for i in range(len(centres))]
        )
    return centres
