"""What fitting two collections of recordings learns: how both become pictures of mel spectra, and sound again."""

import torch
from torch import Tensor
from torch.nn import functional

from ...settings import ConfigError
from ...spec import Batch, Spec
from ...spectra import Mel
from ..translations import Translations
from .spectra import Spectra

FULL = 32768
"""Sixteen bits at full scale."""
PEAK = 0.95
"""The peak that every recording is brought to, so that its level tells nothing."""


class Converted(Translations):
    """Bytes (B, N) of two recordings, A and then B, int16 -> c (B, 1, bands, frames) of A and x of B.

    The two were drawn apart, so nothing in the data says what A should have become.
    """

    target: Spectra  # type: ignore[assignment]  # spectra instead of pictures

    @property
    def paired(self) -> bool:
        return False

    @property
    def output(self) -> Spectra:  # type: ignore[override]
        return self.target

    @property
    def mel(self) -> Mel:
        return self.target.mel

    @property
    def spec(self) -> Spec:
        spec = self.target.spec
        return spec.model_copy(update={"condition": spec})

    def encode(self, x: Tensor, labels: Tensor | None = None, fixed: bool = False) -> Batch:
        if x.ndim == 4:
            return self.target.encode(x)
        given, wanted = x.contiguous().view(torch.int16).chunk(2, 1)
        return Batch(*(self.target.pictures(self.window(each, fixed)) for each in (wanted, given)))

    @torch.no_grad()
    def condition(self, pictures: Tensor, mask: Tensor | None = None) -> Tensor:
        """A user's sound (B, T) in -1..1 at the rate of `mel` -> c (B, 1, bands, frames), at the level of training."""
        if mask is not None:
            raise ConfigError("this model makes sound from sound, got a mask; leave --mask out")
        return self.target.pictures(levelled(pictures))

    def window(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Recordings (B, T) int16 -> (B, length) in -1..1: a window from anywhere that sounds, or the start.

        What is shorter lies anywhere in silence, or at the start.
        """
        length = self.target.length
        ends = (x.ne(0) * torch.arange(1, x.shape[1] + 1, device=x.device)).amax(1)
        room = ends - length
        begins = torch.zeros_like(room)
        if not fixed:
            begins = (torch.rand(len(x), device="cpu").to(x.device) * (room.abs() + 1)).long() * room.sign()
        padded = functional.pad(x.float() / FULL, (length, length))
        columns = begins[:, None] + torch.arange(length, 2 * length, device=x.device)
        return padded.gather(1, columns)


def levelled(sound: Tensor) -> Tensor:
    """Sounds (B, T) with the peak of training."""
    return sound * (PEAK / sound.abs().amax(1, keepdim=True).clamp_min(1e-9))
