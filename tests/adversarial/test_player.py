"""A network, its optimiser and its average."""

import pytest
import torch

from ganworks.adversarial import OPTIMISERS, Player
from ganworks.adversarial.optimisers import Adam
from ganworks.adversarial.player import load_exactly
from ganworks.schedule import Linear
from ganworks.settings import CheckpointError
from tests.adversarial.conftest import Drawer


def learn(player: Player, steps: int = 3, samples: int = 10, progress: float = 0.0) -> None:
    for step in range(steps):
        player.clear()
        z = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        player.network(z).square().mean().backward()
        player.step(samples, progress)


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
def test_a_player_goes_on_exactly_from_its_state(optimiser) -> None:
    straight = Player(Drawer(), optimiser(), half_life=20.0)
    stopped = Player(Drawer(), optimiser(), half_life=20.0)
    learn(straight)
    stopped.load({name: value.clone() for name, value in straight.state().items()})
    learn(straight)
    learn(stopped)
    assert straight.state().keys() == stopped.state().keys()
    assert all(torch.equal(value, stopped.state()[name]) for name, value in straight.state().items())


def test_moments_keep_the_layout_of_their_weight() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(4, 8, 3)).to(memory_format=torch.channels_last)
    player = Player(network, Adam())
    network(torch.randn(2, 4, 5, 5)).mean().backward()
    player.step(2, 0.0)
    player.load({name: value.contiguous().clone() for name, value in player.state().items()})
    weight = network[0].weight
    assert player.optimiser.state[weight]["exp_avg"].stride() == weight.stride()


def test_the_average_has_its_half_life_in_samples() -> None:
    player = Player(Drawer(), Adam(learning_rate=0.0), half_life=100.0)
    start = player.average.body[0].bias.clone()
    with torch.no_grad():
        player.network.body[0].bias += 1
    learn(player, steps=10, samples=10)
    torch.testing.assert_close(player.average.body[0].bias, start + 0.5)


def test_a_half_life_of_zero_keeps_no_average_and_a_schedule_from_zero_follows_at_once() -> None:
    assert Player(Drawer(), Adam()).average is None
    player = Player(Drawer(), Adam(), half_life=Linear(start=0.0, end=100.0))
    learn(player, steps=1, progress=0.0)
    assert torch.equal(player.average.body[0].weight, player.network.body[0].weight)


def test_schedules_steer_the_optimiser() -> None:
    player = Player(Drawer(), Adam(learning_rate=Linear(start=1.0, end=0.0), beta2=Linear(start=0.9, end=0.99)))
    learn(player, steps=1, progress=0.5)
    group = player.optimiser.param_groups[0]
    assert group["lr"] == pytest.approx(0.5) and group["betas"] == pytest.approx((0.0, 0.945))


def test_faults_are_named() -> None:
    player = Player(Drawer(), Adam(), half_life=1.0)
    learn(player)
    assert player.faults() == []
    with torch.no_grad():
        player.network.body[0].weight[0, 0] = torch.nan
    player.network.body[2].bias.grad[0] = torch.inf
    assert player.faults() == ["weight body.0.weight", "gradient of body.2.bias"]


def test_a_state_of_another_network_is_refused_in_one_line() -> None:
    player, other = Player(Drawer(), Adam()), Player(Drawer(latent=7), Adam())
    with pytest.raises(
        CheckpointError, match=r"network does not fit .*: misshapen body\.0\.weight is \[16, 7\] for"
    ) as caught:
        player.load(other.state())
    assert "\n" not in str(caught.value)
    with pytest.raises(
        CheckpointError, match=r"missing body\.0\.weight, body\.0\.bias, body\.2\.weight, \.\.\.; extra a"
    ):
        load_exactly(player.network, {"a": torch.zeros(1)}, "x")
