"""The network that goes from frame to frame: what it promises, and that its sense of motion can be taught."""

import copy

import pytest
import torch
from torch import Tensor, nn

from ganworks.networks import DISCRIMINATORS, GENERATORS
from ganworks.networks.translation.motion import Motion, carried, enlarged
from ganworks.settings import ConfigError
from ganworks.spec import Spec
from tests.networks.translating import pictures

SMALL = {"name": "recurrent", "width": 4, "blocks": 1, "motion_width": 4, "motion_levels": 2}


def clips(channels: int = 3, inputs: int = 3, scale: int = 1, frames: int = 4, side: int = 16) -> Spec:
    return pictures(channels, frames, scale * side, scale * side, given=(inputs, frames, side, side), kind="linear")


def built(spec: Spec, random: bool = True, **settings) -> nn.Module:
    torch.manual_seed(0)
    network = GENERATORS["recurrent"].from_tree({**SMALL, **settings}).build(spec)
    for each in network.parameters() if random else ():
        nn.init.normal_(each, std=0.1)
    return network


def given(spec: Spec, count: int = 2) -> Tensor:
    c = torch.rand(count, *spec.condition.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    if spec.condition.channels == spec.channels + 1:
        c[:, -1] = torch.where(c[:, -1] < -0.5, 1.0, -1.0)
    return c


SPECS = [clips(), clips(1, 1), clips(scale=2), clips(inputs=4), clips(side=18, frames=2)]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_clips_are_drawn_and_every_weight_learns(spec) -> None:
    network = built(spec)
    x = network(None, given(spec))
    assert x.shape == (2, *spec.shape) and x.isfinite().all()
    x.square().sum().backward()
    assert all(each.grad is not None and each.grad.abs().sum() > 0 for each in network.parameters())
    single = network(None, given(spec)[:, :, 0])
    torch.testing.assert_close(single, x[:, :, 0].detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_frame_by_frame_is_exactly_the_clip(spec) -> None:
    network, c = built(spec).eval(), given(spec)
    last, whole = None, network(None, c)
    for t in range(c.shape[2]):
        y = network.follow(c[:, :, t], last)
        last = c[:, :, t], y
        assert torch.equal(y, whole[:, :, t])
    torch.testing.assert_close(network.train()(None, c), whole, rtol=1e-5, atol=1e-6)


def test_an_untrained_network_gives_its_input_and_remembers_a_past() -> None:
    spec = clips()
    c = given(spec)
    assert torch.equal(built(spec, random=False)(None, c), c)
    network = built(spec).eval()
    changed = c.clone()
    changed[:, :, 0] = 0
    assert not torch.equal(network(None, c)[:, :, 3], network(None, changed)[:, :, 3])
    assert torch.equal(network(None, c)[:, :, 0], network(None, torch.cat([c[:, :, :1]] * 4, 2))[:, :, 0])


def test_known_pixels_come_back_and_holes_begin_as_what_was_there() -> None:
    spec = clips(inputs=4)
    network, c = built(spec, random=False), given(spec)
    c[:, :3] = c[:, :3, :1]  # nothing moves
    c[:, -1, 0] = -1  # and the first frame is whole
    x, known = network(None, c), c[:, -1:] < 0
    assert torch.equal(x[known.expand_as(x)], c[:, :3][known.expand_as(x)])
    torch.testing.assert_close(x[:, :, 3], c[:, :3, 0], rtol=1e-4, atol=1e-4)


def test_motion_is_learnt_from_what_moved() -> None:
    torch.manual_seed(0)
    motion = Motion(1, 8, 2)
    optimiser = torch.optim.Adam(motion.parameters(), 3e-3)
    for step in range(120):
        now, before, _ = shifted(8, step)
        loss = (carried(before, motion(now, before)) - now)[..., 4:-4, 4:-4].abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    now, before, shift = shifted(8, 1000)
    found = motion(now, before)[..., 8:-8, 8:-8].mean((2, 3))
    assert (found - shift).abs().mean() < 0.25 * shift.abs().mean()


def shifted(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Smooth random pictures, the same moved by up to three pixels each way, and by how much (B, 2)."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 1, 12, 12, generator=random)
    whole = nn.functional.interpolate(coarse, size=(48, 48), mode="bicubic")
    shift = torch.randint(-3, 4, (count, 2), generator=random)
    moved = [
        each[:, 8 + int(s[1]) : 40 + int(s[1]), 8 + int(s[0]) : 40 + int(s[0])]
        for each, s in zip(whole, shift, strict=True)
    ]
    return whole[:, :, 8:40, 8:40], torch.stack(moved), -shift.float()


def test_carrying_moves_by_whole_pixels_exactly_and_flows_grow_with_pictures() -> None:
    x = torch.rand(1, 2, 6, 8)
    flow = torch.zeros(1, 2, 6, 8)
    flow[:, 0], flow[:, 1] = 2, -1
    torch.testing.assert_close(carried(x, flow)[:, :, 1:, :6], x[:, :, :5, 2:], rtol=1e-5, atol=1e-6)
    assert torch.equal(enlarged(flow, 3), (3 * flow[:, :, :1, :1]).expand(1, 2, 18, 24))


def test_a_judge_of_frames_sees_them_in_rows() -> None:
    spec = clips(frames=5)
    settings = {"name": "frames", "width": 4, "layers": 1}
    judge = DISCRIMINATORS["frames"].from_tree(settings).build(spec)
    x, c = torch.randn(2, *spec.shape), given(spec)
    logits = judge(x, c)
    one = DISCRIMINATORS["frames"].from_tree({**settings, "stack": 1}).build(spec)(x, c)
    assert logits.shape[0] == 2 and logits.shape[1] * 5 == one.shape[1] * 3
    moved = x.clone()
    moved[:, :, 4] = 0
    rows = logits.view(2, 3, -1) == judge(moved, c).view(2, 3, -1)
    assert rows[:, :2].all() and not rows[:, 2].all()
    assert torch.equal(copy.deepcopy(judge)(x, c), logits)


@pytest.mark.parametrize(
    ("settings", "spec", "line"),
    [
        (SMALL, pictures(3, 16, 16, given=(3, 16, 16)),
         r"recurrent takes clips \(channels, frames, height, width\) made from clips, got samples of shape "
         r"\(3, 16, 16\) with one of shape \(3, 16, 16\) as condition; use the domain clips"),
        (SMALL, clips(inputs=1), "recurrent continues its input, which has 1 channels of 3; keep them all"),
        ({**SMALL, "fold": 4}, clips(side=18), r"restoration with fold=4 takes input sides that 4 divides, .*"),
        ({"name": "frames", "stack": 5}, clips(), "frames stacks 5 frames, clips have 4; set discriminator.stack=1"),
        ({"name": "frames"}, pictures(3, 16, 16), "frames takes clips .* with none as condition; use the domain clips"),
    ],
)  # fmt: skip
def test_what_is_no_clip_is_refused_in_one_line(settings, spec, line) -> None:
    table = GENERATORS if settings["name"] in GENERATORS else DISCRIMINATORS
    with pytest.raises(ConfigError, match=rf"^{line}$"):
        table[settings["name"]].from_tree(settings).build(spec)
