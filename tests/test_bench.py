"""The benchmark: tutorials that learn and are the same mathematics, ratios that are right, a command that prints."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from ganworks.bench import ceilings, costs, pairs, sessions
from ganworks.bench.tutorials import BATCH, LATENT, TUTORIALS, Loop, Pair, encoded
from ganworks.cli import run
from ganworks.recipes import RECIPES
from ganworks.training.session import Session

SIDES = {"mlp": 28, "conv28": 28, "dcgan": 32}


def noise(side: int, channels: int = 1, count: int = BATCH) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", TUTORIALS)
def test_two_steps_of_a_tutorial_move_every_weight_and_stay_finite(name: str, channels: int) -> None:
    torch.manual_seed(0)
    pair = TUTORIALS[name].build(channels, SIDES[name])
    loop = Loop(pair, encoded(noise(SIDES[name], channels, 8)), batch=8)
    before = [weight.detach().clone() for network in pair for weight in network.parameters()]
    losses = [*loop.step(), *loop.step()]  # the second one begins a new epoch
    after = [weight for network in pair for weight in network.parameters()]
    assert np.isfinite(losses).all()
    assert all(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_and_the_recipe_of_its_name_are_the_same_mathematics(name: str, channels: int) -> None:
    side = SIDES[name]
    data = sessions.dataset(noise(side, channels))
    game = Session(sessions.planned(name, data), data).game
    torch.manual_seed(1)
    theirs = TUTORIALS[name].build(channels, side)
    ours = Pair(game.generator.network, game.discriminator.network)
    for mine, their in zip(ours, theirs, strict=True):
        numbers, wanted = [*mine.parameters(), *mine.buffers()], [*their.parameters(), *their.buffers()]
        with torch.no_grad():
            for target, source in zip(numbers, wanted, strict=True):
                target.copy_(source.reshape(target.shape))
    z, x = torch.randn(4, LATENT), torch.rand(4, channels, side, side) * 2 - 1
    for training in (True, False):
        theirs.generator.train(training)
        ours.generator.train(training)
        with torch.no_grad():
            assert (ours.generator(z) - theirs.generator(z)).abs().max() < 1e-5
    for network in (ours.discriminator, theirs.discriminator):
        network.eval()  # dropout draws
    with torch.no_grad():
        assert (ours.discriminator(x).sigmoid() - theirs.discriminator(x)).abs().max() < 1e-5


def test_a_tutorial_reads_pictures_as_our_codec_encodes_them() -> None:
    found = noise(28, 3)
    data = sessions.dataset(found)
    loop = Loop(TUTORIALS["mlp"].build(3, 28), encoded(found))
    ours = sessions.planned("mlp", data).domain.fit(data).encode(torch.from_numpy(found)).x
    assert torch.allclose(torch.stack([*loop.loader.dataset]), ours, atol=1e-6)


@dataclass
class Counting:
    """Takes a known time a step, on a clock that only steps move; `slower` doubles it from that moment on."""

    name: str
    cost: float
    now: list[float]
    slower: float = float("inf")
    batch: int = 10
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        self.now[0] += self.cost * (2 if self.now[0] > self.slower else 1)

    def wait(self) -> None:
        self.now[0] += 0.0


def clock_of(now: list[float]) -> Callable[[], float]:
    return lambda: now[0]


def test_rates_and_ratios_of_known_costs_are_exact() -> None:
    now = [0.0]
    slow, fast = Counting("slow", 0.5, now), Counting("fast", 0.125, now)
    rows = pairs.compare([slow, fast], 24.0, clock_of(now))
    assert [row.name for row in rows] == ["slow", "fast"]
    assert rows[0].rate == pairs.Spread(20, 20, 20) and rows[0].ratio == pairs.Spread(1, 1, 1)
    assert rows[1].rate == pairs.Spread(80, 80, 80) and rows[1].ratio == pairs.Spread(4, 4, 4)
    assert fast.steps == 4 * (slow.steps - pairs.WARM_UP) + pairs.WARM_UP  # turns of equal length


def test_a_machine_that_slows_down_changes_rates_but_hardly_ratios() -> None:
    now = [0.0]
    steppers = [Counting(name, cost, now, slower=30.0) for name, cost in (("one", 0.5), ("other", 0.25))]
    one, other = pairs.compare(steppers, 60.0, clock_of(now))
    assert one.rate.low == 10 and one.rate.high == 20
    assert other.ratio == pairs.Spread(2, 2, 2)


def test_a_step_longer_than_a_turn_is_timed_whole_and_every_loop_has_its_rounds() -> None:
    now = [0.0]
    long = Counting("long", 8.0, now)
    pairs.compare([long, Counting("short", 1.0, now)], 0.1, clock_of(now))
    assert long.steps == pairs.WARM_UP + pairs.ROUNDS


def test_the_operations_of_a_step_are_those_its_mathematics_needs() -> None:
    generator, judge = 2 * (LATENT * 256 + 256 * 784), 2 * (784 * 256 + 256)
    first, last = 2 * 784 * 256, 2 * 256  # of the judge's two layers
    passes = 3 * judge + generator
    for_weights = 2 * (judge + last) + generator + 2 * 256 * 784  # no gradient for what is given: pictures and z
    through_the_judge = first + last
    counted = ceilings.needed_flops(TUTORIALS["mlp"].build(1, 28), 1, 28, BATCH)
    assert counted == BATCH * (passes + for_weights + through_the_judge)


def test_the_heaviest_layer_is_measured_as_a_product_and_as_the_convolution_it_is() -> None:
    work = ceilings.heaviest(TUTORIALS["conv28"].build(1, 28), 1, 28, 2)
    assert work.convolution == (128, 256, 5, 1, 2, 7)  # the forward twin of the generator's first one
    assert work.flops == 2 * 2 * 7 * 7 * 256 * 128 * 5 * 5
    assert ceilings.heaviest(TUTORIALS["mlp"].build(1, 28), 1, 28, 2) == (2, 784, 256, None)


def test_shares_of_a_run_add_up_to_it() -> None:
    seconds = {"step": 0.1, "look": 0.02, "checkpoint": 0.5, "preview": 0.1, "judgement": 0.2, "evaluation": 12.0}
    counts = {"checkpoints": 20, "previews": 20, "judgements": 40, "apart": 50}
    for minutes in (0.6, 10.0):
        found = {each.name: each for each in costs.shares(seconds, counts, minutes)}
        stepping = found["look"].times * seconds["step"] / (60 * minutes)
        assert sum(each.share for each in found.values()) + stepping == pytest.approx(1)
    assert found["judgement"].times == 43 and found["checkpoint"].times == 20
    assert not costs.shares(seconds, counts, 0.01)[0].times


def test_the_command_prints_a_table_and_json_and_leaves_torch_as_it_was(place, capsys) -> None:
    np.save("noise.npy", noise(28, count=200))
    torch.manual_seed(5)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    words = ["bench", "mlp", "--data", "noise.npy", "--seconds", "0.1", "--threads", "1"]
    assert run([*words, "--brief"]) == 0
    told = capsys.readouterr().out
    assert "torch 2" in told and "ganworks bfloat16" in told and "ceilings in GFLOP/s" in told
    assert run([*words, "--minutes", "10", "--json"]) == 0
    page = json.loads(capsys.readouterr().out)
    loop = page["loops"]["mlp"]
    assert [row["name"] for row in loop["rows"]] == ["tutorial", "ganworks float32", "ganworks bfloat16"]
    assert loop["rows"][0]["ratio"] == {"median": 1, "low": 1, "high": 1}
    assert all(row["rate"]["median"] > 0 and row["share"] > 0 for row in loop["rows"])
    assert all(loop["costs"][each]["memory"] > 0.05 for each in ("tutorial", "ganworks"))
    told = {each["name"] for each in loop["costs"]["shares"]}
    assert told == {"look", "checkpoint", "preview", "judgement", "evaluation"}
    assert torch.get_num_threads() == threads and torch.equal(torch.get_rng_state(), state)


def test_every_tutorial_has_a_recipe() -> None:
    assert TUTORIALS.keys() <= RECIPES.keys()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["dcgn"], "no loop 'dcgn'; did you mean 'dcgan'?"),
        (["mlp", "zebra"], "no loop 'zebra'; known: mlp, conv28, dcgan, all"),
        (["mlp", "--seconds", "0"], "seconds must be a number above 0, got 0"),
        (["mlp", "--seconds", "nan"], "seconds must be a number above 0, got nan"),
        (["mlp", "--minutes", "-1"], "minutes must be a number above 0, got -1"),
        (["mlp", "--threads", "0"], "threads must be at least 1, got 0"),
        (["mlp", "--channels", "2"], "channels must be 1 or 3, as a tutorial's pictures are, got 2"),
        (["mlp", "--side", "36"], "side must be 4 to 7 times a power of two, such as 28, 32, 40 or 64, got 36"),
        (["mlp", "--data", "no/such"], "no/such: wanted a file or folder of pictures, there is none"),
        (["mlp", "--set", "bacth=3"], "no setting 'bacth'; did you mean 'batch'?"),
    ],
)
def test_a_mistake_is_one_line(told, words, line) -> None:
    assert told("bench", *words) == line


def test_too_few_pictures_are_told(place, told) -> None:
    np.save("few.npy", noise(28, count=20))
    assert "few.npy: wanted at least a batch of 64 training pictures, got" in told("bench", "mlp", "--data", "few.npy")
