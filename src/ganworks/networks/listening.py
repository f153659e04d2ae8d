"""Judges of sound: at periods, at scales, and by the short-time spectra of several windows."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..search import Search
from ..settings import ConfigError
from ..spec import Spec
from ..spectra import magnitude, stft
from .base import Discriminator
from .layers import LEAK, full, he

DEPTH = 4
"""Convolutions with a rectifier in each judge."""


class ListeningDiscriminator(Discriminator):
    """Several judges, a tuple of logits. Periods look at every p-th sample, beside each other; scales at the sound, at
    half its rate and so on (Kong et al., 2020, section 2.3); windows at its spectra (Jang et al., 2021)."""

    name: Literal["listening"] = "listening"
    condition: Literal["none"] = "none"
    """The sound alone is judged."""
    periods: tuple[Annotated[int, Field(ge=2, le=64)], ...] = (2, 3, 5, 7, 11)
    """One judge each; primes overlap least."""
    scales: int = Field(default=0, ge=0, le=4)
    """Judges of the sound as it is, at half its rate, at a quarter."""
    windows: tuple[Annotated[int, Field(ge=16, le=4096)], ...] = (128, 256, 512)
    """One judge each, of magnitudes of spectra with such a window, in samples."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=16, gt=0)
    """Channels of the first convolution of each judge; at most four times as many later."""

    @property
    def rectifiers(self) -> int:
        """How many layers feature matching listens to."""
        return DEPTH * (len(self.periods) + self.scales + len(self.windows))

    def build(self, spec: Spec) -> nn.Module:
        if spec.guess is not None:
            raise ConfigError(f"{self.name} recognises nothing beside real and fake")
        if len(spec.axes) != 1 or not self.rectifiers:
            came = f"samples of shape {spec.shape}" if self.rectifiers else "neither periods, scales nor windows"
            raise ConfigError(f"{self.name} judges sound (channels, samples) at periods, scales or windows, got {came}")
        longest = max([*self.periods, *self.windows, 1 << self.scales])
        if spec.axes[0] < 2 * longest:
            raise ConfigError(
                f"{self.name} wants at least {2 * longest} samples, got {spec.axes[0]}; set domain.frames higher, or "
                "leave out the longest of discriminator.periods and discriminator.windows"
            )
        judges: list[nn.Module] = [_Period(spec.channels, self.width, each) for each in self.periods]
        judges += [_Scale(spec.channels, self.width, each) for each in range(self.scales)]
        judges += [_Window(spec.channels, self.width, each) for each in self.windows]
        return Listening(judges)


class Listening(nn.Module):
    """x (B, C, T) -> a logit for each place, (B, K), of each judge."""

    def __init__(self, judges: list[nn.Module]):
        super().__init__()
        self.judges = nn.ModuleList(judges)

    def forward(self, x: Tensor, c: Tensor | None = None) -> tuple[Tensor, ...]:
        return tuple(full(judge(x).flatten(1)) for judge in self.judges)


class _Period(nn.Module):
    """The sound laid in rows of `period` samples, and convolutions along columns."""

    def __init__(self, channels: int, width: int, period: int):
        super().__init__()
        self.period = period
        widths = [channels, width, 2 * width, 4 * width, 4 * width]
        layers: list[nn.Module] = []
        for stage in range(DEPTH):
            stride = 3 if stage < DEPTH - 1 else 1
            layers += [he(nn.Conv2d(widths[stage], widths[stage + 1], (5, 1), (stride, 1), (2, 0))), nn.LeakyReLU(LEAK)]
        self.body = nn.Sequential(*layers, he(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)), gain=1))

    def forward(self, x: Tensor) -> Tensor:
        x = functional.pad(x, (0, -x.shape[2] % self.period), mode="reflect")
        judged: Tensor = self.body(torch.unflatten(x, 2, (-1, self.period)))
        return judged


class _Scale(nn.Module):
    """The sound at 1 / 2^halvings of its rate, and convolutions that go on thinning it out."""

    def __init__(self, channels: int, width: int, halvings: int):
        super().__init__()
        self.halvings = halvings
        layers: list[nn.Module] = [he(nn.Conv1d(channels, width, 15, padding=7)), nn.LeakyReLU(LEAK)]
        for stage in range(DEPTH - 1):
            inputs, outputs = width << min(stage, 2), width << min(stage + 1, 2)
            layers += [he(nn.Conv1d(inputs, outputs, 21, 4, 10, groups=4 if width % 4 == 0 else 1)), nn.LeakyReLU(LEAK)]
        self.body = nn.Sequential(*layers, he(nn.Conv1d(4 * width, 1, 3, padding=1), gain=1))

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.halvings):
            x = functional.avg_pool1d(x, 4, 2, 2)
        judged: Tensor = self.body(x)
        return judged


class _Window(nn.Module):
    """Magnitudes of short-time spectra as pictures."""

    def __init__(self, channels: int, width: int, window: int):
        super().__init__()
        self.window = window
        widths = [channels, width, 2 * width, 4 * width, 4 * width]
        layers: list[nn.Module] = []
        for stage in range(DEPTH):
            stride = 2 if stage < DEPTH - 1 else 1
            across = 2 if stage == 1 else 1
            layers += [
                he(nn.Conv2d(widths[stage], widths[stage + 1], (5, 3), (stride, across), (2, 1))),
                nn.LeakyReLU(LEAK),
            ]
        self.body = nn.Sequential(*layers, he(nn.Conv2d(widths[-1], 1, 3, padding=1), gain=1))

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            sizes = magnitude(stft(x.float().flatten(0, 1), self.window, self.window // 4))
            seen = (sizes + 1e-3).log() / 3 + 1
        judged: Tensor = self.body(torch.unflatten(seen, 0, (len(x), -1)))
        return judged
