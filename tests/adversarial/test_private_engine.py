"""One gradient a record: as a loop gives it, clipped, summed, and noised by as much as was said."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from ganworks.adversarial import Game, Player, Rules
from ganworks.adversarial.engines.private import PerRecord, clipped_sum, gradients, real_part
from ganworks.adversarial.latents import Normal
from ganworks.adversarial.objectives import OBJECTIVES, NonSaturating
from ganworks.adversarial.optimisers import Adam
from ganworks.adversarial.turn import mean_loss
from ganworks.networks import MlpDiscriminator, MlpGenerator
from ganworks.networks.layers import spectral
from ganworks.spec import Batch, Span, Spec

SPEC = Spec(shape=(3,), spans=(Span(channels=3, kind="linear"),))


def silence(count: int) -> Tensor:
    return torch.zeros(count, dtype=torch.float64)


def real_loss(name: str) -> Callable:
    objective = OBJECTIVES[name]()
    return real_part(lambda real, fake: mean_loss(objective.discriminator, real, fake))


def looped(network: nn.Module, loss: Callable, x: Tensor) -> list[dict[str, Tensor]]:
    """Each record's gradients, one backward pass a record."""
    found = []
    for record in x:
        network.zero_grad()
        loss(network(record[None], None)).backward()
        found.append({name: weight.grad.clone() for name, weight in network.named_parameters()})
    network.zero_grad()
    return found


class Convolving(nn.Module):
    def __init__(self, wrap: Callable[[nn.Module], nn.Module] = lambda layer: layer):
        super().__init__()
        layers = wrap(nn.Conv2d(1, 4, 3, stride=2)), nn.GroupNorm(2, 4), nn.LeakyReLU(0.2), nn.Flatten()
        self.body = nn.Sequential(*layers, wrap(nn.Linear(36, 1)))

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        return self.body(x)


@pytest.mark.parametrize("name", ["minimax", "non-saturating", "least-squares", "hinge", "wasserstein"])
@pytest.mark.parametrize("kind", ["dense", "convolving"])
def test_each_records_gradient_is_the_one_a_loop_gives(name: str, kind: str) -> None:
    torch.manual_seed(0)
    network = Convolving() if kind == "convolving" else MlpDiscriminator(widths=(16, 16)).build(SPEC)
    network.double()
    x = torch.randn(7, *((1, 8, 8) if kind == "convolving" else (3,)), dtype=torch.float64)
    loss = real_loss(name)
    weights = {key: weight.detach() for key, weight in network.named_parameters()}
    together, alone = gradients(network, loss)(weights, x), looped(network, loss, x)
    for key, value in together.items():
        expected = torch.stack([each[key] for each in alone])
        assert (value - expected).abs().max() <= 1e-6 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("chunk", [1, 3, 64])
def test_the_sum_is_of_gradients_no_longer_than_the_clip(chunk: int) -> None:
    torch.manual_seed(1)
    network, loss = MlpDiscriminator(widths=(16,)).build(SPEC), real_loss("wasserstein")
    x = torch.randn(8, 3) * torch.logspace(-3, 3, 8)[:, None]
    alone = looped(network, loss, x)
    lengths = [math.sqrt(sum(float(g.square().sum()) for g in each.values())) for each in alone]
    assert 0 < min(lengths) < 2 < max(lengths)
    found = clipped_sum(network, loss, x, 2.0, chunk)
    for key, value in found.items():
        expected = sum(min(1.0, 2.0 / length) * each[key] for length, each in zip(lengths, alone, strict=True))
        assert torch.allclose(value, expected, atol=1e-5)
    for record in x:
        one = clipped_sum(network, loss, record[None], 2.0, chunk)
        assert sum(float(g.square().sum()) for g in one.values()) <= 4 * (1 + 1e-6)


def test_no_records_sum_to_nothing_and_a_broken_one_counts_nothing() -> None:
    torch.manual_seed(2)
    network, loss = MlpDiscriminator(widths=(8,)).build(SPEC), real_loss("hinge")
    assert all(not value.any() for value in clipped_sum(network, loss, torch.empty(0, 3), 1.0, 4).values())
    x = torch.randn(5, 3)
    broken = torch.cat([x, torch.tensor([[float("nan"), 0, 0], [float("inf"), 1, 1]])])
    kept, whole = (clipped_sum(network, loss, each, 1.0, 64) for each in (broken, x))
    assert all(torch.allclose(kept[key], whole[key], atol=1e-6) for key in whole)


