"""What a private run may not do, each with the reason: settings under which the promise would be a false one."""

from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from pydantic import Field
from torch import nn

from ..adversarial.engines import Lean
from ..adversarial.engines.private import gradients, real_part
from ..adversarial.turn import Logits, mean_loss
from ..networks.layers import MinibatchStd
from ..settings import ConfigError, Settings
from ..spec import Spec
from .accountant import Kind

if TYPE_CHECKING:
    from torch import Tensor

    from ..domains import Codec, Dataset
    from .run import Run


class Private(Settings):
    """Differential privacy for each training record: (epsilon, delta) of the model that is shipped."""

    epsilon: float = Field(gt=0, le=1000)
    """The budget: how far one record more or less may change the chance of any outcome, as a factor's logarithm."""
    delta: float = Field(gt=0, lt=1)
    """Chance that the budget does not hold; below one over the number of records."""
    clip: float = Field(default=1.0, gt=0)
    """Longest gradient of one record; less is less noise and more bias."""
    accountant: Kind = "rdp"
    """rdp is a proof; prv is numerical and about a tenth tighter."""
    chunk: int = Field(default=32, ge=1, le=100_000)
    """Records whose gradients are in memory at once; each takes as much as the discriminator's weights."""
    randomness: Literal["secret", "seed"] = "secret"
    """Where noise and sampling come from: a secret of the system's, or the run's seed, which anybody can read and which
    therefore protects nobody; it is for experiments."""
    public_schema: bool = False
    """You state that whatever the domain takes from the records before training is public: of a table the names of
    columns and categories; of others also bounds, how often things occur, what numbers are scaled by."""


RANDOMNESS = {
    "secret": "SHAKE-128 under a key of 256 bits from the operating system, deleted when the run is complete",
    "seed": "from the public seed: an experiment, which protects nobody",
}
DECIDES = {
    "data", "domain", "generator", "discriminator", "objective", "terms", "constraints", "augmentations", "latents",
    "generator_optimiser", "discriminator_optimiser", "half_life", "discriminator_turns", "batch", "share_fakes",
    "precision", "seed", "private", "adversarial", "budget", "device", "threads",
}  # fmt: skip
"""Settings of a run that its moves depend on."""
LEARNS_NOTHING = {"image": "size, channels, depth and classes of the pictures are public"}
"""Domains whose codec takes no number from the records, and what is assumed of them all the same."""

BOUNDED = {
    "table": "names and kinds of the columns, their categories, spelling and whether they have gaps are public, and so "
    "are the bounds of numbers, which were given"
}
"""Domains whose codec a private run fits on made-up records, and what those tell."""
TAKEN = "(names, categories, scales and the like)"


class _Rule(NamedTuple):
    broken: bool
    why: str
    cure: str


def fit(run: "Run", dataset: "Dataset") -> "Codec":
    """The codec of a run; of a private one from made-up records, where its domain can make them.

    Raises ConfigError where the user has to say what is public.
    """
    public = run.domain.public(dataset) if run.private is not None else None
    return run.domain.fit(dataset if public is None else public)


def check(run: "Run", dataset: "Dataset") -> None:
    """Raises ConfigError, in one line with the reason, for what a private run may not do."""
    for rule in [*_of_the_data(run, dataset), *_of_the_game(run), *_of_the_run(run)]:
        if rule.broken:
            raise ConfigError(f"differential privacy: {rule.why}; {rule.cure}")
    run.domain.public(dataset)


def _of_the_data(run: "Run", dataset: "Dataset") -> list[_Rule]:
    private, count = run.private, len(dataset.train)
    assert private is not None
    learns = run.domain.name not in LEARNS_NOTHING
    sampling = getattr(run.domain, "sampling", "rows")
    return [
        _Rule(
            run.domain.given != "nothing",
            f"domain {run.domain.name} shows the generator real records, which then sees them without noise",
            "use a domain that draws from latents alone",
        ),
        _Rule(
            run.domain.conditional or getattr(run.domain, "condition", "none") != "none",
            "conditions are drawn as often as the records have them, and those counts have no noise",
            "set domain.condition=none",
        ),
        _Rule(
            sampling != "rows",
            f"domain.sampling={sampling} draws rare records more often, the account needs one chance for all",
            "set domain.sampling=rows",
        ),
        _Rule(
            dataset.train.endless,
            "records made on the fly (a stack, say) are not the people's own, one may be in many of them",
            "train on the records as they are",
        ),
        _Rule(
            learns and not private.public_schema,
            f"what domain {run.domain.name} takes from the records before training {TAKEN} has no noise",
            "where all of that is public, say so with private.public_schema=true",
        ),
        _Rule(
            run.batch >= count,
            f"batch={run.batch} of {count} training records draws everybody every time",
            f"set batch to at most {max(1, count // 4)}",
        ),
        _Rule(
            private.delta >= 1 / count,
            f"delta={private.delta:g} would allow to publish one of {count:,} records whole",
            f"take less than {1 / count:.1e}",
        ),
    ]


