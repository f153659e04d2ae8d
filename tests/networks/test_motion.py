"""Clips: the canvas and how it moves, the two judges; volumes over three axes."""

import pytest
import torch

from ganworks.networks import DISCRIMINATORS, GENERATORS
from ganworks.networks.motion import moved
from ganworks.settings import ConfigError
from ganworks.spec import Span, Spec

CLASSES = Spec(shape=(3,), spans=(Span(channels=3, kind="softmax"),))
NARROW = {"width": 4}


def clips(channels: int = 1, frames: int = 5, side: int = 16, condition: Spec | None = None) -> Spec:
    spans = (Span(channels=channels, kind="tanh"),)
    return Spec(shape=(channels, frames, side, side), spans=spans, condition=condition)


def first(channels: int, side: int) -> Spec:
    numbers = channels * side * side
    return Spec(shape=(numbers,), spans=(Span(channels=numbers, kind="linear"),))


def pair(spec: Spec, name: str = "motion", **changes: object):
    codes = {"codes": 4} if name == "motion" else {}
    generator = GENERATORS[name].from_tree({**NARROW, **codes, "latent": 12, **changes})
    return generator.build(spec), DISCRIMINATORS[name].from_tree(NARROW).build(spec)


@pytest.mark.parametrize("condition", [None, CLASSES, first(2, 16)], ids=["free", "class", "first"])
def test_a_pair_draws_clips_and_judges_frames_and_clips(condition: Spec | None) -> None:
    spec = clips(2, condition=condition)
    generator, judge = pair(spec, layers=2)
    c = None if condition is None else torch.rand(3, *condition.shape)
    x = generator(torch.randn(3, 12), c)
    assert x.shape == (3, 2, 5, 16, 16) and x.isfinite().all()
    frames, whole = judge(x, c)
    assert frames.shape == (3, 2) and whole.shape == (3, 1)


def test_a_condition_may_come_as_the_last_numbers_of_the_latent() -> None:
    generator, _ = pair(clips(condition=CLASSES))
    generator.eval()
    z, c = torch.randn(2, 12), torch.eye(3)[:2]
    torch.testing.assert_close(generator(z, c), generator(torch.cat([z, c], 1)))


def test_without_force_things_go_straight_on() -> None:
    generator, _ = pair(clips(frames=9))
    with torch.no_grad():
        generator.body.force.room.fill_(9)
    path = generator.body.force(torch.randn(4, 4), torch.empty(4, 0))[..., :2]
    assert path.diff(n=2, dim=1).abs().max() < 1e-5 < path.diff(dim=1).abs().max()


def test_walls_throw_things_back_and_can_be_moved() -> None:
    generator, _ = pair(clips(frames=40))
    force = generator.body.force
    with torch.no_grad():
        force.room.fill_(0.4)
        force.start.bias.fill_(1)
    path = force(torch.randn(8, 4), torch.empty(8, 0))
    places = path[..., : len(force.room)]
    assert places.abs().max() <= 0.4 + 1e-5 and (places.diff(dim=1).sign().diff(dim=1) != 0).any()
    places.square().mean().backward()
    assert force.room.grad.abs().sum() > 0


def test_codes_of_motion_leave_the_canvas_alone() -> None:
    generator, _ = pair(clips())
    z = torch.randn(1, 12).repeat(2, 1)
    z[1, -4:] = torch.randn(4)
    seen = []
    generator.body.content.register_forward_hook(lambda module, given, found: seen.append(found))
    generator.eval()(z)
    torch.testing.assert_close(seen[0][0], seen[0][1])


def test_noise_follows_from_the_latent() -> None:
    generator, _ = pair(clips(), noise=3)
    with torch.no_grad():
        generator.body.force.push.weight.normal_()
    generator.eval()
    z = torch.randn(3, 12)
    torch.testing.assert_close(generator(z)[:1], generator(z[:1]))


def test_a_map_moves_by_whole_pixels_and_leaves_nothing_behind() -> None:
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 1, 1] = 1
    shown = moved(x, torch.tensor([[[0.0, 0.0], [0.5, 0.0], [0.0, -0.5], [4.0, 0.0]]]))
    assert [each[0].nonzero().tolist() for each in shown] == [[[1, 1]], [[1, 2]], [[0, 1]], []]


def test_volumes_are_drawn_and_judged_over_three_axes() -> None:
    spec = Spec(shape=(1, 8, 16, 16), spans=(Span(channels=1, kind="tanh"),), condition=CLASSES)
    generator, judge = pair(spec, "volume")
    x = generator(torch.randn(2, 12), torch.eye(3)[:2])
    assert x.shape == (2, 1, 8, 16, 16) and judge(x, torch.eye(3)[:2]).shape == (2, 1)


def test_judges_can_be_differentiated_twice() -> None:
    for name in ("motion", "volume"):
        _, judge = pair(clips(frames=8), name)
        x = torch.randn(2, 1, 8, 16, 16, requires_grad=True)
        found = judge(x)
        total = sum(each.sum() for each in found) if isinstance(found, tuple) else found.sum()
        (slope,) = torch.autograd.grad(total, x, create_graph=True)
        slope.square().sum().backward()
        assert any(each.grad is not None and each.grad.any() for each in judge.parameters())


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("motion", (1, 16, 16), "motion draws clips (channels, frames, height, width)"),
        ("volume", (1, 16, 16), "volume draws volumes"),
        ("volume", (1, 6, 16, 16), "set domain.frames and domain.size"),
        ("motion", (1, 4, 9, 9), "set domain.size"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_cure(name: str, shape: tuple[int, ...], words: str) -> None:
    spec = Spec(shape=shape, spans=(Span(channels=1, kind="tanh"),))
    for table in (GENERATORS, DISCRIMINATORS):
        with pytest.raises(ConfigError) as refused:
            table[name].from_tree(NARROW).build(spec)
        assert words in str(refused.value)


def test_codes_are_part_of_the_latent() -> None:
    with pytest.raises(ConfigError, match="fewer than latent=12, got 12"):
        pair(clips(), codes=12)


def test_an_evaluated_judge_looks_at_the_same_frames_and_a_training_one_at_others() -> None:
    _, judge = pair(clips(frames=8))
    x = torch.randn(2, 1, 8, 16, 16)
    torch.manual_seed(0)
    first, again = judge(x)[0], judge(x)[0]
    assert not torch.equal(first, again)
    judge.eval()
    torch.testing.assert_close(judge(x)[0][:1], judge(x[:1])[0])
    assert torch.equal(judge(x)[0], judge(x)[0])


def test_two_passes_before_one_penalty_add_their_gradients() -> None:
    _, judge = pair(clips(frames=8))
    judge.eval()
    x, other = (torch.randn(2, 1, 8, 16, 16, requires_grad=True) for _ in range(2))
    found = [judge(each) for each in (x, other)]
    slope = torch.autograd.grad(sum(each.sum() for each in found[0]), x, create_graph=True)[0]
    alone = torch.autograd.grad(sum(each.sum() for each in judge(x)), x)[0]
    torch.testing.assert_close(slope, alone)
