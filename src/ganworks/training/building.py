"""Building: a run's settings and what its data looks like -> networks, players and the game they play."""

from collections.abc import Sequence

import torch
from torch import nn

from ..adversarial import Game, Player, Rules
from ..adversarial.collective import world
from ..adversarial.engines import Engine
from ..networks.synchronised import synchronise
from ..settings import ConfigError
from ..spec import Spec
from . import devices
from .extracting import Extracting
from .feed import derive
from .run import Run


def build_game(run: Run, spec: Spec, device: torch.device, private: Engine | None = None) -> Game:
    """A freshly initialised game; `private` is the engine of a private run.

    Raises ConfigError when its parts do not fit each other or the samples.
    """
    torch.manual_seed(derive("weights", run.seed))
    layout = torch.channels_last
    if run.pool and world() > 1:
        raise ConfigError(f"a pool of past fakes is kept by one process only, got pool={run.pool}; set pool=0")
    guess = _guess(run, spec)
    if guess is not None and run.packing > 1:
        raise ConfigError(
            f"of samples judged together none is recognised alone, got packing={run.packing}; set packing=1"
        )
    seen = _packed(run.generator.judged(spec), run.packing).model_copy(update={"guess": guess})
    generator = run.generator.build(spec).to(device, memory_format=layout)  # type: ignore[call-overload]
    discriminator = run.discriminator.build(seen).to(device, memory_format=layout)  # type: ignore[call-overload]
    _refuse_single_samples(run, generator, discriminator)
    rules = Rules(
        objective=run.objective,
        latents=run.latents,
        latent=run.generator.latent,
        terms=run.terms,
        augmentations=run.augmentations,
        discriminator_turns=run.discriminator_turns,
        packing=run.packing,
        part=own_part(run.part),
        bf16=devices.wants_bf16(run.precision, device, generator, discriminator),
        share_fakes=run.share_fakes,
        engine=private or run.engine,
        fakes=run.batch if private else None,
        adversarial=run.adversarial,
        pool=run.pool,
        extract=Extracting(device).open(*(name for term in run.terms for name in getattr(term, "wants", ()))),
        guess=guess,
    )
    return Game(
        Player(synchronise(generator), run.generator_optimiser, run.half_life, shard=run.shard_optimiser),
        Player(
            synchronise(discriminator),
            run.discriminator_optimiser,
            constraints=run.constraints,
            shard=run.shard_optimiser,
            freeze=run.freeze,
        ),
        rules,
    )


def _guess(run: Run, spec: Spec) -> Spec | None:
    """What the terms want the discriminator to recognise."""
    wanted = {term.guesses: term.name for term in run.terms if term.guesses}
    if len(wanted) > 1:
        raise ConfigError(f"the terms {' and '.join(wanted.values())} want different things recognised; keep one kind")
    guess = {"condition": spec.condition, "codes": run.latents.codes}.get(next(iter(wanted), ""))
    if wanted and guess is None:
        cure = "domain.condition=class" if "condition" in wanted else "latents.name=coded"
        raise ConfigError(f"the term {next(iter(wanted.values()))} has nothing to recognise; set {cure}")
    return guess


def _refuse_single_samples(run: Run, *networks: nn.Module) -> None:
    """The statistics of a batch on a dense layer need two samples in every part of it."""
    part = min(run.part or run.batch, run.batch)
    smallest = run.batch % part or part
    if smallest == 1 and needs_two(networks):
        raise ConfigError(
            f"batch normalisation needs 2 samples at once, batch={run.batch} with part={part} leaves one alone; "
            "choose others"
        )


def needs_two(networks: Sequence[nn.Module]) -> bool:
    return any(isinstance(each, nn.BatchNorm1d) for network in networks for each in network.modules())


def own_part(part: int | None) -> int | None:
    """This process's share of a part."""
    return None if part is None else max(1, part // world())


def _packed(spec: Spec, count: int) -> Spec:
    """What a discriminator sees when it judges `count` samples together."""
    if count == 1:
        return spec
    condition = None if spec.condition is None else _packed(spec.condition, count)
    return Spec(shape=(spec.channels * count, *spec.axes), spans=spec.spans * count, condition=condition)
