"""Who moves, when, and at what cost."""

import itertools

import pytest
import torch

from ganworks.adversarial import CONSTRAINTS, LATENTS, OBJECTIVES, REGULARISERS, backward
from ganworks.adversarial.augment import Noise
from ganworks.adversarial.game import pack
from ganworks.adversarial.latents import Truncated
from ganworks.adversarial.objectives import Hinge, NonSaturating, Relativistic
from ganworks.adversarial.regularisers import R1, R2
from ganworks.spec import Batch
from tests.adversarial.conftest import Judge, Several


def weights(player) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in player.network.parameters()])


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@pytest.mark.parametrize("judge", [Judge, Several])
def test_every_objective_plays_with_one_discriminator_and_with_several(make_game, batches, objective, judge) -> None:
    stats = make_game(judge(), objective=objective(), terms=(R1(weight=1.0),)).step(batches)
    assert all(value.isfinite() for value in stats.values())
    names = {"generator/objective", "discriminator/objective", "discriminator/r1", "logits/real", "logits/fake"}
    assert names <= stats.keys()


@pytest.mark.parametrize("term", REGULARISERS.values(), ids=REGULARISERS)
def test_every_term_moves_its_player(make_game, batches, term) -> None:
    game = make_game(terms=(term(weight=100.0),))
    plain = make_game()
    game.step(batches)
    plain.step(batches)
    assert not torch.equal(weights(getattr(game, term.player)), weights(getattr(plain, term.player)))


def test_parts_add_up_to_the_batch(make_game) -> None:
    moved = []
    for part in (None, 16):
        game = make_game(objective=Hinge(), terms=(R1(weight=1.0),), part=part)
        game._latents = lambda like: torch.zeros(len(like), 4)
        game.step(itertools.repeat(Batch(torch.randn(64, 2, generator=torch.Generator().manual_seed(3)))))
        moved.append(torch.cat([weights(game.generator), weights(game.discriminator)]))
    torch.testing.assert_close(*moved, atol=1e-5, rtol=1e-3)


def test_a_loss_leaves_the_other_player_alone(make_game) -> None:
    game = make_game()
    fake = game.generator.network(torch.randn(8, 4))
    backward(game.discriminator.network(fake).mean(), game.discriminator)
    assert all(weight.grad is None for weight in game.generator.network.parameters())
    assert all(weight.grad is not None for weight in game.discriminator.network.parameters())


def test_the_discriminator_takes_as_many_turns_as_told(make_game, batches) -> None:
    counted = itertools.count()
    stream = (batch for batch in batches if next(counted) >= 0)
    make_game(objective=NonSaturating(), discriminator_turns=5).step(stream)
    assert next(counted) == 5
    make_game(objective=Relativistic(), discriminator_turns=2).step(stream)
    assert next(counted) == 6 + 3  # a paired objective reads one more for the generator's turn


def test_lazy_terms_cost_as_much_in_all(make_game, batches) -> None:
    game = make_game(terms=(R1(weight=1.0, every=4),))
    charged = ["discriminator/r1" in game.step(batches) for _ in range(8)]
    assert charged == [True, False, False, False] * 2


def test_packing_shows_samples_side_by_side(make_game, batches) -> None:
    x = torch.arange(12.0).view(4, 1, 3)
    assert torch.equal(pack(x, 2), x.view(2, 2, 3))
    stats = make_game(Judge(channels=4), packing=2, terms=(R1(weight=1.0), R2(weight=1.0))).step(batches)
    assert all(value.isfinite() for value in stats.values())


@pytest.mark.parametrize("constraint", CONSTRAINTS.values(), ids=CONSTRAINTS)
def test_constraints_hold_after_every_move(make_game, batches, constraint) -> None:
    game = make_game(constraints=(constraint(),))
    for _ in range(3):
        game.step(batches)
    assert weights(game.discriminator).abs().max() <= constraint().limit


@pytest.mark.parametrize("latents", LATENTS.values(), ids=LATENTS)
def test_latents_are_drawn_by_seed_and_are_what_they_say(latents) -> None:
    draw = lambda: latents().draw(2000, 16, torch.device("cpu"), torch.Generator().manual_seed(5))  # noqa: E731
    assert torch.equal(draw(), draw()) and draw().shape == (2000, 16)
    assert abs(draw().mean()) < 0.07 and 0.4 < draw().std() < 1.1


def test_truncated_latents_stay_inside_and_keep_the_shape_of_a_normal_distribution() -> None:
    z = Truncated(limit=1.0).draw(20_000, 2, torch.device("cpu"))
    assert z.abs().max() <= 1
    assert z.std().item() == pytest.approx(0.5396, abs=0.01)  # of a standard normal within +-1


def test_bf16_keeps_losses_close(make_game) -> None:
    batch = itertools.repeat(Batch(torch.randn(64, 2, generator=torch.Generator().manual_seed(3))))
    stats = []
    for bf16 in (False, True):
        game = make_game(terms=(R1(weight=1.0),), bf16=bf16)
        torch.manual_seed(7)
        stats.append(game.step(batch))
    for name, value in stats[0].items():
        torch.testing.assert_close(stats[1][name], value, atol=0.02, rtol=0.1)


def test_noise_follows_its_schedule() -> None:
    x = torch.zeros(512, 2)
    assert Noise(deviation=0.5)(x, 0.0).std().item() == pytest.approx(0.5, abs=0.05)
    assert torch.equal(Noise(deviation=0.0)(x, 0.0), x)
