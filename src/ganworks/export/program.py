"""The function of a model that other runtimes are given: its inputs by name, their sizes, and the module itself.

Chance stays outside, since no two runtimes draw alike. A softmax that is drawn by lot leaves the program as logits,
of which a user draws one: `argmax(x - log(-log(u)))` for u uniform in 0..1. A generator that writes token after
token is given its lots u as an input, since each token hangs on those before it.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..domains.translations import Translations
from ..domains.vocoder.codec import Vocoded
from ..model import Model
from ..networks.layers import Activate, Draws
from ..networks.tabular import Keeps
from ..networks.tokens.coded import Coder
from ..networks.tokens.writer import Writer
from ..networks.translation.recurrent import Recurrent
from ..settings import ConfigError, Settings
from ..spec import Span
from ..training import sampling
from ..training.engines.arrange import arranged
from .written import Written

SURE = 1e4
"""A logit that no lot outweighs: what was asked of a column is kept."""


class Axis(NamedTuple):
    """One axis of an input or an output: so many, or a name where the user decides, in steps of `multiple`."""

    size: int
    name: str = ""
    multiple: int = 1
    least: int = 1


class Input(NamedTuple):
    name: str
    axes: tuple[Axis, ...]
    """Without the first, which is the batch."""
    law: str
    """How its numbers are drawn, or what they are."""


class Program(NamedTuple):
    """A module of the inputs, in their order, to x."""

    module: nn.Module
    inputs: tuple[Input, ...]
    output: tuple[int, ...]
    """Shape of one sample x, at the size that the model was trained at."""
    logits: bool
    """Whether softmax spans come as logits to draw from."""

    def examples(self, model: Model, batch: int, seed: int, larger: int = 0) -> tuple[Tensor, ...]:
        """Random inputs for a batch; axes whose size is the user's are `larger` steps longer."""
        generator = torch.Generator().manual_seed(seed)
        made = []
        for each in self.inputs:
            shape = [axis.size + larger * axis.multiple if axis.name else axis.size for axis in each.axes]
            if each.name == "z":
                made.append(sampling.latents(model.run.latents, model.run.generator.latent, batch, seed))
            elif each.name == "c" and each.law != "picture":
                rows = sampling.classes(model.codec, batch, seed)
                assert rows is not None
                made.append(rows.float())
            elif each.name == "u":
                made.append(torch.rand(batch, *shape, generator=generator).clamp(1e-4, 1 - 1e-4))
            else:
                made.append(torch.rand(batch, *shape, generator=generator) * 2 - 1)
        return tuple(made)


def program_of(model: Model, rewritten: bool = True) -> Program:
    """What is exported of a model, on the CPU; `rewritten` for speed, the same function but for rounding.

    Raises ConfigError for what cannot leave torch, with what to do instead.
    """
    network = (arranged(model.network) if rewritten else copy.deepcopy(model.network).eval()).cpu().float()
    codec, spec = model.codec, model.codec.spec
    if isinstance(codec, Vocoded):
        raise ConfigError(
            f"{called(model.run.generator)} makes sound by Fourier transforms and least squares, which other runtimes "
            "lack; use --to folder, and ganworks apply"
        )
    if isinstance(network, Recurrent):
        raise ConfigError(
            f"{called(model.run.generator)} carries frames along motion, at sizes that exporters cannot follow; use "
            "--to folder, and ganworks apply"
        )
    if isinstance(codec, Translations):
        assert spec.condition is not None
        return Program(_Translated(network, codec), (_picture(network, spec.condition.shape),), spec.shape, False)
    inputs = [Input("z", (Axis(model.run.generator.latent),), called(model.run.latents))]
    if spec.condition is not None:
        inputs.append(Input("c", tuple(map(Axis, spec.condition.shape)), "condition"))
    if isinstance(network, Writer | Coder):
        lots = Input("u", (Axis(spec.axes[0]),), "uniform in 0..1")
        inputs = [*([] if isinstance(network, Writer) else inputs[:1]), *inputs[1:], lots]
        return Program(Written(network, [each.name for each in inputs]), tuple(inputs), spec.shape, False)
    by_lot = any(span.kind == "softmax" and span.by_lot for span in spec.spans)
    module: nn.Module = _Drawn(_undrawn(network, spec.spans) if by_lot else network)
    return Program(module, tuple(inputs), spec.shape, by_lot)


def called(part: Settings) -> str:
    """The name by which a user picks a part of a run."""
    return str(part.tree()["name"])


def _picture(network: nn.Module, shape: tuple[int, ...]) -> Input:
    """The picture that a translator is given; its sides are the user's."""
    multiple, least = (int(getattr(network, name, 1)) for name in ("multiple", "least"))
    sides = (Axis(size, name, multiple, least) for size, name in zip(shape[1:], ("height", "width"), strict=True))
    return Input("c", (Axis(shape[0]), *sides), "picture")


class _Drawn(nn.Module):
    """z (B, L) and c (B, R) -> x."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        drawn: Tensor = self.network(z, c) if c is not None else self.network(z)
        return drawn


class _Translated(nn.Module):
    """c (B, C, H, W) -> what a user gets, (B, C', scale H, scale W)."""

    def __init__(self, network: nn.Module, codec: Translations):
        super().__init__()
        self.network, self._codec = network, codec

    def forward(self, c: Tensor) -> Tensor:
        return self._codec.compose(self.network(c.new_zeros(c.shape[0], 0), c), c).float()


class _Logits(nn.Module):
    """The last layer without its lots: softmax spans as they come."""

    def __init__(self, activate: Activate):
        super().__init__()
        self.spans = activate.spans

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        parts = torch.split(x, [span.channels for span in self.spans], dim=1)
        kinds = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}
        return torch.cat(
            [
                kinds[span.kind](part) if span.kind in kinds else part
                for span, part in zip(self.spans, parts, strict=True)
            ],
            1,
        )


class _Kept(nn.Module):
    """Rows whose asked columns are what was asked: as logits that no lot outweighs."""

    sure: Tensor
    span: Tensor

    def __init__(self, keeps: Keeps, spans: Sequence[Span]):
        super().__init__()
        self.draws = keeps.draws
        sure = [SURE if each.kind == "softmax" else 1.0 for each in spans for _ in range(each.channels)]
        self.register_buffer("sure", torch.tensor(sure))
        self.register_buffer("span", keeps.span.clone())

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        x: Tensor = self.draws(z, c)
        channels = x.shape[1]
        return torch.where(c[:, channels:][:, self.span] > 0, c[:, :channels] * self.sure, x)


def _undrawn(network: nn.Module, spans: Sequence[Span]) -> nn.Module:
    draws = network.draws if isinstance(network, Keeps) else network
    activates = [each for each in network.modules() if isinstance(each, Activate)]
    if not isinstance(draws, Draws) or len(activates) != 1:
        raise ConfigError("this generator draws lots within; use --to folder, which ganworks.load reads")
    kept = _Kept(network, spans) if isinstance(network, Keeps) else network
    draws.activate = _Logits(draws.activate)  # type: ignore[assignment]
    return kept
