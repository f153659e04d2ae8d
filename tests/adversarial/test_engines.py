"""Engines: the same mathematics, whoever differentiates."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganworks.adversarial import OBJECTIVES, REGULARISERS, Game, Player, Rules
from ganworks.adversarial.augment import Cutout, Translate
from ganworks.adversarial.engines import ENGINES, Autograd, Engine, FiniteDifference, Func, Lean
from ganworks.adversarial.latents import Normal
from ganworks.adversarial.objectives import NonSaturating, Relativistic
from ganworks.adversarial.optimisers import Adam
from ganworks.adversarial.regularisers import R1, R2, GradientPenalty
from ganworks.networks import (
    Conv28Discriminator,
    DcganDiscriminator,
    LeanDiscriminator,
    LeanGenerator,
    MlpDiscriminator,
    R3Discriminator,
    ResnetDiscriminator,
)
from ganworks.settings import ConfigError
from ganworks.spec import Batch, Span, Spec

SPEC = Spec(shape=(1, 16, 16), spans=(Span(channels=1, kind="tanh"),))
DISCRIMINATORS = {
    "lean": LeanDiscriminator(width=4),
    "lean with minibatch deviation": LeanDiscriminator(width=4, minibatch_std=4),
    "r3": R3Discriminator(size="nano", blocks=1),
    "dcgan without norm": DcganDiscriminator(width=4, norm="none"),
    "dcgan with batch norm": DcganDiscriminator(width=4),
    "resnet with spectral norm": ResnetDiscriminator(width=8),
    "conv28 without dropout": Conv28Discriminator(width=4, dropout=0.0),
    "mlp": MlpDiscriminator(widths=(16,)),
}


class Several(nn.Module):
    """Two discriminators, which is logits as a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.each = nn.ModuleList([LeanDiscriminator(width=4).build(SPEC), LeanDiscriminator(width=2).build(SPEC)])

    def forward(self, x: Tensor, c: Tensor | None = None) -> tuple[Tensor, ...]:
        return tuple(each(x) for each in self.each)


class Smooth(nn.Module):
    """Layers with a second derivative, a weight outside all layers, and one that is normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, 1, 16, 16))
        self.body = nn.Sequential(
            spectral_norm(nn.Conv2d(1, 4, 3, 2, 1)), nn.Softplus(), nn.Conv2d(4, 4, 3, 2, 1), nn.Tanh(), nn.Flatten()
        )
        self.head = nn.Linear(64, 1)

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        return self.head(self.body(x * self.scale))


class Mixing(nn.Module):
    """Dense, with the statistics of a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.BatchNorm1d(8), nn.LeakyReLU(), nn.Linear(8, 1))

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        return self.body(x)


