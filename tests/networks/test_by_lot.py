"""Softmax spans that are not drawn by lot: soft in training, the likeliest in evaluation."""

import torch

from ganworks.networks import Activate
from ganworks.spec import Span


def test_a_span_that_is_not_drawn_by_lot_shows_the_likeliest_and_knows_no_chance() -> None:
    activate = Activate([Span(channels=3, kind="softmax", by_lot=False)]).eval()
    torch.manual_seed(0)
    logits = torch.randn(200, 3, 4, requires_grad=True)
    drawn = activate(logits, torch.randn(200, 5))
    assert torch.equal(drawn.argmax(1), logits.argmax(1))
    assert set(drawn.round(decimals=5).unique().tolist()) == {0.0, 1.0}
    assert torch.equal(drawn, activate(logits))
    drawn[:, 0].sum().backward()
    assert logits.grad is not None and logits.grad.abs().sum() > 0


def test_while_it_trains_it_is_a_plain_softmax() -> None:
    activate = Activate([Span(channels=3, kind="softmax", by_lot=False)], temperature=0.5).train()
    logits = torch.tensor([1.0, 0.0, -1.0]).view(1, 3, 1).expand(6, 3, 2)
    torch.testing.assert_close(activate(logits), (2 * logits).softmax(1))