def test_a_spectrally_normalised_discriminator_is_differentiated_where_it_stands() -> None:
    torch.manual_seed(3)
    network = Convolving(spectral)
    x = torch.randn(4, 1, 8, 8)
    for _ in range(100):  # until its power iteration stands still
        network(x)
    loss, before = real_loss("hinge"), {key: value.clone() for key, value in network.named_buffers()}
    found = clipped_sum(network, loss, x, 1e6, 2)
    assert all(torch.equal(before[key], value) for key, value in network.named_buffers())
    alone = looped(network, loss, x)
    for key, value in found.items():
        assert torch.allclose(value, sum(each[key] for each in alone), atol=1e-4)


def game(engine: PerRecord, seed: int = 0) -> Game:
    torch.manual_seed(seed)
    players = MlpGenerator(latent=2, widths=(8,)).build(SPEC), MlpDiscriminator(widths=(8,)).build(SPEC)
    rules = Rules(NonSaturating(), Normal(), 2, engine=engine, fakes=6, discriminator_turns=2)
    return Game(*(Player(each, Adam()) for each in players), rules)


def gradient(made: Game, real: Tensor) -> Tensor:
    """What the discriminator is told in one turn."""
    torch.manual_seed(5)
    made.discriminator.clear()
    made._discriminator_turn(Batch(real), 1.0, keep=False)
    return torch.cat([weight.grad.flatten() for weight in made.discriminator.weights])


def test_without_noise_and_clipping_it_is_the_plain_gradient() -> None:
    torch.manual_seed(4)
    real = torch.randn(6, 3)
    private = game(PerRecord(clip=1e9, sigma=0, expected=6, noise=silence))
    plain = game(PerRecord(clip=1e9, sigma=0, expected=6, noise=silence))
    told = gradient(private, real)
    torch.manual_seed(5)
    fake = plain.generator.network(torch.randn(6, 2)).detach()
    logits = plain.discriminator.network(real), plain.discriminator.network(fake)
    NonSaturating().discriminator(*logits).mean().backward()
    expected = torch.cat([weight.grad.flatten() for weight in plain.discriminator.weights])
    assert torch.allclose(told, expected, atol=1e-6)


def test_noise_is_as_strong_as_said_and_divided_by_the_expected_batch() -> None:
    draws = torch.Generator().manual_seed(6)

    def noise(count: int) -> Tensor:
        return torch.randn(count, generator=draws, dtype=torch.float64)

    quiet = gradient(game(PerRecord(clip=0.5, sigma=0, expected=6, noise=silence)), torch.randn(9, 3))
    loud = game(PerRecord(clip=0.5, sigma=3.0, expected=6, noise=noise))
    told = torch.stack([gradient(loud, torch.randn(9, 3)) for _ in range(200)])
    assert told.shape[1] == len(quiet)
    assert float((told - told.mean(0)).std()) == pytest.approx(3.0 * 0.5 / 6, rel=0.1)


def test_one_record_more_moves_the_sum_by_no_more_than_the_clip_and_the_fakes_by_nothing() -> None:
    torch.manual_seed(7)
    x = torch.randn(5, 3) * 10
    made = game(PerRecord(clip=0.1, sigma=0, expected=6, noise=silence))
    with_it, without, nobody = gradient(made, x), gradient(made, x[:-1]), gradient(made, x[:0])
    assert float((with_it - without).norm()) <= 0.1 / 6 * (1 + 1e-5)
    assert float((without - nobody).norm()) <= 4 * 0.1 / 6 * (1 + 1e-5)


def test_a_step_on_batches_of_any_size_tells_nothing_of_real_logits() -> None:
    made = game(PerRecord(clip=1.0, sigma=1.0, expected=6, noise=silence))
    stats = made.step(iter([Batch(torch.empty(0, 3)), Batch(torch.randn(11, 3))]))
    assert "logits/real" not in stats and "discriminator/objective" not in stats
    assert all(value.isfinite() for value in stats.values())
    empty = made.step(iter([Batch(torch.empty(0, 3)), Batch(torch.empty(0, 3))]))
    assert empty.keys() == stats.keys()