def gradients(network: nn.Module, engine: Engine, **rules: Any) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Of the discriminator after one turn on fixed data, in float64."""
    torch.manual_seed(0)
    generator = LeanGenerator(latent=4, width=2, norm="none").build(SPEC)
    for each in generator.parameters():
        nn.init.normal_(each, std=0.2)
    players = [Player(each.double(), Adam(learning_rate=0.0)) for each in (generator, copy.deepcopy(network))]
    rules = {"objective": Relativistic(), "latents": Double(), "latent": 4, "engine": engine} | rules
    game = Game(*players, Rules(**rules))
    generator_of_data = torch.Generator().manual_seed(1)
    x = torch.rand(12, *SPEC.shape, generator=generator_of_data, dtype=torch.float64) * 2 - 1
    torch.manual_seed(2)
    stats = game.step(iter([Batch(x)] * 4))
    found = [each.grad for player in players for each in player.network.parameters()]
    assert all(each is not None for each in found)
    return found, stats


class Double(Normal):
    def draw(self, count: int, length: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        return super().draw(count, length, device, generator).double()


def assert_same(a: Any, b: Any) -> None:
    for one, other in zip(a[0], b[0], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)
    assert a[1].keys() == b[1].keys()
    for name, value in a[1].items():
        torch.testing.assert_close(value, b[1][name], rtol=1e-6, atol=1e-9, msg=name)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_the_lean_engine_gives_the_reference_gradients_for_every_network(name: str) -> None:
    torch.manual_seed(3)
    network = DISCRIMINATORS[name].build(SPEC)
    terms = (R1(weight=0.7), R2(weight=1.3))
    assert_same(*(gradients(network, engine, terms=terms) for engine in (Autograd(), Lean())))


STILL = ["lean", "lean with minibatch deviation", "r3", "dcgan without norm", "conv28 without dropout", "mlp"]
"""Those that change no buffer as they judge."""


@pytest.mark.parametrize("name", STILL)
def test_the_functional_engine_gives_the_reference_gradients(name: str) -> None:
    torch.manual_seed(3)
    network = DISCRIMINATORS[name].build(SPEC)
    terms = (R1(weight=0.7), R2(weight=1.3), GradientPenalty(weight=0.3))
    assert_same(*(gradients(network, engine, terms=terms) for engine in (Autograd(), Func())))


@pytest.mark.parametrize("name", ["dcgan with batch norm", "resnet with spectral norm"])
def test_the_functional_engine_refuses_what_changes_buffers(name: str) -> None:
    with pytest.raises(ConfigError, match=r"without batch or spectral norm, got one with; use engine.name=lean"):
        gradients(DISCRIMINATORS[name].build(SPEC), Func())


@pytest.mark.parametrize("term", REGULARISERS)
@pytest.mark.parametrize("name", STILL)
def test_finite_differences_come_within_a_twentieth(name: str, term: str) -> None:
    torch.manual_seed(3)
    network = DISCRIMINATORS[name].build(SPEC)
    terms = (REGULARISERS[term](weight=2.0),)
    engines = (Autograd(), FiniteDifference(reach=1e-6))
    found = [torch.cat([each.flatten() for each in gradients(network, engine, terms=terms)[0]]) for engine in engines]
    assert (found[1] - found[0]).norm() < 0.05 * found[0].norm()


@pytest.mark.parametrize("make", [Several, Smooth])
def test_the_lean_engine_is_exact_where_nothing_can_be_shared(make: Any) -> None:
    torch.manual_seed(3)
    network = make()
    terms = (R1(weight=0.7), R2(weight=1.3))
    assert_same(*(gradients(network, engine, terms=terms) for engine in (Autograd(), Lean())))


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("term", REGULARISERS)
def test_the_lean_engine_agrees_for_every_objective_and_regulariser(objective: str, term: str) -> None:
    torch.manual_seed(3)
    network = LeanDiscriminator(width=4).build(SPEC)
    rules: dict[str, Any] = {"objective": OBJECTIVES[objective](), "terms": (REGULARISERS[term](weight=0.5),)}
    assert_same(*(gradients(network, engine, **rules) for engine in (Autograd(), Lean())))


RULES: list[dict[str, Any]] = [
    {"part": 4},
    {"packing": 2},
    {"discriminator_turns": 2},
    {"share_fakes": True},
    {"augmentations": (Translate(), Cutout(strength=0.5))},
]


@pytest.mark.parametrize("engine", [Lean(), Func(), FiniteDifference(reach=1e-6)], ids=lambda engine: engine.name)
@pytest.mark.parametrize("rules", RULES, ids=lambda rules: next(iter(rules)))
def test_engines_agree_in_parts_packed_augmented_and_with_shared_fakes(rules: dict[str, Any], engine: Engine) -> None:
    torch.manual_seed(3)
    spec = SPEC if rules.get("packing") is None else Spec(shape=(2, 16, 16), spans=SPEC.spans * 2)
    network = LeanDiscriminator(width=4).build(spec)
    rules = {"terms": (R1(weight=0.7), R2(weight=1.3)), **rules}
    found = [gradients(network, each, **rules) for each in (Autograd(), engine)]
    if engine.name != "finite-difference":
        assert_same(*found)
        return
    whole = [torch.cat([each.flatten() for each in gradient]) for gradient, _ in found]
    assert (whole[1] - whole[0]).norm() < 0.05 * whole[0].norm()


def test_a_turn_without_penalties_is_the_same_on_thin_convolutions() -> None:
    torch.manual_seed(3)
    network = DcganDiscriminator(width=4).build(SPEC)
    assert_same(*(gradients(network, engine, objective=NonSaturating()) for engine in (Autograd(), Lean())))


@pytest.mark.parametrize("rules", [{}, {"part": 4}, {"packing": 2}, {"share_fakes": True}], ids=str)
def test_dense_networks_judge_real_and_fake_together_with_the_same_gradients(rules: dict[str, Any]) -> None:
    torch.manual_seed(3)
    spec = SPEC if rules.get("packing") is None else Spec(shape=(2, 16, 16), spans=SPEC.spans * 2)
    network = MlpDiscriminator(widths=(16,)).build(spec)
    assert_same(*(gradients(network, engine, **rules) for engine in (Autograd(), Lean())))


def test_dense_networks_that_mix_samples_judge_real_and_fake_apart() -> None:
    torch.manual_seed(3)
    network = Mixing()
    assert_same(*(gradients(network, engine) for engine in (Autograd(), Lean())))


def test_terms_that_are_not_due_cost_nothing() -> None:
    torch.manual_seed(3)
    network = LeanDiscriminator(width=4).build(SPEC)
    lazy = (R1(weight=0.7, every=2), R2(weight=1.3, every=2))
    for engine in (each() for each in ENGINES.values()):
        _, stats = gradients(network, engine, terms=lazy)
        assert "discriminator/r1" in stats


def test_the_trial_leaves_random_numbers_and_buffers_alone() -> None:
    torch.manual_seed(3)
    network = ResnetDiscriminator(width=8).build(SPEC)
    ends = []
    for engine in (Autograd(), Lean()):
        gradients(network, engine, terms=(R1(weight=0.7),))
        ends.append(torch.rand(1))
    assert ends[0] == ends[1]
