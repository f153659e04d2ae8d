"""Two processes with half a batch each play what one plays on the union: every objective, every penalty."""

from collections.abc import Iterator
from itertools import count

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ganworks.adversarial import (
    AUGMENTATIONS,
    LATENTS,
    OBJECTIVES,
    OPTIMISERS,
    REGULARISERS,
    Game,
    Player,
    Rules,
    chance,
)
from ganworks.adversarial.collective import own, world
from ganworks.adversarial.constraints import WeightClipping
from ganworks.networks.layers import Draws, Judges, Shape
from ganworks.networks.synchronised import synchronise
from ganworks.spec import Batch, Span
from tests.ranks import forks, side_by_side

BATCH, STEPS, LATENT, CHANNELS, SIDE = 12, 3, 14, 2, 4
WORLD = 2
pytestmark = forks


def cases() -> dict[str, dict]:
    every = {f"objective {name}": {"objective": each()} for name, each in OBJECTIVES.items()}
    for name, each in REGULARISERS.items():
        for objective in ("non-saturating", "relativistic"):
            terms = {"objective": OBJECTIVES[objective](), "terms": (each(),)}
            every[f"{name} {objective}"] = terms
            every[f"{name} {objective}, batch norm in D"] = terms | {"norm": True}
        every[f"{name}, lazy"] = {"terms": (each(every=2),)}
        every[f"{name}, in parts of packs"] = {"terms": (each(),), "part": 8, "packing": 2}
        every[f"{name}, in parts, batch norm in D"] = {"terms": (each(),), "part": 8, "norm": True}
    every |= {f"latents {name}": {"latents": each()} for name, each in LATENTS.items()}
    every |= {f"augmentation {name}": {"augmentations": (each(strength=0.7),)} for name, each in AUGMENTATIONS.items()}
    every |= {f"optimiser {name}": {"optimiser": each()} for name, each in OPTIMISERS.items()}
    every |= {f"optimiser {name}, sharded": {"optimiser": each(), "shard": True} for name, each in OPTIMISERS.items()}
    every["several turns, clipped"] = {"discriminator_turns": 3, "constraints": (WeightClipping(limit=0.1),)}
    return every


CASES = cases()


def norm(wanted: bool) -> list[nn.Module]:
    return [nn.BatchNorm1d(16)] if wanted else []


def play(settings: dict) -> dict[str, Tensor]:
    """Some steps in float64; the whole state afterwards, with the last gradients and the losses."""
    settings = dict(settings)
    torch.manual_seed(0)
    drawer = [nn.Linear(LATENT, 16), nn.BatchNorm1d(16), nn.LeakyReLU(0.2), nn.Linear(16, CHANNELS * SIDE * SIDE)]
    spans = (Span(channels=CHANNELS, kind="tanh"),)
    generator = Draws(nn.Sequential(*drawer, Shape(CHANNELS, SIDE, SIDE)), spans)
    packing = settings.get("packing", 1)
    judge = [nn.Flatten(), nn.Linear(packing * CHANNELS * SIDE * SIDE, 16), *norm(settings.pop("norm", False))]
    discriminator = Judges(nn.Sequential(*judge, nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)))
    # A large epsilon: near a gradient of zero Adam's first step is a jump, which would tell noise of 1e-17 apart.
    optimiser = settings.pop("optimiser", OPTIMISERS["adam"](learning_rate=1e-2, epsilon=1e-3))
    shard, constraints = settings.pop("shard", False), settings.pop("constraints", ())
    part = settings.pop("part", None)
    rules = {"objective": OBJECTIVES["non-saturating"](), "latents": LATENTS["normal"](), "latent": LATENT} | settings
    game = Game(
        Player(synchronise(generator), optimiser, 50.0, shard=shard),
        Player(synchronise(discriminator), optimiser, constraints=constraints, shard=shard),
        Rules(**rules, part=None if part is None else part // world()),
    )
    real, stats = batches(part), {}
    for step in range(STEPS):
        chance.seed(1000 + step)
        stats = game.step(real, step / STEPS)
    state = {}
    for name, player in game.players().items():
        state |= {f"{name}.{key}": value.detach().clone().contiguous() for key, value in player.state().items()}
        for key, weight in player.network.named_parameters():
            state[f"{name}.gradient.{key}"] = weight.grad.detach().clone().contiguous()
    return state | {f"loss.{key}": value.detach().reshape(1) for key, value in stats.items()}


def batches(part: int | None) -> Iterator[Batch]:
    for number in count():
        source = torch.Generator().manual_seed(number)
        yield Batch(own(torch.rand(BATCH, CHANNELS, SIDE, SIDE, generator=source) * 2 - 1, part))


@pytest.fixture(scope="module")
def union(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Tensor]]]:
    """The state that each of two processes ends in, of every case: started once for all of them."""
    folder = tmp_path_factory.mktemp("union")

    def action(rank: int) -> None:
        torch.set_default_dtype(torch.float64)
        for number, settings in enumerate(CASES.values()):
            save_file(play(settings), folder / f"{number}.{rank}.safetensors")

    ended = side_by_side(WORLD, action, folder)
    assert [code for code, _ in ended] == [0] * WORLD, ended
    return {
        name: [load_file(folder / f"{number}.{rank}.safetensors") for rank in range(WORLD)]
        for number, name in enumerate(CASES)
    }


@pytest.fixture
def double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize("name", CASES)
def test_two_processes_equal_one_on_the_union_batch(name, union, double) -> None:
    alone = play(CASES[name])
    first, second = union[name]
    assert alone.keys() == first.keys() == second.keys()
    assert alone["generator.network.body.0.weight"].dtype == torch.float64
    for key, value in alone.items():
        if key.startswith("loss."):  # each process has the loss of its own slice
            torch.testing.assert_close((first[key] + second[key]) / 2, value, rtol=1e-6, atol=1e-6)
        else:
            assert torch.equal(first[key], second[key]), key
            torch.testing.assert_close(
                first[key], value, rtol=1e-6, atol=1e-6, msg=lambda text, key=key: f"{key}: {text}"
            )


def test_a_sharded_optimiser_moves_the_weights_bit_for_bit_as_a_whole_one_does(union) -> None:
    for name in OPTIMISERS:
        whole, sharded = union[f"optimiser {name}"][0], union[f"optimiser {name}, sharded"][0]
        assert all(torch.equal(value, sharded[key]) for key, value in whole.items())


def test_the_control_one_process_on_half_the_batch_is_another_game(union, double, monkeypatch) -> None:
    monkeypatch.setattr("tests.adversarial.test_union.BATCH", BATCH // 2)
    name = "objective non-saturating"
    assert not torch.allclose(play(CASES[name])["generator.network.body.0.weight"],
                              union[name][0]["generator.network.body.0.weight"], atol=1e-6)  # fmt: skip
