"""Waves: the pair for waveforms, plain and residual, of any length."""

import pytest
import torch
from torch import Tensor, nn

from ganworks.networks import WaveDiscriminator, WaveGenerator
from ganworks.networks.wave import _Shuffle
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec

KINDS = ["plain", "residual"]


def waves(length: int, channels: int = 1, classes: int = 0) -> Spec:
    given = Spec(shape=(classes,), spans=(Span(channels=classes, kind="softmax"),)) if classes else None
    return Spec(shape=(channels, length), spans=(Span(channels=channels, kind="tanh"),), condition=given)


def penalised(network: nn.Module, x: Tensor) -> Tensor:
    """A loss as a discriminator's turn makes it: logits and the squared gradient to the sample."""
    x = x.detach().requires_grad_()
    logits = network(x)
    (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return logits.square().mean() + logits.mean() + slope.square().sum()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [33, 250, 1000, 2048])
def test_a_pair_draws_and_judges_waveforms_of_any_length(kind: str, length: int) -> None:
    spec = waves(length, channels=2)
    x = WaveGenerator(latent=5, width=4, widest=16, kind=kind).build(spec)(torch.randn(3, 5))
    assert x.shape == (3, 2, length) and x.abs().max() <= 1
    assert WaveDiscriminator(width=4, widest=16, kind=kind).build(spec)(x).shape == (3, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_learns(kind: str) -> None:
    spec = waves(256)
    drawn = WaveGenerator(latent=5, width=4, widest=16, kind=kind).build(spec)
    drawn(torch.randn(4, 5)).square().sum().backward()
    judge = WaveDiscriminator(width=4, widest=16, kind=kind).build(spec)
    penalised(judge, torch.randn(4, 1, 256)).backward()
    for network in (drawn, judge):
        assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_changes_what_is_drawn_and_how_it_is_judged(kind: str) -> None:
    spec, z = waves(256, classes=3), torch.randn(4, 5)
    one, two = torch.eye(3)[[0] * 4], torch.eye(3)[[1] * 4]
    drawn = WaveGenerator(latent=5, width=4, kind=kind).build(spec).eval()
    assert not torch.allclose(drawn(z, one), drawn(z, two))
    judge = WaveDiscriminator(width=4, kind=kind).build(spec).eval()
    x = torch.randn(4, 1, 256)
    assert not torch.allclose(judge(x, one), judge(x, two))


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_generator_is_nearly_silent(kind: str) -> None:
    x = WaveGenerator(width=16, kind=kind).build(waves(1024))(torch.randn(8, 100))
    assert 0.001 < x.std() < 0.5


def test_phases_are_shuffled_a_sample_at_a_time_and_mirrored_at_the_ends() -> None:
    line = torch.arange(6.0).expand(200, 1, 6)
    torch.manual_seed(0)
    moved = _Shuffle(2)(line)
    found = {tuple(each[0].int().tolist()) for each in moved}
    assert found == {(0, 1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 4), (2, 3, 4, 5, 4, 3), (1, 0, 1, 2, 3, 4), (2, 1, 0, 1, 2, 3)}
    assert torch.equal(_Shuffle(2).eval()(line), line)


def test_the_same_chance_judges_the_same() -> None:
    judge: nn.Module = WaveDiscriminator(width=4).build(waves(512))
    x, logits = torch.randn(4, 1, 512), []
    for _ in range(2):
        torch.manual_seed(3)
        logits.append(judge(x))
    assert torch.equal(*logits)


@pytest.mark.parametrize("changes", [{"kernel": 24}])
def test_an_even_kernel_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="kernel must be odd"):
        WaveGenerator(**changes).build(waves(256))
    with pytest.raises(ConfigError, match="kernel must be odd"):
        WaveDiscriminator(**changes).build(waves(256))


def test_pictures_are_refused_with_the_setting_that_makes_waveforms() -> None:
    spec = Spec(shape=(1, 64, 64), spans=(Span(channels=1, kind="tanh"),))
    with pytest.raises(ConfigError, match=r"domain\.view=wave"):
        WaveGenerator().build(spec)
