"""The pair for few pictures: what coarse grids switch, and what a discriminator draws again."""

import pytest
import torch

from ganworks.adversarial import TERMS, Game, Player, Rules
from ganworks.adversarial.latents import Normal
from ganworks.adversarial.objectives import Relativistic
from ganworks.adversarial.optimisers import Adam
from ganworks.adversarial.regularisers import R1, R2
from ganworks.adversarial.self_supervision import SelfSupervision
from ganworks.launch import launch
from ganworks.networks import DcganDiscriminator, LightDiscriminator, LightGenerator
from ganworks.networks.light import Excitation, Memory
from ganworks.settings import ConfigError
from ganworks.spec import Batch, Span, Spec
from ganworks.training.interrupt import Stopped
from tests.training.conftest import pictures, planned, trained  # noqa: F401
from tests.training.test_train import StopAt, same, state


def spec(*shape: int) -> Spec:
    return Spec(shape=shape, spans=(Span(channels=shape[0], kind="tanh"),))


def test_an_excitation_gives_every_channel_of_the_fine_grid_a_share() -> None:
    shares = Excitation(6, 10)(torch.randn(3, 6, 7, 5))
    assert shares.shape == (3, 10, 1, 1) and shares.min() > 0 and shares.max() < 1


@pytest.mark.parametrize(("side", "pairs"), [(8, 1), (28, 1), (32, 1), (64, 1), (128, 2), (256, 3)])
def test_grids_meet_that_are_four_doublings_apart_or_as_far_as_there_are(side: int, pairs: int) -> None:
    with torch.device("meta"):
        assert len(LightGenerator(width=4).build(spec(3, side, side)).body.excite) == pairs


def test_what_a_coarse_grid_shows_switches_the_fine_one() -> None:
    torch.manual_seed(0)
    network = LightGenerator(width=4, latent=6).build(spec(1, 32, 32)).eval()
    z = torch.randn(2, 6)
    before = network(z)
    gate = network.body.excite[0].body[-2]
    torch.nn.init.constant_(gate.bias, -100.0)  # every channel off
    closed = network(z)
    assert not torch.equal(before, closed)
    assert torch.allclose(closed, closed[:, :, :1, :1].expand_as(closed), atol=1e-5)


def play(decoders: bool = True, side: int = 16, **rules: object) -> tuple[Game, torch.nn.Module]:
    torch.manual_seed(0)
    judge = LightDiscriminator(width=4, decoders=decoders).build(spec(3, side, side))
    drawer = LightGenerator(width=4, latent=6).build(spec(3, side, side))
    terms = (R1(weight=0.1), R2(weight=0.1), SelfSupervision())
    made = Rules(Relativistic(), Normal(), 6, terms=rules.pop("terms", terms), **rules)
    return Game(Player(drawer, Adam()), Player(judge, Adam(learning_rate=2e-3)), made), judge


def batches(side: int = 16):
    torch.manual_seed(1)
    x = torch.rand(8, 3, 1, 1).expand(-1, -1, side, side) * 2 - 1
    while True:
        yield Batch(x.contiguous())


def test_a_discriminator_learns_to_draw_again_what_it_saw() -> None:
    game, _ = play()
    costs = [float(game.step(batches())["discriminator/self-supervision"]) for _ in range(30)]
    assert costs[-1] < 0.8 * costs[0]


def test_the_error_is_of_the_whole_at_half_size_and_of_a_quarter_in_full() -> None:
    _, judge = play()
    memory = next(each for each in judge.modules() if isinstance(each, Memory))
    x = torch.randn(5, 3, 16, 16)
    fine = judge.body.fine(x)
    coarse = judge.body.coarse(fine)
    assert fine.shape[2:] == (8, 8) and coarse.shape[2:] == (4, 4)
    assert memory.whole(coarse).shape == (5, 3, 8, 8) and memory.part(fine[:, :, 2:6, 1:5]).shape == (5, 3, 8, 8)
    for decoder in (memory.whole, memory.part):
        torch.nn.init.zeros_(decoder[-1].weight)
    still = torch.full((5, 3, 16, 16), 0.25)
    torch.testing.assert_close(memory.error(still, fine, coarse), torch.full((5,), 0.5))  # both drawings are zero
    assert memory(x, fine, coarse) is coarse


@pytest.mark.parametrize("axes", [(28, 28), (48, 32)])
def test_any_size_that_is_halved_twice_is_drawn_again(axes: tuple[int, int]) -> None:
    judge = LightDiscriminator(width=4, decoders=True).build(spec(2, *axes))
    x = torch.randn(3, 2, *axes)
    fine = judge.body.fine(x)
    assert judge.body.memory.error(x, fine, judge.body.coarse(fine)).shape == (3,)


def test_the_penalised_gradients_are_those_of_a_plain_pass() -> None:
    """The default engine shares one pass between loss and penalties; the term's share must come out right in it."""
    from ganworks.adversarial.engines import Autograd, Lean  # noqa: PLC0415

    found = []
    for engine in (Lean(), Autograd()):
        game, judge = play(engine=engine)
        torch.manual_seed(2)
        game.step(batches())
        found.append({name: each.grad for name, each in judge.named_parameters()})
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], rtol=1e-3, atol=1e-5)


def test_the_term_asks_for_decoders_and_decoders_for_enough_pixels_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^the term self-supervision wants a discriminator that draws [^\n]+$"):
        play(decoders=False)[0].step(batches())
    other = DcganDiscriminator(width=4).build(spec(3, 16, 16))
    game = Game(play()[0].generator, Player(other, Adam()), play()[0].rules)
    with pytest.raises(ConfigError, match="self-supervision wants a discriminator"):
        game.step(batches())
    with pytest.raises(ConfigError, match=r"^light draws again what was halved twice, [^\n]+ got 8 x 8; [^\n]+$"):
        LightDiscriminator(decoders=True).build(spec(1, 8, 8))
    assert "self-supervision" in TERMS


def test_a_stopped_light_run_goes_on_bit_for_bit(trained, planned, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    settings = ("generator.width=4", "discriminator.width=4", "domain.size=[16, 16]")
    straight = trained("straight", recipe="light", settings=settings)
    assert any("memory.whole" in name for name in state(straight))
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        each = planned("stopped", recipe="light", settings=settings)
        launch(each, StopAt(5, patched))
    launch(planned("stopped", recipe="light", settings=settings))
    assert same(state(straight), state(each.folder))
