"""Judges of patches."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.networks.translating import PATCHES, built, inputs, pictures, spec_for, together


def penalised(judge: nn.Module, x: Tensor, c: Tensor) -> Tensor:
    """A loss as a discriminator's turn makes it: logits and the squared gradient to the sample."""
    x = x.detach().requires_grad_()
    logits = together(judge(x, c))
    (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return logits.square().mean() + slope.square().sum()


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 24, 40), (4, 32, 16)], ids=str)
@pytest.mark.parametrize("variant", PATCHES)
def test_a_penalty_reaches_every_parameter_of_a_judge(variant: str, shape: tuple[int, int, int]) -> None:
    spec = spec_for(PATCHES[variant], *shape)
    judge, x, c = built(PATCHES[variant], spec), torch.randn(4, *spec.shape), inputs(spec, 4)
    (penalised(judge, x, c) + penalised(judge, x.flip(0), c)).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in judge.parameters())
    judge.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        loss = penalised(judge, x, c)
    assert loss.dtype == torch.float32 and loss.isfinite()


@pytest.mark.parametrize("variant", PATCHES)
def test_a_judge_is_the_same_after_a_round_trip_and_judges_each_sample_by_itself(variant: str) -> None:
    spec = spec_for(PATCHES[variant], 3, 24, 32)
    judge, x, c = built(PATCHES[variant], spec), torch.randn(4, *spec.shape), inputs(spec, 4)
    judge(x, c)
    other = built(PATCHES[variant], spec)
    other.load_state_dict(judge.state_dict(), strict=True)
    wanted = together(judge.eval()(x, c))
    assert torch.equal(together(other.eval()(x, c)), wanted)
    torch.testing.assert_close(together(other(x[:1], c[:1])), wanted[:1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("layers", "field"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_logit_sees_a_patch_of_the_published_size(layers: int, field: int) -> None:
    side = 2 * field + 20
    tree = {"name": "patch", "width": 1, "layers": layers, "norm": "none", "sees": "output"}
    judge = built(tree, pictures(1, side, side)).double()
    for each in judge.parameters():
        nn.init.constant_(each, 0.1)
    x = torch.randn(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    logits = judge(x)
    across = int(logits.shape[1] ** 0.5)
    (slope,) = torch.autograd.grad(logits[0, across * (across // 2) + across // 2], x)
    touched = slope[0, 0].nonzero()
    assert (touched.amax(0) - touched.amin(0) + 1).tolist() == [field, field]


def test_logits_are_flat_and_of_the_papers_number() -> None:
    tree = {"name": "patch", "width": 2}
    assert built(tree, spec_for(tree, 3, 256, 256))(torch.randn(1, 3, 256, 256), torch.randn(1, 3, 256, 256)).shape == (
        1, 30 * 30)  # fmt: skip
    tree = {"name": "patch-scales", "width": 2, "scales": 3}
    spec = spec_for(tree, 3, 128, 128)
    logits = built(tree, spec)(torch.randn(1, 3, 128, 128), inputs(spec, 1))
    assert [each.shape for each in logits] == [(1, 14 * 14), (1, 6 * 6), (1, 2 * 2)]


def test_a_judge_of_both_sees_the_input_and_a_judge_of_the_output_does_not() -> None:
    spec = pictures(3, 32, 32, given=(1, 16, 16))
    x, c = torch.randn(2, 3, 32, 32), inputs(spec)
    both = built({"name": "patch", "width": 4, "layers": 1}, spec)
    assert not torch.allclose(both(x, c), both(x, -c))
    large = functional.interpolate(c, scale_factor=2)
    assert torch.equal(both(x, c), both(x, large))
    output = built({"name": "patch", "width": 4, "layers": 1, "sees": "output"}, spec)
    assert torch.equal(output(x, c), output(x))
    assert built({"name": "patch", "width": 4, "layers": 1}, pictures(3, 32, 32))(x).shape == (2, 14 * 14)


def test_each_half_of_a_cycle_is_judged_alone() -> None:
    spec = spec_for(PATCHES["patch-cycle"], 3, 16, 16)
    judge, x = built(PATCHES["patch-cycle"], spec), torch.randn(2, *spec.shape)
    other = x.clone()
    other[:, 3:] += 1
    (b, a), (same, moved) = judge(x), judge(other)
    assert torch.equal(b, same) and not torch.allclose(a, moved)
