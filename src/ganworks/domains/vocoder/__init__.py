"""Sound from its mel spectrum: recordings <-> spectra and the sound they came from, clean or spoilt on the way."""

from .codec import Vocoded
from .domain import Vocoder
from .sounds import Sounds, wav
from .spectrogram import spectrogram

__all__ = ["Sounds", "Vocoded", "Vocoder", "spectrogram", "wav"]
