"""Mel spectrum -> sound, and judges that listen at periods and at scales.

`vocos` draws a short-time spectrum a frame and inverts it (Siuzdak, 2023): everything happens at the rate of frames,
which is what makes it fast. `hifi` doubles its way up to samples (Kong et al., 2020): ten times the work and more.
"""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from ..search import Search
from ..settings import ConfigError
from ..spec import Spec
from ..spectra import istft, magnitude, stft
from .base import Generator
from .layers import LEAK

NATS, MIDDLE = 4.0, -2.0
"""Of the log magnitudes in a condition: how they were centred."""
LOUDEST = 100.0
"""Magnitude that a frame does not exceed, as in the paper."""
LOUDER = 3.0
"""Nats that a frequency may be mended by at once."""
FAINT = 1e-4
"""Magnitude that is as good as none."""
MOMENTUM = 0.99
"""Of the iterations that find phases."""
MENDING = 2
"""Blocks that a mend has."""


class VocosGenerator(Generator):
    """ConvNeXt blocks over frames, then magnitude and phase of each, then the inverse transform. Siuzdak (2023)."""

    name: Literal["vocos"] = "vocos"
    latent: int = Field(default=0, ge=0)
    """Not used: the spectrum says it all."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=192, gt=0)
    """Channels."""
    blocks: int = Field(default=4, ge=1, le=32)
    """Blocks, each of which sees three frames further to both sides."""
    iterations: int = Field(default=6, ge=0, le=64)
    """Iterations of Griffin-Lim that find phases for the magnitudes and do not learn; 0 begins from plain ones."""
    mends: int = Field(default=2, ge=0, le=8)
    """Times it listens to what came out, and mends that; each has two blocks of its own. 0 is the paper's."""

    def build(self, spec: Spec) -> nn.Module:
        bands, guessed, hop = ends(spec, self.name)
        return Vocos(bands, guessed, hop, self)


