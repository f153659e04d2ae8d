"""Files of sound, or of mel bands, through a model that makes sound from spectra; any length, names kept."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..domains.audio.reading import SUFFIXES, fault, read
from ..domains.base import Notify
from ..domains.vocoder import Vocoded, wav
from ..domains.voices import Converted, in_pieces
from ..model import Model
from ..settings import ConfigError, DataError
from ..spectra import resample
from . import work
from .progress import Progress
from .work import Job

BANDS = ".npy"
AT_ONCE = 2048
"""Frames that are made at once; longer sounds come in pieces that overlap, which changes nothing."""


class Voice:
    """A model made ready for sounds of any length, rate and number of channels."""

    def __init__(self, model: Model):
        assert isinstance(model.codec, Vocoded | Converted)
        self.codec, self.network = model.codec, model.network.eval()
        self.seconds = 0.0
        """Of sound that was made."""
        self.taken = 0.0
        """Of processor time that it took."""
        self._device = next(self.network.parameters()).device

    @torch.no_grad()
    def draw(self, c: Tensor, at_once: int = AT_ONCE) -> Tensor:
        """c (B, bands, frames) -> sound (B, frames * hop). Raises DataError when it is not finite."""
        begun, hop = time.process_time(), self.codec.mel.hop
        reach, total = int(getattr(self.network, "reach", 0)), c.shape[2]
        parts = []
        for start in range(0, total, at_once):
            first, end = max(0, start - reach), min(total, start + at_once)
            piece = c[..., first : min(total, end + reach)].to(self._device)
            made = self.network(piece.new_zeros(len(piece), 0), piece)[:, 0]
            parts.append(made[:, (start - first) * hop : (end - first) * hop].cpu())
        sound = self.codec.compose(torch.cat(parts, 1)[:, None], c)[:, 0]
        self.taken += time.process_time() - begun
        self.seconds += sound.numel() / self.codec.mel.rate
        if not sound.isfinite().all():
            raise DataError("the model made numbers that are not finite; train it again")
        return sound.clamp(-1, 1)

    def of_sound(self, path: Path) -> tuple[Tensor, list[str]]:
        """A file of sound made anew, (channels, T) at the model's rate, and what the user should know."""
        found, rate = read(path)
        mel, notes = self.codec.mel, []
        if (trouble := fault(found, rate, mel.hop / mel.rate)) is not None:
            if not trouble.startswith("clipped"):
                raise DataError(trouble.replace("domain.shortest", "a frame"))
            notes.append("clipped, and so is what was made of it")
        sound = torch.from_numpy(found)
        if rate != mel.rate:
            notes.append(f"resampled from {rate:,} to the model's {mel.rate:,} samples a second")
            sound = resample(sound, rate, mel.rate)
        if len(sound) > 1:
            notes.append("each channel was made by itself")
        return self.made(sound)[:, : sound.shape[1]], notes

    def made(self, sound: Tensor) -> Tensor:
        """Sound (channels, T) at the model's rate, made anew."""
        return self.draw(self.codec.condition(sound))

    def of_bands(self, path: Path) -> Tensor:
        """A file of log mel bands (bands, frames) as sound (1, T)."""
        assert isinstance(self.codec, Vocoded)
        try:
            bands = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"no array that can be read ({(str(error).splitlines() or ['empty'])[0]})") from None
        if not isinstance(bands, np.ndarray) or bands.dtype.kind not in "fiu":
            raise DataError("wanted an array of numbers, log mel bands (bands, frames)")
        bands = bands[0] if bands.ndim == 3 and len(bands) == 1 else bands
        return self.draw(self.codec.given(torch.from_numpy(bands.astype(np.float32))))


