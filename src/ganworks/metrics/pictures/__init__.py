"""How near is a picture to the one it should be: functions of pictures (B, C, H, W) in 0..1, in float64.

Each returns a value for every picture and the protocol under which it was taken, because one and the same result has
30.0 or 32.0 dB depending on channels and border.
"""

from .error import absolute, psnr
from .features import relative
from .measured import Measured
from .spectrum import spectral
from .ssim import ms_ssim, ssim
from .warping import visible, warp, warping_error

__all__ = [
    "Measured",
    "absolute",
    "ms_ssim",
    "psnr",
    "relative",
    "spectral",
    "ssim",
    "visible",
    "warp",
    "warping_error",
]
