"""Signals: what is measured at a judgement, as plain numbers. Reading them is the business of verdicts.py.

Nothing here moves a weight, a statistic of batch norm or the random generator of training.
"""

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..adversarial.collective import assemble, rank, share, world
from ..adversarial.game import pack
from ..domains.translations import Translations
from ..metrics.coverage import prdc
from ..metrics.features import pick
from ..metrics.frechet import frechet_distance
from ..schedule import at
from ..settings import DataError
from . import reference, sampling
from .closeness import GROUPS
from .feed import again, derive
from .paired_signals import BETTER, paired_values
from .reference import Reference
from .session import Session

Memory = dict[str, Tensor]
"""What a judgement compares with: the first samples of the last one, and some weights of each player."""
# Largest share of a run's own samples that judging may draw, and the fewest a judgement makes do with.
SHARE, FEWEST = 0.05, 64
# Samples whose way from one judgement to the next is followed, numbers of each, and weights of a player.
FOLLOWED, NUMBERS, WEIGHTS = 64, 4096, 4096
# Samples of the generator as it stands, without the average.
LIVE = 256
NEIGHBOURS = 5


@dataclass(frozen=True)
class Reading:
    """One judgement's numbers."""

    samples: int
    progress: float
    distance: float
    """Squared maximum mean discrepancy to held-out data; infinite where numbers are not finite."""
    groups: tuple[float, ...] = ()
    numbers: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def tree(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "numbers": dict(self.numbers)}

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> "Reading":
        return cls(tree["samples"], tree["progress"], tree["distance"], tuple(tree["groups"]), dict(tree["numbers"]))


