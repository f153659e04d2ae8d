"""Sound from spectra: shapes, pieces that equal the whole, gradients, refusals; and the judges that listen."""

import pytest
import torch

from ganworks.networks.listening import ListeningDiscriminator
from ganworks.networks.vocoder import HifiGenerator, VocosGenerator
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec

SMALL = [VocosGenerator(width=16, blocks=1, mends=1, iterations=2), VocosGenerator(width=16, blocks=2, mends=0),
         HifiGenerator(width=16, kernels=(3,))]  # fmt: skip


def spec(frames: int = 12, hop: int = 32, bands: int = 10) -> Spec:
    spans = Span(channels=bands, kind="linear"), Span(channels=2 * hop + 1, kind="linear")
    given = Spec(shape=(bands + 2 * hop + 1, frames), spans=spans)
    return Spec(shape=(1, frames * hop), spans=(Span(channels=1, kind="linear"),), condition=given)


def moved(network: torch.nn.Module) -> torch.nn.Module:
    for each in network.parameters():  # some layers begin at zero
        each.data.add_(0.05 * torch.randn_like(each))
    return network.eval()


@pytest.mark.parametrize("settings", SMALL, ids=lambda each: f"{each.name}-{getattr(each, 'mends', '')}")
def test_any_number_of_frames_becomes_as_many_hops_of_sound(settings) -> None:
    torch.manual_seed(0)
    network = settings.build(spec())
    for frames in (1, 12, 40):
        sound = network(torch.zeros(2, 0), torch.randn(2, 75, frames))
        assert sound.shape == (2, 1, frames * 32) and sound.isfinite().all()


@pytest.mark.parametrize("settings", SMALL, ids=lambda each: f"{each.name}-{getattr(each, 'mends', '')}")
def test_sound_made_in_pieces_with_its_reach_is_the_whole(settings) -> None:
    torch.manual_seed(0)
    network = moved(settings.build(spec()))
    c, reach = torch.randn(1, 75, 120), network.reach
    assert reach < 40
    with torch.no_grad():
        whole = network(c[:, :0], c)
        piece = network(c[:, :0], c[..., 50 - reach : 70 + reach])
    torch.testing.assert_close(piece[..., reach * 32 : (reach + 20) * 32], whole[..., 50 * 32 : 70 * 32])


@pytest.mark.parametrize("settings", SMALL, ids=lambda each: f"{each.name}-{getattr(each, 'mends', '')}")
def test_every_parameter_gets_a_finite_gradient_even_from_silence(settings) -> None:
    torch.manual_seed(0)
    network = settings.build(spec())
    for each in network.parameters():
        each.data.add_(0.01 * torch.randn_like(each))
    for c in (torch.randn(2, 75, 12), torch.full((2, 75, 12), -2.0)):
        network.zero_grad()
        network(c[:, :0], c).square().sum().backward()
        assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


def test_one_seed_makes_one_network_and_weights_come_back() -> None:
    torch.manual_seed(7)
    one = SMALL[0].build(spec())
    torch.manual_seed(7)
    other = SMALL[0].build(spec())
    other.load_state_dict(one.state_dict(), strict=True)
    c = torch.randn(1, 75, 12)
    assert torch.equal(one(c[:, :0], c), other(c[:, :0], c))


def test_judges_give_a_logit_tensor_each_and_say_how_many_layers_they_listen_with() -> None:
    settings = ListeningDiscriminator(width=4, periods=(2, 3), scales=2, windows=(32, 64))
    network = settings.build(spec())
    x = torch.randn(2, 1, 384, requires_grad=True)
    logits = network(x)
    assert len(logits) == 6 and all(each.shape[0] == 2 and each.ndim == 2 for each in logits)
    rectifiers = sum(isinstance(each, torch.nn.LeakyReLU) for each in network.modules())
    assert rectifiers == settings.rectifiers
    sum(each.square().mean() for each in logits).backward()
    assert x.grad is not None and x.grad.isfinite().all()
    assert all(each.grad is not None for each in network.parameters())


def test_what_cannot_be_built_is_one_line() -> None:
    picture = Spec(shape=(3, 8, 8), spans=(Span(channels=3, kind="tanh"),))
    plain = Spec(shape=(1, 384), spans=(Span(channels=1, kind="linear"),))
    cases = [(SMALL[0], plain, "vocos makes sound"), (SMALL[2], picture, "hifi makes sound"),
             (HifiGenerator(), spec(hop=22), "has the factor 11"), (HifiGenerator(kernels=(4,)), spec(), "odd"),
             (ListeningDiscriminator(), picture, "listening judges sound"),
             (ListeningDiscriminator(), spec(frames=4), "wants at least 1024 samples"),
             (ListeningDiscriminator(periods=(), windows=()), spec(), "neither periods")]  # fmt: skip
    for settings, wanted, line in cases:
        with pytest.raises(ConfigError, match=line) as caught:
            settings.build(wanted)
        assert "\n" not in str(caught.value)
