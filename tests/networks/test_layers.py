"""The shared blocks, against hand computations and closed forms."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganworks.networks.layers import (
    Activate,
    Downsample,
    MinibatchStd,
    PixelNorm,
    Upsample,
    base_grid,
    fan_in,
    he,
    spectral,
)  # fmt: skip
from ganworks.spec import Span


def test_each_span_gets_its_activation() -> None:
    kinds = (("tanh", 2), ("softmax", 3), ("sigmoid", 1), ("linear", 1))
    activate = Activate([Span(channels=channels, kind=kind) for kind, channels in kinds])
    x = 3 * torch.randn(5, 7, 4)
    y = activate(x)
    assert torch.equal(y[:, :2], x[:, :2].tanh())
    assert torch.equal(y[:, 5:6], x[:, 5:6].sigmoid())
    assert torch.equal(y[:, 6:], x[:, 6:])
    soft = y[:, 2:5]
    torch.testing.assert_close(soft.sum(1), torch.ones(5, 4))
    assert ((soft > 0) & (soft < 1)).any()


def test_a_softmax_span_is_one_hot_in_eval_and_passes_its_gradient() -> None:
    activate = Activate([Span(channels=4, kind="softmax")]).eval()
    x = torch.randn(6, 4, requires_grad=True)
    y = activate(x)
    torch.testing.assert_close(y.max(1).values, torch.ones(6))
    torch.testing.assert_close(y.abs().sum(1), torch.ones(6))
    (y * torch.arange(4.0)).sum().backward()
    assert x.grad is not None and x.grad.abs().sum() > 0


def test_a_softmax_span_is_drawn_with_its_probabilities() -> None:
    torch.manual_seed(0)
    wanted = torch.tensor([0.7, 0.2, 0.1])
    drawn = Activate([Span(channels=3, kind="softmax")]).eval()(wanted.log().expand(20_000, 3))
    torch.testing.assert_close(drawn.mean(0), wanted, atol=0.02, rtol=0)


def test_a_latent_draws_its_own_lots_whatever_stands_beside_it() -> None:
    torch.manual_seed(0)
    wanted = torch.tensor([0.7, 0.2, 0.1])
    z = torch.randn(20_000, 5)
    activate = Activate([Span(channels=3, kind="softmax")]).eval()
    logits = wanted.log()[:, None].expand(20_000, 3, 2).clone().requires_grad_()
    drawn = activate(logits, z)
    torch.testing.assert_close(drawn.mean(0), wanted[:, None].expand(3, 2), atol=0.02, rtol=0)
    both = (drawn[:, 0, 0] * drawn[:, 0, 1]).mean().item()
    assert both == pytest.approx(0.49, abs=0.02)  # two places know nothing of each other
    assert torch.equal(activate(logits[7:9], z[7:9]), drawn[7:9])
    drawn[:, 0].sum().backward()
    assert logits.grad.abs().sum() > 0
    state = torch.random.get_rng_state()
    activate(logits, z)
    assert torch.equal(state, torch.random.get_rng_state())


def test_minibatch_std_is_what_a_hand_computes() -> None:
    # Groups of two: samples 0 and 2, samples 1 and 3. Each pair differs by 2 in one of two values: deviations 1 and 0.
    x = torch.tensor([[[0.0, 5.0]], [[1.0, 1.0]], [[2.0, 5.0]], [[1.0, 7.0]]])
    y = MinibatchStd(2)(x)
    assert y.shape == (4, 2, 2)
    assert torch.equal(y[:, :1], x)
    torch.testing.assert_close(y[:, 1, 0], torch.tensor([0.5, 1.5, 0.5, 1.5]), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("shape", [(6, 3), (5, 2, 4), (7, 2, 4, 4), (1, 2, 3)], ids=str)
def test_minibatch_std_takes_any_axes_and_batch(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape, requires_grad=True)
    y = MinibatchStd(4)(x)
    assert y.shape == (shape[0], shape[1] + 1, *shape[2:])
    (slope,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()


def test_minibatch_std_of_equal_samples_has_finite_second_derivatives() -> None:
    x = torch.ones(4, 2, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(MinibatchStd(4)(x).sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()


def test_pixel_norm_gives_each_position_a_mean_square_of_one() -> None:
    y = PixelNorm()(5 * torch.randn(2, 8, 3, 3))
    torch.testing.assert_close(y.square().mean(1), torch.ones(2, 3, 3))


@pytest.mark.parametrize("resample", [Upsample(), Downsample()], ids=["up", "down"])
def test_resampling_keeps_a_constant(resample: nn.Module) -> None:
    y = resample(torch.full((2, 3, 6, 8), 1.5))
    torch.testing.assert_close(y, torch.full_like(y, 1.5))


def test_resampling_weighs_by_1_3_3_1() -> None:
    pulse = torch.zeros(1, 1, 8, 8)
    pulse[..., 4, 4] = 1
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    up = Upsample()(pulse)[0, 0]
    torch.testing.assert_close(up[7:11, 7:11], taps[:, None] * taps / 16)
    assert up.sum() == pytest.approx(4)
    row = torch.zeros(1, 1, 8, 8)
    row[..., 4] = torch.arange(8.0).square()
    down = Downsample()(row)[0, 0]
    # Column 4 is the second of the pair (4, 5)'s taps at column 2, and the last of the pair (2, 3)'s at column 1.
    inner = (torch.tensor([1.0, 4.0, 9.0, 16.0]) * taps / 8).sum()
    assert down[1, 2] == pytest.approx(inner.item() * 3 / 8)
    assert down[1, 1] == pytest.approx(inner.item() * 1 / 8)


def test_down_sampling_is_the_adjoint_of_up_sampling_inside() -> None:
    x = torch.randn(1, 1, 6, 6, requires_grad=True)
    y = torch.zeros(1, 1, 12, 12)
    y[..., 4:8, 4:8] = torch.randn(4, 4)
    (adjoint,) = torch.autograd.grad(Upsample()(x), x, y)
    torch.testing.assert_close(adjoint, 4 * Downsample()(y))


@pytest.mark.parametrize(
    ("axes", "grid"),
    [((28, 28), (7, 7, 2)), ((32, 32), (4, 4, 3)), ((48, 32), (6, 4, 3)), ((8, 8), (4, 4, 1)), ((45, 30), (45, 30, 0))],
)
def test_the_base_grid_halves_while_it_can(axes: tuple[int, int], grid: tuple[int, int, int]) -> None:
    assert base_grid(axes) == grid


def test_he_keeps_the_mean_square_through_a_leaky_relu() -> None:
    torch.manual_seed(0)
    layers = [
        (nn.Linear(512, 512), torch.randn(256, 512)),
        (nn.Conv2d(64, 64, 3, padding=1, groups=4), torch.randn(8, 64, 16, 16)),
        (nn.ConvTranspose2d(64, 64, 4, 2, 1), torch.randn(8, 64, 16, 16)),
    ]
    for layer, x in layers:
        y = functional.leaky_relu(he(layer)(x), 0.2)[..., 2:-2]
        assert y.square().mean().item() == pytest.approx(1, rel=0.1)
    assert fan_in(nn.ConvTranspose2d(8, 3, 4, 2, 1)) == 8 * 4


def test_spectral_normalisation_holds_the_largest_singular_value_at_one() -> None:
    torch.manual_seed(0)
    for layer, x in ((nn.Linear(12, 20), torch.randn(2, 12)), (nn.Conv2d(3, 8, 3), torch.randn(2, 3, 6, 6))):
        nn.init.normal_(layer.weight, std=3)
        normalised = spectral(layer)
        for _ in range(30):
            normalised(x)
        weight = normalised.eval().weight
        assert isinstance(weight, torch.Tensor)
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)
        assert math.isfinite(normalised(x).sum().item())
