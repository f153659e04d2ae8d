"""The pair for rows: what was asked stands in the row, and the paper's widths."""

import pytest
import torch

from ganworks.networks import TabularDiscriminator, TabularGenerator
from ganworks.spec import Span, Spec

SPANS = (Span(channels=1, kind="tanh"), Span(channels=3, kind="softmax"), Span(channels=2, kind="softmax"))
COLUMNS = Spec(shape=(9,), spans=(Span(channels=9, kind="linear"),))
ROW = Spec(shape=(6,), spans=SPANS, condition=COLUMNS)
PLAIN = Spec(shape=(6,), spans=SPANS)


def asking(count: int) -> torch.Tensor:
    """The second span is asked to be its third category, nothing else is."""
    c = torch.zeros(count, 9)
    c[:, 3] = c[:, 7] = 1
    return c


@pytest.mark.parametrize("training", [True, False])
def test_what_is_asked_stands_in_the_row_and_the_rest_is_drawn(training: bool) -> None:
    torch.manual_seed(0)
    network = TabularGenerator(latent=5, widths=(16,)).build(ROW).train(training)
    z, c = torch.randn(50, 5), asking(50)
    x = network(z, c)
    assert torch.equal(x[:, 1:4], torch.eye(3)[2].expand(50, 3))
    assert x[:, 0].std() > 0 and x[:, 4:].sum(1).allclose(torch.ones(50))
    free = network(z, torch.zeros(50, 9))
    assert free[:, 1:4].argmax(1).unique().numel() > 1


def test_nothing_is_learnt_from_what_was_given() -> None:
    network = TabularGenerator(latent=5, widths=(16,)).build(ROW)
    network(torch.randn(8, 5), asking(8))[:, 1:4].sum().backward()
    assert all(each.grad is None or not each.grad.any() for each in network.parameters())


def test_a_condition_may_come_behind_the_latent() -> None:
    network = TabularGenerator(latent=5, widths=(16,)).build(ROW).eval()
    z, c = torch.randn(8, 5), asking(8)
    assert torch.equal(network(z, c), network(torch.cat([z, c], 1)))


def test_a_generator_that_keeps_nothing_draws_all() -> None:
    torch.manual_seed(0)
    network = TabularGenerator(latent=5, widths=(16,), keep=False).build(ROW).eval()
    assert network(torch.randn(50, 5), asking(50))[:, 1:4].argmax(1).unique().numel() > 1


def test_a_latent_is_one_row_in_any_batch_and_its_categories_are_one_hot() -> None:
    network = TabularGenerator(latent=5, widths=(16,), norm="none").build(PLAIN).eval()
    z = torch.randn(20, 5)
    with torch.no_grad():
        x = network(z)
        assert set(x[:, 1:].unique().tolist()) == {0.0, 1.0}
        torch.testing.assert_close(network(z[7:8]), x[7:8])


def test_the_pair_has_the_sizes_of_the_paper() -> None:
    entered, wide = 128 + 9, 256
    drawer = TabularGenerator().build(ROW)
    layers = [(entered + i * wide + 1) * wide + 2 * wide for i in range(2)]  # each with its batch norm
    assert sum(each.numel() for each in drawer.parameters()) == sum(layers) + (entered + 2 * wide + 1) * 6
    packed = Spec(shape=(60,), spans=SPANS * 10)
    judge = TabularDiscriminator().build(packed)
    assert sum(each.numel() for each in judge.parameters()) == 61 * wide + (wide + 1) * wide + wide + 1
    assert sum(isinstance(each, torch.nn.Dropout) for each in judge.modules()) == 2
    assert judge(torch.randn(4, 60)).shape == (4, 1)
