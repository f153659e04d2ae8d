"""Sound: recordings in files <-> samples, waveforms (C, T) or pictures of mel spectra (C, bands, frames)."""

from .codec import Sounds
from .domain import Audio

__all__ = ["Audio", "Sounds"]
