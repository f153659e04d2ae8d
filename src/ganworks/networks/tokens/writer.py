"""The writer: a recurrent network that draws one token after the other, and tells how likely a sequence is."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ...search import Search
from ...settings import ConfigError
from ...spec import END, UNKNOWN, Spec
from ..base import Generator
from ..conditions import rows
from ..layers import full, lots

Estimator = Literal["gumbel", "soft", "score"]
BESIDE = 32
"""Numbers that a condition becomes."""


class AutoregressiveGenerator(Generator):
    """Embedded tokens -> GRU -> the next token, by the same embedding. What is drawn follows from the latent."""

    name: Literal["autoregressive"] = "autoregressive"
    latent: int = Field(default=64, gt=0)
    """Length of the latent vector; it decides every draw and means nothing else."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=256, gt=0)
    """Units of the GRU."""
    embedding: int = Field(default=128, gt=0)
    """Numbers of a token."""
    layers: int = Field(default=1, ge=1, le=4)
    """GRUs, one on the other."""
    dropout: float = Field(default=0.3, ge=0, lt=1)
    """Share of the numbers dropped before and after the GRU while likelihoods are learnt."""
    estimator: Estimator = "gumbel"
    """How a discriminator's gradient comes through a drawn token: gumbel, straight through a soft draw (Jang et al.,
    2017); soft, the generator shows and goes on with shares of tokens; score, not at all: the term `score` pays."""
    softness: float = Field(default=1.0, gt=0)
    """Temperature of soft draws while training; colder is nearer to tokens, and its gradients are rougher."""
    temperature: Annotated[float, Search(0.8, 1.2)] = Field(default=1.0, gt=0, le=100)
    """Temperature of drawing for a user: below 1 the likely becomes likelier, safer and less diverse."""

    def build(self, spec: Spec) -> nn.Module:
        tokens, steps = need_tokens(spec, self.name)
        network = Writer(self, tokens, steps, Given.of(spec, self.embedding, self.name))
        network.words = spec.spans[0].words
        return network


class Given(nn.Module):
    """A condition (B, R) -> numbers (B, BESIDE): a row as it is, or another sequence, read by a GRU."""

    def __init__(self, numbers: int, tokens: int, embedding: int):
        super().__init__()
        self.numbers, self.tokens = numbers, tokens
        if tokens:
            self.embed = nn.Embedding(tokens, embedding)
            self.cells = nn.GRU(embedding, BESIDE, batch_first=True)
        elif numbers:
            self.row = nn.Linear(numbers, BESIDE)

    @classmethod
    def of(cls, spec: Spec, embedding: int, family: str) -> "Given":
        numbers = rows(spec, family)
        tokens = spec.condition.spans[0].tokens if spec.condition is not None else 0
        return cls(numbers, tokens, embedding)

    @property
    def width(self) -> int:
        return BESIDE if self.numbers else 0

    def forward(self, c: Tensor) -> Tensor:
        if not self.tokens:
            shown: Tensor = self.row(c)
            return shown
        numbers = c.round().long().clamp(min=END)
        last: Tensor = self.cells(self.embed(numbers))[1][-1]
        return last