class Probe:
    """Everything that stays the same over a run: reference records, the latents, and facts about them."""

    def __init__(self, session: Session, judgements: int):
        run = session.run
        extractor = pick(run.health.extractor, session.codec.output.spec.shape, run.data)
        wanted = min(run.health.samples, int(SHARE * session.clock.plan[0][2] / max(judgements, 1)))
        self.count = -(-max(wanted, FEWEST) // GROUPS) * GROUPS
        self.z = sampling.latents(run.latents, run.generator.latent, self.count, derive("judge", run.seed))
        with _undisturbed(session):
            self.records = reference.gather(session, self.count)
            self.reference = Reference(self.records, extractor, session.codec)
        self.c = self._conditions(session)
        self.path_length = float(torch.pdist(followed(self.records.validation)).mean()) or 1.0
        paired = isinstance(session.codec, Translations) and session.codec.paired
        self.facts = {**self.records.facts, **self.reference.facts(), **reference.of_run(session, self.z)}
        self.facts["paired"] = float(paired)

    def protocol(self) -> dict[str, Any]:
        """What two readings must share to be compared."""
        extractor = self.reference.extractor
        return {"extractor": extractor.name, "sha256": extractor.sha256, "samples": self.count}

    @torch.no_grad()
    def read(self, session: Session, stats: Mapping[str, Tensor], before: Memory) -> tuple[Reading, Memory]:
        """Judge the session as it stands. `stats` are the last step's; `before` holds what the last judgement kept, and
        the players' weights before the last step, if there was one."""
        with _undisturbed(session):
            x, fake, likeness = self._drawn(session)
            if rank() > 0:
                return Reading.of(share(None)), {}
            live_c = None if self.c is None else self.c[:LIVE]
            live = torch.cat(list(sampling.drawn(session.game.generator.network, session.codec, self.z[:LIVE], live_c)))
            records = self.records
            sets = [(records.train, records.train_c), (records.validation, records.validation_c), (live, live_c)]
            logits = [_logits(session, *each) for each in sets]
        after = {"outputs": followed(x)}
        now = weights(session)
        numbers = _stepped(before, now) | _judged(logits, self.reference.held_out) | _rates(session, now)
        numbers |= {name: value.item() for name, value in stats.items()} | _spectra(session)
        finite = bool(fake.isfinite().all()) and bool(live.isfinite().all())
        numbers["finite"] = float(finite)
        if not session.game.contested(session.progress):
            numbers.pop("discriminator step", None)  # it stands still because it does not play
        distance, groups = math.inf, list[float]()
        if finite:
            distance, groups = self.reference.closeness.of(fake)
            numbers |= self._compared(fake, distance)
            if len(likeness):
                numbers |= dict(zip(BETTER, likeness.mean(0).tolist(), strict=True))
                distance, groups = self._chosen(session, likeness)
            numbers["live"] = _apart(followed(live), after["outputs"]) / self.path_length
            if "outputs" in before and before["outputs"].shape == after["outputs"].shape:
                numbers["moved"] = _apart(after["outputs"], before["outputs"]) / self.path_length
        reading = Reading(session.samples, session.progress, distance, tuple(groups), numbers)
        return Reading.of(share(reading.tree())), {name: value.nan_to_num() for name, value in after.items()}

    def _chosen(self, session: Session, likeness: Tensor) -> tuple[float, list[float]]:
        """How far outputs lie from their own targets, with one number a group: 0 for the best, as between sets."""
        wanted = session.run.health.choose_by
        # Features of whole pictures see a repair's input as nearer than a smooth guess, so pixels have the word.
        wanted = "l1" if wanted in ("distance", "last") else wanted
        values = likeness[:, list(BETTER).index(wanted)]
        values = {"psnr": 10 ** (-values / 20), "ssim": 1 - values, "l1": values}[wanted]
        return float(values.mean()), values.view(GROUPS, -1).mean(1).tolist()

    def _drawn(self, session: Session) -> tuple[Tensor, Tensor, Tensor]:
        """Samples of the averaged generator, the features of them all, and how like their targets they are, (N, 3),
        where they have some. Of several processes each draws the chunks that fall to it, and has those samples alone,
        the first chunk in the first process."""
        chunks = torch.split(torch.arange(self.count), sampling.BATCH)[rank() :: world()]
        rows = torch.cat(chunks) if chunks else torch.arange(0)
        c = None if self.c is None else self.c[rows]
        network = session.game.generator.averaged
        x = torch.cat(list(sampling.drawn(network, session.codec, self.z[rows], c)) or [self.z[:0]])
        features = self._features(session, x) if len(x) else torch.empty(0, 1, dtype=torch.float64)
        likeness = torch.empty(0, len(BETTER), dtype=torch.float64)
        if isinstance(session.codec, Translations) and session.codec.paired:
            targets = self.records.validation[rows % len(self.records.validation)]
            whole = len(x) > 0 and bool(x.isfinite().all())
            values = (
                torch.stack(list(paired_values(x, targets).values()), 1) if whole else likeness.new_empty(len(x), 3)
            )
            likeness = assemble(values, rows, self.count)
        return x, assemble(features, rows, self.count), likeness

    def _features(self, session: Session, x: Tensor) -> Tensor:
        """Features of samples as a user would get them: decoded, and encoded again to be looked at."""
        if not x.isfinite().all():
            return torch.full((len(x), 1), math.nan, dtype=torch.float64)
        return self.reference.features(again(x, session.codec))

    def _conditions(self, session: Session) -> Tensor | None:
        """What the judged samples are asked for: classes by their share, or the inputs of held-out records."""
        given = self.records.validation_c
        if given is None or given.ndim == 2:
            return sampling.classes(session.codec, self.count, derive("judge", session.run.seed))
        return given[torch.arange(self.count) % len(given)]

    def _compared(self, fake: Tensor, distance: float) -> dict[str, float]:
        """How generated features lie among real ones."""
        real, mine = self.reference.validation, fake[: len(self.reference.validation)]
        numbers = {
            "diversity": float(torch.pdist(mine).mean()) / self.reference.spread,
            "missing": self.reference.missing(fake),
            "copied": self.reference.copied(fake),
        }
        if self.reference.held_out:
            numbers["train-gap"] = distance - self.reference.to_train.of(fake)[0]
        with contextlib.suppress(DataError):
            numbers["frechet"] = frechet_distance(real, mine)
        with contextlib.suppress(DataError):
            found = prdc(real, mine, k=NEIGHBOURS)
            numbers |= {"precision": found.precision, "coverage": found.coverage / (1 - 0.5**NEIGHBOURS)}
        return numbers


def followed(x: Tensor) -> Tensor:
    """The first samples, as some of their numbers each: enough to see how far they move."""
    flat = x[:FOLLOWED].flatten(1)
    return flat[:, :: max(1, flat.shape[1] // NUMBERS)].float().clone()


def _logits(session: Session, x: Tensor, c: Tensor | None) -> Tensor:
    """Mean logit of each sample (or pack of them), (N,), from the discriminator in evaluation mode."""
    network, packing = session.game.discriminator.network, session.game.rules.packing
    device, training = next(network.parameters()).device, network.training
    network.eval()
    try:
        found = []
        for start in range(0, len(x) // packing * packing, sampling.BATCH * packing):
            some = slice(start, min(start + sampling.BATCH * packing, len(x) // packing * packing))
            given = None if c is None else pack(c[some].to(device), packing)
            logits = network(pack(session.game.shown(x[some].to(device)), packing), given)
            each = logits if isinstance(logits, tuple) else (logits,)
            found.append(torch.stack([one.float().flatten(1).mean(1) for one in each]).mean(0).cpu())
        return torch.cat(found).double() if found else torch.zeros(0, dtype=torch.float64)
    finally:
        network.train(training)


def _judged(logits: list[Tensor], held_out: bool) -> dict[str, float]:
    """What the discriminator makes of training, held-out and generated samples; only differences of logits count."""
    train, validation, fake = logits
    if min(len(each) for each in logits) < 2 or not all(each.isfinite().all() for each in logits):
        return {}
    # The share of pairs in the right order does not depend on the scale of logits.
    order = (train[:, None] > fake).double().mean() + (train[:, None] == fake).double().mean() / 2
    gap = float(train.mean() - fake.mean())
    numbers = {"order": float(order), "logit gap": gap}
    if held_out:
        drop = float(train.mean() - validation.mean())
        error = math.sqrt(float(train.var()) / len(train) + float(validation.var()) / len(validation))
        numbers["held-out gap"] = drop / gap if gap > 0 else 0.0
        numbers["held-out sigma"] = drop / error if error > 0 else 0.0
    return numbers


def _stepped(before: Memory, after: Memory) -> dict[str, float]:
    """How far the last step moved each player's weights, relative to their size."""
    sizes = {name: float(value.norm()) or 1.0 for name, value in after.items() if name in before}
    return {f"{name} step": float((after[name] - before[name]).norm()) / size for name, size in sizes.items()}


def weights(session: Session) -> Memory:
    """Some weights of each player, the same at each judgement."""
    kept = {}
    for name, player in session.game.players().items():
        weights = [each.detach().flatten() for each in player.network.parameters()]
        share = max(1, sum(len(each) for each in weights) // WEIGHTS)
        kept[name] = torch.cat([each[::share] for each in weights]).float().cpu().clone()
    return kept


def _rates(session: Session, now: Memory) -> dict[str, float]:
    """Learning rates, alone and as shares of the typical weight, and the penalties: what a schedule moves."""
    numbers: dict[str, float] = {}
    for name, player in session.game.players().items():
        rate = at(player.settings.learning_rate, session.progress)
        size = float(now[name].square().mean().sqrt())
        numbers |= {f"{name} rate": rate, f"{name} pace": rate / size if size > 0 else 0.0}
    return numbers | {"penalty": sum(at(term.weight, session.progress) for term in session.game.rules.terms)}


def _spectra(session: Session) -> dict[str, float]:
    """Of each player the largest singular value of any layer, and the least effective rank, as a share of the full.

    The effective rank is the exponential of the entropy of the singular values. Roy & Vetterli (2007).
    """
    numbers = {}
    for name, player in session.game.players().items():
        found = [_spectrum(each) for each in player.network.parameters() if each.ndim > 1 and min(_flat(each)) > 1]
        if found and all(math.isfinite(each) for pair in found for each in pair):
            numbers[f"{name} sigma"] = max(sigma for sigma, _ in found)
            numbers[f"{name} rank"] = min(rank for _, rank in found)
    return numbers


def _flat(weight: Tensor) -> tuple[int, int]:
    return len(weight), weight[0].numel()


LARGEST = 128


def _spectrum(weight: Tensor) -> tuple[float, float]:
    matrix = weight.detach().float().reshape(_flat(weight))
    # Of a large layer the first rows and columns are enough to see a spectrum collapse or grow.
    matrix = matrix[:LARGEST, : 8 * LARGEST]
    matrix = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    if not matrix.isfinite().all():
        return math.nan, math.nan
    values = torch.linalg.eigvalsh((matrix @ matrix.T).double().cpu()).clamp(min=0).sqrt()
    share = values / values.sum().clamp(min=1e-300)
    entropy = -(share * share.clamp(min=1e-300).log()).sum()
    return float(values.max()), float(entropy.exp()) / len(values)


def _apart(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm(dim=1).mean())


@contextlib.contextmanager
def _undisturbed(session: Session) -> Iterator[None]:
    """Leaves torch's random generators as they were; some networks draw even in evaluation mode."""
    with torch.random.fork_rng(devices=[session.device] if session.device.type == "cuda" else []):
        torch.manual_seed(derive("judge", session.run.seed))
        yield