class Converter(Voice):
    """The same for one that makes of one kind of sound another: by way of pictures of spectra, level as it came."""

    codec: Converted

    def made(self, sound: Tensor) -> Tensor:
        begun, target = time.process_time(), self.codec.target
        c = self.codec.condition(sound).to(self._device)
        y = in_pieces(lambda part: self.network(part.new_zeros(len(part), 0), part), c, target.frames)
        if not y.isfinite().all():
            raise DataError("the model made numbers that are not finite; train it again")
        anew = target.heard(target.bands(y))
        anew = anew * (sound.abs().amax(1, keepdim=True) / anew.abs().amax(1, keepdim=True).clamp_min(1e-9))
        self.taken += time.process_time() - begun
        self.seconds += anew.numel() / self.codec.mel.rate
        return anew.clamp(-1, 1)

    def of_bands(self, path: Path) -> Tensor:
        raise DataError("wanted a recording; this model converts sound, and a vocoder makes it of mel bands")


def voice_of(model: Model) -> Voice:
    """What makes sound by a model, whichever way that does it."""
    return Converter(model) if isinstance(model.codec, Converted) else Voice(model)


def applied(
    model: Model, source: Path, out: Path, force: bool, strict: bool, notify: Notify = lambda line: None
) -> list[Path]:
    """Make a file, or every file of a folder, anew. Returns what it wrote: WAV files of 16 bits.

    Raises ConfigError or DataError with one line; see `apply`.
    """
    jobs, others = _listed(source, out)
    work.check_free([job.target for job in jobs], [job.source for job in jobs], force)
    if others:
        notify(f"{others} files of other kinds were left alone")
    progress = Progress(notify, strict or not source.is_dir(), model, apply="yes")
    voice = voice_of(model)
    for job in jobs:
        try:
            bands = job.source.suffix.lower() == BANDS
            sound, notes = (voice.of_bands(job.source), list[str]()) if bands else voice.of_sound(job.source)
        except DataError as error:
            progress.leave_out(job.name, str(error).removeprefix(f"{job.source}: "))
            continue
        progress.note(*notes)
        progress.write(job.target, wav(sound, voice.codec.mel.rate), job.source)
    progress.finish()
    quick = voice.seconds / max(voice.taken, 1e-9)
    notify(f"{voice.seconds:,.1f} s of sound at {voice.codec.mel.rate:,} Hz, {quick:,.0f} times faster than real time")
    return progress.written


OPTIONS = (
    "mask",
    "tile",
    "sheet",
    "direction",
    "window",
    "window-out",
    "sequence",
    "codec",
    "format",
    "label",
    "invisible",
)


def refuse(wanted: Sequence[object]) -> None:
    """Raises ConfigError when an option came that only pictures have; in the order of OPTIONS."""
    if given := [name for name, value in zip(OPTIONS, wanted, strict=True) if value]:
        raise ConfigError(f"--{given[0]} is for pictures and videos, and this model makes sound; leave it out")


def _listed(source: Path, out: Path) -> tuple[list[Job], int]:
    kinds = (*SUFFIXES, BANDS)
    if source.is_file():
        if source.suffix.lower() not in kinds:
            raise DataError(f"{source}: wanted sound ({' '.join(SUFFIXES)}) or log mel bands ({BANDS})")
        if out.suffix and not out.is_dir():
            if out.suffix.lower() != ".wav":
                raise ConfigError(f"{out}: sound is written as .wav, got '{out.suffix}'")
            return [Job(source.name, source, out)], 0
        return [Job(source.name, source, out / f"{source.stem}.wav")], 0
    if not source.is_dir():
        raise DataError(f"{source}: wanted a file or a folder, there is none")
    found, others = [], 0
    for path, relative in work.below(source, out):
        if path.suffix.lower() in kinds:
            found.append(Job(relative.as_posix(), path, out / relative.with_suffix(".wav")))
        else:
            others += 1
    if not found:
        raise DataError(f"{source}: wanted sound ({' '.join(SUFFIXES)}) or log mel bands ({BANDS}), found none")
    return found, others