class Writer(nn.Module):
    """z (B, L) and c (B, R) -> x (B, V, T). Every token hangs on those before it, and on its share of the chance."""

    words: tuple[str, ...] = ()
    """What each token spells, where the spec says so: rewards read it."""

    def __init__(self, settings: AutoregressiveGenerator, tokens: int, steps: int, given: Given, code: int = 0):
        super().__init__()
        self.steps, self.tokens, self.given, self.code = steps, tokens, given, code
        self.estimator, self.softness, self.temperature = settings.estimator, settings.softness, settings.temperature
        self.embed = nn.Embedding(tokens, settings.embedding)
        nn.init.normal_(self.embed.weight, std=settings.embedding**-0.5)
        inputs = settings.embedding + given.width + code
        self.cells = nn.GRU(inputs, settings.width, settings.layers, batch_first=True)
        self.narrow = nn.Linear(settings.width + code, settings.embedding)
        self.bias = nn.Parameter(torch.zeros(tokens))
        self.drop = nn.Dropout(settings.dropout)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        z, c = self.parted(z, c)
        if self.training and self.estimator != "score":
            return self._relaxed(len(z), self.beside(c))
        return self.hot(self.drawn(z, self.beside(c)))

    def parted(self, z: Tensor, c: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Latents and conditions, which may come as the last numbers of z."""
        if self.given.numbers and c is None:
            return z[:, : -self.given.numbers], z[:, -self.given.numbers :]
        return z, c

    def likelihood(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        """The logarithm of how likely sequences x (B, V, T) are, (B,), in nats; ends included."""
        return self.token_likelihood(x.argmax(1), c).sum(1)

    def token_likelihood(self, numbers: Tensor, c: Tensor | None = None) -> Tensor:
        """The same of each token of token numbers (B, T), given those before it, (B, T); 0 behind the end."""
        return self.nats(numbers, self.beside(c))

    def nats(self, numbers: Tensor, beside: Tensor | None, hidden: float = 0.0) -> Tensor:
        """The same, told what stands beside; a share of the tokens before is not told."""
        over = (numbers == END).cumsum(1)
        there = over - (numbers == END).long() == 0  # the first end counts, what follows it does not
        before = functional.pad(numbers[:, :-1], (1, 0), value=END)
        if hidden:
            before = before.masked_fill(torch.rand(before.shape, device=before.device) < hidden, UNKNOWN)
        found, _ = self.cells(self._inputs(self.drop(self.embed(before)), beside))
        wanted = self._logits(self._out(self.drop(found), beside)[there])
        nats = full(wanted).log_softmax(1).gather(1, numbers[there][:, None])[:, 0]
        return nats.new_zeros(numbers.shape).masked_scatter(there, nats)

    @torch.no_grad()
    def completed(self, numbers: Tensor, kept: int, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Token numbers (B, T) of which the first so many are kept and the rest is drawn anew."""
        return self.drawn(z, self.beside(c), numbers[:, :kept])

    def beside(self, c: Tensor | None) -> Tensor | None:
        """What every step is told, (B, N)."""
        if not self.given.numbers:
            return None
        assert c is not None
        shown: Tensor = self.given(c)
        return shown

    def hot(self, numbers: Tensor) -> Tensor:
        """Token numbers (B, T) as samples (B, V, T)."""
        found = torch.zeros(*numbers.shape, self.tokens, device=numbers.device)
        return found.scatter_(2, numbers[..., None], 1.0).transpose(1, 2)

    @torch.no_grad()
    def drawn(self, z: Tensor, beside: Tensor | None, kept: Tensor | None = None) -> Tensor:
        """Token numbers (B, T): each the one at which the shares of all, summed up, pass its share of the chance."""
        count = len(z)
        chance = lots(z, z.new_empty(count, self.steps))
        token, state, start = z.new_full((count,), END, dtype=torch.long), None, 0
        found = z.new_full((count, self.steps), END, dtype=torch.long)
        over = z.new_zeros(count, dtype=torch.bool)
        if kept is not None and kept.shape[1]:
            start = kept.shape[1]
            found[:, :start] = kept
            before = functional.pad(kept[:, :-1], (1, 0), value=END)
            _, state = self.cells(self._inputs(self.embed(before), beside))
            token, over = kept[:, -1], (kept == END).any(1)
        for step in range(start, self.steps):
            logits, state = self._next(self.embed(token), beside, state, step)
            shares = (full(logits) / self.temperature).softmax(1).cumsum(1)
            token = (shares < chance[:, step, None] * shares[:, -1:]).sum(1).clamp(max=self.tokens - 1)
            token = token.masked_fill(over, END)
            found[:, step] = token
            over = over | (token == END)
            if over.all():
                break
        return found

    def _relaxed(self, count: int, beside: Tensor | None) -> Tensor:
        """Samples (B, V, T) through which a gradient passes; the chance is the step's own."""
        weight = self.embed.weight
        shown, state = weight[END].expand(count, -1), None
        over = torch.zeros(count, 1, dtype=torch.bool, device=weight.device)
        end = functional.one_hot(torch.tensor(END, device=weight.device), self.tokens).to(weight.dtype)
        found: list[Tensor] = []
        for step in range(self.steps):
            logits, state = self._next(shown, beside, state, step)
            logits = full(logits)
            noise = torch.empty_like(logits).exponential_().clamp_min(1e-20).log()
            soft = ((logits - noise) / self.softness).softmax(1)
            number = soft.detach().argmax(1)
            if self.estimator == "soft":
                each, shown = soft, soft @ weight
            else:
                hard = functional.one_hot(number, self.tokens).to(soft.dtype)
                each, shown = hard + soft - soft.detach(), self.embed(number)
            found.append(torch.where(over, end, each))
            over = over | (number == END)[:, None]
        return torch.stack(found, 1).transpose(1, 2)

    def _next(
        self, shown: Tensor, beside: Tensor | None, state: Tensor | None, step: int
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Logits (B, V) of the token at a step, and the state after it: never unknown, and no line is empty."""
        found, state = self.cells(self._inputs(shown[:, None], beside), state)
        logits = self._logits(self._out(found, beside)[:, 0])
        never = torch.zeros(self.tokens, dtype=torch.bool, device=logits.device)
        never[UNKNOWN] = True
        if step == 0:
            never[END] = True
        assert state is not None
        return logits.masked_fill(never, float("-inf")), state

    def _inputs(self, shown: Tensor, beside: Tensor | None) -> Tensor:
        return shown if beside is None else torch.cat([shown, beside[:, None].expand(-1, shown.shape[1], -1)], 2)

    def _out(self, found: Tensor, beside: Tensor | None) -> Tensor:
        if self.code and beside is not None:
            found = torch.cat([found, beside[:, None, -self.code :].expand(-1, found.shape[1], -1)], 2)
        return found

    def _logits(self, found: Tensor) -> Tensor:
        return functional.linear(self.narrow(found), self.embed.weight, self.bias)


def need_tokens(spec: Spec, family: str) -> tuple[int, int]:
    """Tokens and steps of a spec. Raises ConfigError for samples that are no sequences of tokens."""
    if len(spec.axes) != 1 or len(spec.spans) != 1 or spec.spans[0].kind != "softmax":
        raise ConfigError(
            f"{family} takes sequences of tokens, one softmax over one axis, got samples of shape {spec.shape}; "
            "set domain.name=tokens for lines of text"
        )
    return spec.channels, spec.axes[0]
