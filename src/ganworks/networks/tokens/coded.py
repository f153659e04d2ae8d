"""Codes: a reader that makes one row of numbers of a line, a writer that makes the line of it, and a small generator
of such rows. The adversarial game is played with rows, where it is easy; tokens are the writer's business."""

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from ...spec import END, Span, Spec
from ..layers import LEAK, he
from .writer import AutoregressiveGenerator, Given, Writer, need_tokens


class CodesGenerator(AutoregressiveGenerator):
    """z -> dense layers -> a code -> the writer. The term `likelihood` trains reader and writer as an autoencoder."""

    name: Literal["codes"] = "codes"  # type: ignore[assignment]
    code: int = Field(default=64, gt=0)
    """Numbers of a code."""
    widths: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (256, 256)
    """Widths of the dense layers that draw codes."""
    noise: float = Field(default=0.3, ge=0)
    """Deviation of noise on codes, whose numbers have deviation 1, while the autoencoder learns: near codes then
    spell near lines."""
    hidden: float = Field(default=0.3, ge=0, lt=1)
    """Share of the tokens that the writer is not told while it learns, so that it reads the code."""

    def build(self, spec: Spec) -> nn.Module:
        tokens, steps = need_tokens(spec, self.name)
        return Coder(self, tokens, steps, Given.of(spec, self.embedding, self.name))

    def judged(self, spec: Spec) -> Spec:
        row = Spec(shape=(self.code,), spans=(Span(channels=self.code, kind="linear"),))
        return row.model_copy(update={"condition": spec.condition, "guess": spec.guess})


class Coder(nn.Module):
    """z (B, L) and c (B, R) -> in training a code (B, N), otherwise the line that the writer makes of it (B, V, T)."""

    def __init__(self, settings: CodesGenerator, tokens: int, steps: int, given: Given):
        super().__init__()
        self.noise, self.hidden = settings.noise, settings.hidden
        self.writer = Writer(settings, tokens, steps, given, settings.code)
        self.reads = nn.GRU(settings.embedding, settings.width // 2, batch_first=True, bidirectional=True)
        self.coded = nn.Linear(settings.width // 2 * 2, settings.code)
        sizes = [settings.latent + given.numbers, *settings.widths]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [he(nn.Linear(inputs, outputs)), nn.LeakyReLU(LEAK)]
        self.draws = nn.Sequential(*layers, he(nn.Linear(sizes[-1], settings.code), gain=1))

    @property
    def temperature(self) -> float:
        return self.writer.temperature

    @temperature.setter
    def temperature(self, value: float) -> None:
        self.writer.temperature = value

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        z, c = self.writer.parted(z, c)
        code = _even(self.draws(z if c is None else torch.cat([z, c.to(z.dtype)], 1)))
        if self.training:
            return code
        return self.writer.hot(self.writer.drawn(z, self._beside(code, c)))

    def seen(self, x: Tensor) -> Tensor:
        """What a discriminator is shown of samples x (B, V, T): their codes (B, N)."""
        return self._read(x.argmax(1))

    def likelihood(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        """How likely the writer finds sequences x (B, V, T) from their own codes, (B,), in nats."""
        numbers = x.argmax(1)
        code = self._read(numbers)
        if self.training and self.noise:
            code = code + self.noise * torch.randn_like(code)
        return self.writer.nats(numbers, self._beside(code, c), self.hidden if self.training else 0.0).sum(1)

    def _read(self, numbers: Tensor) -> Tensor:
        shown = self.writer.embed(numbers)
        found, _ = self.reads(shown)
        there = ((numbers == END).cumsum(1) <= 1).to(found.dtype)[..., None]
        return _even(self.coded((found * there).sum(1) / there.sum(1)))

    def _beside(self, code: Tensor, c: Tensor | None) -> Tensor:
        given = self.writer.beside(c)
        return code if given is None else torch.cat([given, code], 1)


def _even(code: Tensor) -> Tensor:
    """Each code with mean 0 and deviation 1, so that read and drawn ones lie on one sphere."""
    return functional.layer_norm(code, code.shape[1:])
