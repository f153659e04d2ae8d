"""The R3GAN networks against the paper's description and its parameter table."""

import pytest
import torch
from torch import nn

from ganworks.networks import R3Discriminator, R3Generator
from ganworks.networks.r3 import Basis, Residual, Size
from ganworks.spec import Span, Spec


def pictures(*shape: int, kind: str = "tanh") -> Spec:
    return Spec(shape=shape, spans=(Span(channels=shape[0], kind=kind),))


def parameters(network: nn.Module) -> float:
    """In millions."""
    return sum(each.numel() for each in network.parameters()) / 1e6


@pytest.mark.parametrize(("size", "millions"), [("nano", 0.11), ("tiny", 0.83), ("small", 2.7), ("base", 20.7)])
def test_a_size_has_the_parameters_it_documents(size: Size, millions: float) -> None:
    with torch.device("meta"):
        spec = pictures(3, 32, 32)
        assert parameters(R3Generator(size=size).build(spec)) == pytest.approx(millions, rel=0.03)
        assert parameters(R3Discriminator(size=size).build(spec)) == pytest.approx(millions, rel=0.03)


@pytest.mark.parametrize(("side", "millions"), [(64, 22.4), (256, 23.1)])
def test_base_grows_with_the_side_as_in_the_papers_table(side: int, millions: float) -> None:
    with torch.device("meta"):
        network = R3Generator(size="base").build(pictures(3, side, side))
    assert parameters(network) == pytest.approx(millions, rel=0.02)


def test_a_block_starts_as_the_identity_and_shrinks_with_the_depth() -> None:
    torch.manual_seed(0)
    block = Residual(64, depth=16)
    x = torch.randn(2, 64, 5, 5)
    assert torch.equal(block(x), x)
    gain = (2 / 1.04) ** 0.5 * 16**-0.25
    assert block.mix.groups == 8
    assert block.widen.weight.std().item() == pytest.approx(gain / 64**0.5, rel=0.05)
    assert block.mix.weight.std().item() == pytest.approx(gain / (16 * 9) ** 0.5, rel=0.05)
    assert not block.widen.bias.any() and not block.mix.bias.any() and block.narrow.bias is None


def test_the_depth_counts_every_block_of_the_network() -> None:
    torch.manual_seed(0)
    network = R3Generator(size="small").build(pictures(3, 32, 32))
    blocks = [each for each in network.modules() if isinstance(each, Residual)]
    assert len(blocks) == 8
    wanted = (2 / 1.04) ** 0.5 * 8**-0.25 / 256**0.5
    assert blocks[3].widen.weight.std().item() == pytest.approx(wanted, rel=0.03)


def test_the_basis_is_scaled_by_a_linear_map_of_the_latent() -> None:
    torch.manual_seed(0)
    basis = Basis(8, 16, 3, 5)
    z = torch.randn(4, 8)
    assert basis(z).shape == (4, 16, 3, 5)
    torch.testing.assert_close(basis(2 * z), 2 * basis(z))


def test_pictures_are_left_linear_and_one_hots_are_not() -> None:
    torch.manual_seed(0)
    network = R3Generator(size="nano").build(pictures(1, 8, 8))
    z = torch.randn(4, 64)
    # A new network is linear in z, as all its blocks start as the identity.
    torch.testing.assert_close(network(10 * z), 10 * network(z), rtol=1e-4, atol=1e-4)
    levels = R3Generator(size="nano").build(pictures(5, 8, 8, kind="softmax"))
    torch.testing.assert_close(levels(z).sum(1), torch.ones(4, 8, 8))