class HifiGenerator(Generator):
    """Transposed convolutions up to samples, with residual blocks of several reaches after each. Kong et al. (2020)."""

    name: Literal["hifi"] = "hifi"
    latent: int = Field(default=0, ge=0)
    """Not used: the spectrum says it all."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=128, ge=16)
    """Channels at the rate of frames; half as many after each stage."""
    kernels: tuple[int, ...] = (3, 5, 7)
    """Reaches of the residual blocks that are averaged after each stage; odd numbers."""

    def build(self, spec: Spec) -> nn.Module:
        bands, _, hop = ends(spec, self.name)
        if not self.kernels or any(kernel < 3 or kernel % 2 == 0 for kernel in self.kernels):
            raise ConfigError(f"hifi: kernels must be odd numbers of 3 and more, got {list(self.kernels)}")
        return Hifi(bands, _factors(hop), self.width, self.kernels)


class Sounding(nn.Module):
    """What turns c (B, bands, frames) into x (B, 1, frames * hop), for any number of frames.

    reach   frames to both sides that a sample depends on: longer sounds may be made in pieces that overlap so far
    hop     samples a frame
    """

    reach: int
    hop: int


class Vocos(Sounding):
    """Frames -> magnitudes -> phases -> sound; then, as often as it mends, the spectrum that the sound really has is
    heard, for one that is drawn is seldom that of any sound, and magnitudes and phases are drawn anew from that.

    Without what is learnt, a mend is one more iteration of Griffin and Lim (Masuyama et al., 2019, have the idea).
    """

    start: Tensor

    def __init__(self, bands: int, guessed: int, hop: int, settings: VocosGenerator):
        super().__init__()
        window = 2 * (guessed - 1)
        width, blocks, mends = settings.width, settings.blocks, settings.mends
        self.hop, self.window, self.iterations = hop, window, settings.iterations
        self.reach = 3 + 3 * (blocks + MENDING * mends) + (window // hop) * (1 + mends + settings.iterations)
        self.first = nn.Conv1d(bands, width, 7, padding=3)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.Sequential(*(_Block(width, blocks) for _ in range(blocks)))
        self.last = _Last(width, window)
        self.mends = nn.ModuleList([_Mend(width, window) for _ in range(mends)])
        # Every other frequency turned round: all frequencies meet in the middle of the window.
        self.register_buffer("start", math.pi * (torch.arange(window // 2 + 1) % 2)[:, None].float(), persistent=False)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        bands, guess = c[:, : -len(self.start)], c[:, -len(self.start) :]
        x = self.blocks(self.norm(self.first(bands).transpose(1, 2)))
        louder, turn = self.last(x)
        loud = (guess.float() * NATS + MIDDLE + louder).clamp(max=math.log(LOUDEST))
        sound = self._sound(torch.polar(loud.exp(), self._phases(loud.detach().exp()) + turn))
        for mend in self.mends:
            with torch.autocast(x.device.type, enabled=False):
                heard = stft(sound, self.window, self.hop)
                size = magnitude(heard)
            x, louder, turn = mend(x, size, loud)
            loud = (loud + louder).clamp(max=math.log(LOUDEST))
            sound = self._sound(heard / size * torch.polar(loud.exp(), turn))
        return sound[:, None]

    @torch.no_grad()
    def _phases(self, size: Tensor) -> Tensor:
        """Phases (B, F, frames) for magnitudes, by the fast iterations of Perraudin et al. (2013)."""
        start = self.start.expand_as(size)
        guess = torch.polar(torch.ones_like(size), start)
        before = torch.zeros_like(guess)
        with torch.autocast(size.device.type, enabled=False):
            for _ in range(self.iterations):
                rebuilt = stft(istft(size * guess, self.window, self.hop), self.window, self.hop)
                ahead = rebuilt + MOMENTUM * (rebuilt - before)
                guess, before = ahead / magnitude(ahead), rebuilt
        return guess.angle() if self.iterations else start

    def _sound(self, spectrum: Tensor) -> Tensor:
        with torch.autocast(spectrum.device.type, enabled=False):
            return istft(spectrum, self.window, self.hop)


class _Last(nn.Module):
    """x (B, frames, width) -> two numbers for each frequency, (B, F, frames) both, in full precision."""

    def __init__(self, width: int, window: int):
        super().__init__()
        self.norm, self.layer = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, window + 2)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(x.device.type, enabled=False):
            one, other = self.layer(self.norm(x.float())).transpose(1, 2).contiguous().chunk(2, dim=1)
        return one, other


class _Mend(nn.Module):
    """What was known of a frame, how loud its frequencies came out and were meant -> what is known now, and changes."""

    def __init__(self, width: int, window: int):
        super().__init__()
        self.hear = nn.Linear(2 * (window // 2 + 1), width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.Sequential(*(_Block(width, MENDING) for _ in range(MENDING)))
        self.last = _Last(width, window)

    def forward(self, x: Tensor, size: Tensor, meant: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        came = (size + FAINT).log()
        heard = torch.cat([came / 4 + 1, (meant - came).clamp(-4, 4)], 1).transpose(1, 2)
        x = self.blocks(self.norm(x + self.hear(heard)))
        louder, turn = self.last(x)
        return x, louder.clamp(-LOUDER, LOUDER), turn


class _Block(nn.Module):
    """x (B, frames, width): each channel along time, then each frame through two dense layers; a small step."""

    def __init__(self, width: int, blocks: int):
        super().__init__()
        self.along = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.step = nn.Parameter(torch.full((width,), 1 / blocks))
        for layer in (self.along, self.up, self.down):
            nn.init.trunc_normal_(layer.weight, std=0.02 if layer is not self.along else 0.2)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        moved = self.norm(self.along(x.transpose(1, 2)).transpose(1, 2))
        drawn: Tensor = x + self.step * self.down(functional.gelu(self.up(moved)))
        return drawn


class Hifi(Sounding):
    def __init__(self, bands: int, factors: tuple[int, ...], width: int, kernels: tuple[int, ...]):
        super().__init__()
        self.bands, self.hop = bands, math.prod(factors)
        self.first = weight_norm(nn.Conv1d(bands, width, 7, padding=3))
        self.ups, self.mixed, reach, rate = nn.ModuleList(), nn.ModuleList(), 3.0, 1
        for factor in factors:
            inputs, width, rate = width, max(8, width // 2), rate * factor
            up = nn.ConvTranspose1d(inputs, width, 2 * factor, factor, factor // 2 + factor % 2, factor % 2)
            self.ups.append(weight_norm(up))
            self.mixed.append(_Mixed(width, kernels))
            reach += 2 + 13 * (max(kernels) - 1) / rate
        self.last = weight_norm(nn.Conv1d(width, 1, 7, padding=3))
        self.reach = math.ceil(reach) + 1

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        x = self.first(c[:, : self.bands])
        for up, mixed in zip(self.ups, self.mixed, strict=True):
            x = mixed(up(functional.leaky_relu(x, 0.1)))
        drawn: Tensor = self.last(functional.leaky_relu(x, 0.1)).float().tanh()
        return drawn


class _Mixed(nn.Module):
    """The mean of residual blocks of several reaches."""

    def __init__(self, width: int, kernels: tuple[int, ...]):
        super().__init__()
        self.blocks = nn.ModuleList([_Residual(width, kernel) for kernel in kernels])

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([block(x) for block in self.blocks]).mean(0)


class _Residual(nn.Module):
    """Three dilated convolutions with one after each; both sides see (1 + 3 + 5 + 3) half kernels far, and one more."""

    def __init__(self, width: int, kernel: int):
        super().__init__()

        def layer(dilation: int) -> nn.Module:
            plain = nn.Conv1d(width, width, kernel, dilation=dilation, padding=kernel // 2 * dilation)
            normed: nn.Module = weight_norm(plain)
            return normed

        self.wide = nn.ModuleList([layer(dilation) for dilation in (1, 3, 5)])
        self.near = nn.ModuleList([layer(1) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for wide, near in zip(self.wide, self.near, strict=True):
            x = x + near(functional.leaky_relu(wide(functional.leaky_relu(x, LEAK)), LEAK))
        return x


def ends(spec: Spec, family: str) -> tuple[int, int, int]:
    """Mel bands, magnitudes guessed from them, samples a frame. Raises ConfigError unless it is sound from those."""
    given = spec.condition
    if len(spec.axes) != 1 or spec.channels != 1 or given is None or len(given.axes) != 1 or len(given.spans) != 2:
        came = None if given is None else given.shape
        raise ConfigError(
            f"{family} makes sound (1, samples) from spectra (bands and magnitudes, frames), got samples of shape "
            f"{spec.shape} from conditions of {came}; it goes with domain.name=vocoder"
        )
    return given.spans[0].channels, given.spans[1].channels, spec.axes[0] // given.axes[0]


def _factors(hop: int) -> tuple[int, ...]:
    """Stages that multiply up to a hop: eights first, as in the paper, where they go in."""
    found, rest = [], hop
    for factor in (8, 7, 6, 5, 4, 3, 2):
        while rest % factor == 0:
            found.append(factor)
            rest //= factor
    if rest > 1:
        raise ConfigError(
            f"hifi goes up by factors of 2 to 8, and {hop} samples a frame has the factor {rest}; set domain.hop"
        )
    return tuple(found)