def _of_the_game(run: "Run") -> list[_Rule]:
    terms = [term.name for term in run.terms]
    return [
        _Rule(
            run.objective.paired,
            f"the {_named(run.objective)} objective compares each record with a fake, and the generator's turn "
            "reads logits of records without noise",
            "set objective=non-saturating, hinge or least-squares",
        ),
        _Rule(
            bool(terms),
            f"the term {terms[0] if terms else ''} reads records beside the clipped gradients",
            "set terms=[]; weights can be held by spectral norm or constraints=['weight-clipping']",
        ),
        _Rule(
            run.packing > 1,
            f"packing={run.packing} judges records together, so none has a gradient of its own",
            "set packing=1",
        ),
        _Rule(
            run.pool > 0,
            "a pool of past fakes is not supported, and its size would have to be argued",
            "set pool=0",
        ),
        _Rule(
            run.part is not None,
            "a batch in parts would be drawn and noised part by part",
            "leave part out; memory is bounded by private.chunk",
        ),
        _Rule(
            run.engine != Lean(),
            f"engine {_named(run.engine)} sums the records' gradients before they are clipped",
            "leave engine out: a private run has its own",
        ),
    ]


def _of_the_run(run: "Run") -> list[_Rule]:
    health = run.health
    return [
        _Rule(
            health.until != "budget",
            "to end when held-out records say so is a choice by records without noise",
            "set health.until=budget",
        ),
        _Rule(
            health.judgements > 0,
            "judgements compare with real records, and pick remedies, the strength of augmentation and the best "
            "checkpoint by them without noise",
            "set health.judgements=0",
        ),
        _Rule(
            run.begun_from is not None,
            "what the weights of another run know of these records is in no account",
            "leave --from out",
        ),
        _Rule(run.freeze > 0, "frozen layers are for runs that begin from another", "set freeze=0"),
        _Rule(
            run.budget.minutes is not None,
            "the noise follows from the number of turns, which minutes leave open",
            "give --samples",
        ),
    ]


def check_network(run: "Run", discriminator: nn.Module, spec: Spec) -> None:
    """Raises ConfigError for a discriminator that looks at several records at once, or has no gradient for one alone.

    What is known by its name is named; whatever else mixes records is found by trying.
    """
    cure = "set discriminator.norm=none, or another discriminator"
    for module in discriminator.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise ConfigError(f"differential privacy: batch norm in the discriminator mixes records; {cure}")
        if isinstance(module, MinibatchStd):
            raise ConfigError(
                "differential privacy: the minibatch standard deviation in the discriminator compares records; set "
                "discriminator.minibatch_std=0"
            )
    weight = next(discriminator.parameters())
    with torch.random.fork_rng(devices=[weight.device] if weight.device.type == "cuda" else []):
        buffers = [(each, each.clone()) for each in discriminator.buffers()]
        x = torch.randn(4, *spec.shape, device=weight.device)
        if _mixes(discriminator, x.requires_grad_()):
            raise ConfigError(
                f"differential privacy: the logit of a record in discriminator {_named(run.discriminator)} depends on "
                "the others in its batch; take another discriminator, such as mlp"
            )
        loss = real_part(lambda real, fake: mean_loss(run.objective.discriminator, real, fake))
        weights = {name: each.detach() for name, each in discriminator.named_parameters()}
        try:
            gradients(discriminator, loss)(weights, x.detach()[:2])
        except RuntimeError as error:
            why = str(error).strip().partition("\n")[0]
            raise ConfigError(
                f"differential privacy: discriminator {_named(run.discriminator)} has no gradient for each record "
                f"alone ({why}); take another, such as mlp"
            ) from None
        for each, before in buffers:
            each.copy_(before)


def _mixes(discriminator: nn.Module, x: "Tensor") -> bool:
    logits: Logits = discriminator(x, None)
    first = sum(each[0].sum() for each in (logits if isinstance(logits, tuple) else (logits,)))
    assert not isinstance(first, int)
    (reach,) = torch.autograd.grad(first, x)
    return bool(reach[1:].any())


def _named(part: Settings) -> str:
    """What the user calls it."""
    return str(part.tree().get("name", type(part).__name__))


def assumptions(run: "Run") -> list[str]:
    """What the promise rests on beside the mathematics."""
    schema = LEARNS_NOTHING.get(run.domain.name)
    if run.domain.name in BOUNDED:
        schema = f"{BOUNDED[run.domain.name]}: the user said so"
    elif schema is None:
        learnt = "names, bounds, categories, how often they occur, scales"
        schema = f"whatever the domain learnt from the records before training is public ({learnt}): the user said so"
    return [
        "the number of training records is public",
        schema,
        "a person is one record",
        "recipe and settings were not chosen by looking at these records; each run on them spends a budget anew",
        "the secret of the run stays with its owner until it is deleted",
    ]
