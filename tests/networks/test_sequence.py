"""The pair for channels over one axis."""

import pytest
import torch

from ganworks.networks import SequenceDiscriminator, SequenceGenerator
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec

SPANS = (Span(channels=2, kind="tanh"), Span(channels=3, kind="softmax"), Span(channels=1, kind="sigmoid"))


def lines(steps: int, numbers: int = 0) -> Spec:
    condition = Spec(shape=(numbers,), spans=(Span(channels=numbers, kind="linear"),)) if numbers else None
    return Spec(shape=(6, steps), spans=SPANS, condition=condition)


@pytest.mark.parametrize("kind", ["conv", "gru"])
@pytest.mark.parametrize("steps", [1, 2, 7, 8, 9, 24, 25, 100, 129])
def test_lines_of_any_length_are_drawn_and_judged(kind: str, steps: int) -> None:
    spec = lines(steps)
    x = SequenceGenerator(latent=5, width=4, kind=kind, noise=1).build(spec)(torch.randn(3, 5))
    assert x.shape == (3, 6, steps) and x.isfinite().all()
    torch.testing.assert_close(x[:, 2:5].sum(1), torch.ones(3, steps))
    assert SequenceDiscriminator(width=4, hidden=8).build(spec)(x).shape == (3, 1)


def test_a_second_of_sound_is_drawn() -> None:
    spec = Spec(shape=(1, 16_384), spans=(Span(channels=1, kind="tanh"),))
    x = SequenceGenerator(latent=5, width=2, widest=8).build(spec)(torch.randn(2, 5))
    assert x.shape == (2, 1, 16_384)
    assert SequenceDiscriminator(width=2, widest=8).build(spec)(x).shape == (2, 1)


@pytest.mark.parametrize("kind", ["conv", "gru"])
def test_a_latent_is_one_sample_noise_and_categories_included(kind: str) -> None:
    network = SequenceGenerator(latent=5, width=4, kind=kind, noise=2).build(lines(25)).eval()
    z = torch.randn(4, 5)
    with torch.no_grad():
        # The lots are fractions of long numbers, whose last digits a batch of another size rounds otherwise.
        torch.testing.assert_close(network(z)[2:3], network(z[2:3]), rtol=0, atol=0.05)
        assert not torch.allclose(network(z)[0], network(z)[1])


@pytest.mark.parametrize("kind", ["conv", "gru"])
def test_every_parameter_gets_a_gradient(kind: str) -> None:
    network = SequenceGenerator(latent=5, width=4, kind=kind, noise=1).build(lines(24))
    network(torch.randn(4, 5)).square().sum().backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize("settings", [{}, {"minibatch_std": 4}, {"moves": 5.0}])
def test_a_penalty_reaches_every_weight_of_the_judge(settings: dict) -> None:
    torch.manual_seed(0)
    network = SequenceDiscriminator(width=4, hidden=8, **settings).build(lines(24))
    x = torch.randn(4, 6, 24, requires_grad=True)
    (slope,) = torch.autograd.grad(network(x).sum(), x, create_graph=True)
    (slope.square().sum() + network(x).sum()).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


@pytest.mark.parametrize("way", ["projection", "input", "none"])
def test_a_condition_moves_samples_and_logits(way: str) -> None:
    spec = lines(24, numbers=3)
    drawer = SequenceGenerator(latent=5, width=4).build(spec).eval()
    judge = SequenceDiscriminator(width=4, condition=way).build(spec)
    z, x, c = torch.randn(2, 5), torch.randn(2, 6, 24), torch.eye(3)
    assert not torch.allclose(drawer(z, c[:2]), drawer(z, c[1:]))
    assert torch.allclose(judge(x, c[:2]), judge(x, c[1:])) == (way == "none")


def test_what_has_two_axes_is_refused_in_one_line() -> None:
    spec = Spec(shape=(3, 8, 8), spans=(Span(channels=3, kind="tanh"),))
    for settings in (SequenceGenerator(), SequenceDiscriminator()):
        with pytest.raises(
            ConfigError, match=r"^sequence draws channels over one axis \(channels, steps\), got [^\n]+$"
        ):
            settings.build(spec)


def test_an_even_kernel_is_refused_in_one_line() -> None:
    with pytest.raises(
        ConfigError, match=r"^sequence: kernel must be odd, for as many neighbours on both sides, got 4$"
    ):
        SequenceGenerator(kernel=4).build(lines(24))
