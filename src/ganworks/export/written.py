"""Lines written outside of torch: the writer's steps one after the other, with the lots as an input."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..networks.layers import full
from ..networks.tokens.coded import Coder, _even
from ..networks.tokens.writer import Writer
from ..spec import END, UNKNOWN


class Written(nn.Module):
    """z (B, L) of a coder, c (B, R) where there is one, lots u (B, T) in 0..1 -> x (B, V, T), one-hot."""

    never: Tensor
    first: Tensor

    def __init__(self, network: Writer | Coder, names: Sequence[str]):
        super().__init__()
        self.network, self.names = network, tuple(names)
        self.writer = network.writer if isinstance(network, Coder) else network
        never = torch.zeros(self.writer.tokens)
        never[UNKNOWN] = -1e9
        first = never.clone()
        first[END] = -1e9
        self.register_buffer("never", never)
        self.register_buffer("first", first)

    def forward(self, *given: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(self.numbers(*given), self.writer.tokens).transpose(1, 2).float()

    def numbers(self, *given: Tensor) -> Tensor:
        """Token numbers (B, T)."""
        named, writer = dict(zip(self.names, given, strict=True)), self.writer
        u, c = named["u"], named.get("c")
        beside = writer.beside(c)
        if isinstance(self.network, Coder):
            z = named["z"]
            code = _even(self.network.draws(z if c is None else torch.cat([z, c], 1)))
            beside = code if beside is None else torch.cat([beside, code], 1)
        token = torch.full_like(u[:, 0], END, dtype=torch.long)
        over = torch.zeros_like(token)
        states = [u.new_zeros(u.shape[0], writer.cells.hidden_size) for _ in range(writer.cells.num_layers)]
        found = []
        for step in range(writer.steps):
            entered = writer.embed(token) if beside is None else torch.cat([writer.embed(token), beside], 1)
            states = self._after(entered, states)
            out = states[-1][:, None]
            logits = full(writer._logits(writer._out(out, beside)[:, 0])) + (self.never if step else self.first)
            shares = (logits / writer.temperature).softmax(1).cumsum(1)
            token = (shares < u[:, step, None] * shares[:, -1:]).long().sum(1).clamp(max=writer.tokens - 1)
            token = token * (1 - over)  # END is 0, and nothing follows it
            over = torch.maximum(over, (token == END).long())
            found.append(token)
        return torch.stack(found, 1)

    def _after(self, x: Tensor, states: list[Tensor]) -> list[Tensor]:
        """The states of all layers after one more token; the cells spelt out, which every runtime has."""
        cells, after = self.writer.cells, []
        for layer, state in enumerate(states):
            inner, outer = (getattr(cells, f"weight_{kind}_l{layer}") for kind in ("ih", "hh"))
            into = torch.nn.functional.linear(x, inner, getattr(cells, f"bias_ih_l{layer}"))
            kept = torch.nn.functional.linear(state, outer, getattr(cells, f"bias_hh_l{layer}"))
            (reset, update, new), (reset2, update2, new2) = into.chunk(3, 1), kept.chunk(3, 1)
            share = torch.sigmoid(update + update2)
            x = torch.tanh(new + torch.sigmoid(reset + reset2) * new2) * (1 - share) + share * state
            after.append(x)
        return after
