"""The classic networks against the parameter counts their papers and tutorials print, and their initial weights."""

import pytest
import torch
from torch import nn

from ganworks.networks import DISCRIMINATORS, GENERATORS, DcganGenerator, LeanDiscriminator, LeanGenerator
from ganworks.spec import Span, Spec


def pictures(*shape: int) -> Spec:
    return Spec(shape=shape, spans=(Span(channels=shape[0], kind="tanh"),))


@pytest.mark.parametrize(
    ("name", "shape", "drawer", "judge"),
    [
        ("mlp", (1, 28, 28), 227_344, 201_217),  # 100-256-784 and 784-256-1
        ("conv28", (1, 28, 28), 2_305_472, 212_865),  # trainable parameters in TensorFlow's DCGAN tutorial
        ("dcgan", (3, 64, 64), 3_576_704, 2_765_568),  # PyTorch's DCGAN tutorial
        ("resnet", (3, 32, 32), 4_276_739, 1_053_825),  # SNGAN for CIFAR-10: 4.28 M and 1.05 M
    ],
)
def test_a_classic_has_its_published_size(name: str, shape: tuple[int, ...], drawer: int, judge: int) -> None:
    with torch.device("meta"):
        counts = [sum(each.numel() for each in table[name]().build(pictures(*shape)).parameters())
                  for table in (GENERATORS, DISCRIMINATORS)]  # fmt: skip
    assert counts == [drawer, judge]


def test_dcgan_starts_from_small_normal_weights() -> None:
    torch.manual_seed(0)
    network = DcganGenerator().build(pictures(3, 32, 32))
    for layer in network.modules():
        if isinstance(layer, nn.ConvTranspose2d):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.mean().item() == pytest.approx(1, abs=0.02) and not layer.bias.any()


def test_every_layer_of_the_resnet_judge_is_spectrally_normalised() -> None:
    judge = DISCRIMINATORS["resnet"].from_tree({"width": 8}).build(pictures(3, 32, 32))
    layers = [each for each in judge.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    assert len(layers) == 11  # two in each of four blocks, a shortcut in each of the two that halve, and the logit
    assert all(nn.utils.parametrize.is_parametrized(each) for each in layers)


@pytest.mark.parametrize("norm", ["batch", "pixel", "none"])
def test_lean_starts_without_a_pattern_inside_its_pixel_pairs(norm: str) -> None:
    torch.manual_seed(0)
    x = LeanGenerator.from_tree({"norm": norm}).build(pictures(3, 32, 32))(torch.randn(4, 64))
    torch.testing.assert_close(x[..., ::2, ::2], x[..., 1::2, 1::2])
    assert 0.02 < x.std().item() < 0.2  # nearly grey, and not the same for every latent


def test_lean_can_show_its_judge_how_much_samples_differ() -> None:
    torch.manual_seed(0)
    judge = LeanDiscriminator(minibatch_std=4).build(pictures(1, 28, 28))
    x = torch.randn(8, 1, 28, 28)
    alone, together = judge(x[:1]), judge(x)[:1]
    assert alone.shape == (1, 1) and not torch.allclose(alone, together)
