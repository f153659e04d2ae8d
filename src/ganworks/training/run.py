"""Run: a whole run as one frozen value."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..adversarial import (
    AUGMENTATIONS,
    CONSTRAINTS,
    LATENTS,
    OBJECTIVES,
    OPTIMISERS,
    TERMS,
    Augmentation,
    Constraint,
    Latents,
    Objective,
    Optimiser,
    Term,
)
from ..adversarial.engines import ENGINES, Engine, Lean
from ..adversarial.latents import Normal
from ..domains import DOMAINS, Domain
from ..networks import DISCRIMINATORS, GENERATORS
from ..networks.base import Discriminator, Generator
from ..schedule import Number
from ..search import Search
from ..settings import Chosen, Settings
from .health import Health
from .private_rules import Private


class Budget(Settings):
    """How long a run is: samples, or minutes that a short trial turns into samples before the first step."""

    samples: int | None = Field(default=None, gt=0)
    """Samples to see: one batch a round, however many turns the discriminator has in it."""
    minutes: float | None = Field(default=None, gt=0, le=10_000_000)
    """Minutes of training, without reading the data."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.samples is None) == (self.minutes is None):
            raise ValueError("give samples or minutes, one of the two")
        return self


class Begun(Settings):
    """Where a run's first weights came from, when it is the fine-tuning of another."""

    run: str
    """Directory of the run they were taken from."""
    checkpoint: str
    """Name of the checkpoint there."""
    sha256: str
    """Of that checkpoint's manifest, which seals the weights."""


class Run(Settings):
    """Everything that determines the result, but for the data itself."""

    recipe: str
    """The recipe this run began as; only for the reader."""
    data: str
    """Where the training data is: a path or a built-in name."""
    domain: Annotated[Domain, Chosen(DOMAINS, "domain")]
    """How the data is read."""
    generator: Annotated[Generator, Chosen(GENERATORS, "generator")]
    """The generator's architecture."""
    discriminator: Annotated[Discriminator, Chosen(DISCRIMINATORS, "discriminator")]
    """The discriminator's architecture."""
    objective: Annotated[Objective, Chosen(OBJECTIVES, "objective")]
    """What each player minimises."""
    adversarial: Number = 1.0
    """Factor of the objective in the generator's turn; while it is 0 the discriminator does not play, and the generator
    pays its terms alone."""
    terms: tuple[Annotated[Term, Chosen(TERMS, "term")], ...] = ()
    """What else is charged to a player."""
    constraints: tuple[Annotated[Constraint, Chosen(CONSTRAINTS, "constraint")], ...] = ()
    """What is enforced on the discriminator's weights."""
    augmentations: tuple[Annotated[Augmentation, Chosen(AUGMENTATIONS, "augmentation")], ...] = ()
    """What real and fake go through on their way to the discriminator."""
    latents: Annotated[Latents, Chosen(LATENTS, "latents")] = Normal()
    """Where latents are drawn from."""
    generator_optimiser: Annotated[Optimiser, Chosen(OPTIMISERS, "optimiser")]
    """How the generator moves."""
    discriminator_optimiser: Annotated[Optimiser, Chosen(OPTIMISERS, "optimiser")]
    """How the discriminator moves."""
    half_life: Annotated[Number, Search(1 / 5, 5)] = 0.0
    """Half-life of the averaged generator in samples seen; 0 keeps no average."""
    discriminator_turns: int = Field(default=1, ge=1)
    """Turns of the discriminator for one of the generator."""
    pool: int = Field(default=0, ge=0, le=100_000)
    """Past fakes that the discriminator meets again, each half of the time (Shrivastava et al., 2017)."""
    packing: int = Field(default=1, ge=1)
    """Samples the discriminator judges together."""
    batch: Annotated[int, Search(1 / 2, 4)] = Field(default=64, ge=1, le=1_000_000)
    """Real samples in a turn, of all processes together."""
    part: int | None = Field(default=None, ge=1)
    """Largest part of a batch in memory at once; parts add up to the batch."""
    shard_optimiser: bool = False
    """Of several processes each keeps the optimiser's moments of some weights only: less memory, the same result."""
    share_fakes: bool = False
    """The generator's turn goes on with the fakes that the discriminator's last turn judged: one drawing less a round,
    as in most tutorials. Does nothing where a batch is played in parts."""
    engine: Annotated[Engine, Chosen(ENGINES, "engine")] = Lean()
    """How gradients are computed; all but finite-difference give the same ones."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of activations; weights are always float32. auto: bfloat16 where a device has it, on CPUs to convolve."""
    device: str = "auto"
    """cpu, cuda, cuda:1, mps; auto takes the first CUDA device, then MPS, then the CPU."""
    threads: int | None = Field(default=None, ge=1, le=4096)
    """Threads of a CPU. Unset: with a budget in minutes what turns out fastest, else what torch takes."""
    seed: int = Field(default=0, ge=0)
    """Seed of every random choice."""
    freeze: int = Field(default=0, ge=0)
    """First layers of the discriminator that stay as they are (Mo et al., 2020); for runs that begin from another."""
    begun_from: Begun | None = None
    """The run whose weights this one began with; read before the first step and never again."""
    budget: Budget
    """How long the run is."""
    previews: int = Field(default=20, ge=1, le=100_000)
    """Sample grids drawn over the run, evenly, beside a few early ones."""
    checkpoints: int = Field(default=20, ge=1, le=100_000)
    """Checkpoints over the run, evenly; besides, one every five minutes."""
    keep: int = Field(default=3, ge=1)
    """Checkpoints that stay on disk."""
    private: Private | None = None
    """Differential privacy for each training record."""
    health: Health = Health()
    """How the run is judged while it goes on, and what may be done about it."""

    @model_validator(mode="after")
    def _parts_hold_whole_packs(self) -> Self:
        for name, size in (("batch", self.batch), ("part", self.part)):
            if size is not None and size % self.packing:
                raise ValueError(f"{name} must be a multiple of packing ({self.packing}), got {size}")
        return self
