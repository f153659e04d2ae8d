"""Characters drawn on the fly from the fonts that matplotlib ships: a labelled set without end or download."""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFont

from ..base import Fetched, Indices, Raw, Source
from .stack import STANDS_FOR, mixed

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique",
    "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta",
    "cmr10", "cmb10", "cmss10", "cmtt10", "cmti10",
)  # fmt: skip
"""Those with all 62 characters; matplotlib's other fonts hold symbols."""
VERSION = 1
_SHARPER = 2
_CAPITAL = 0.55
"""Height of a capital, as a share of the picture's shorter side, before the random size."""


class Glyphs(Source):
    """Record i is a white character on black (H, W, 1) uint8, drawn by a hash of (seed, i) alone.

    Character and font are uniform; the size varies by 10 %, the angle by 10 degrees, the place by 5 % of the side.
    """

    endless = True

    def __init__(self, height: int, width: int, characters: str, seed: int):
        self.height, self.width, self.characters, self.seed = height, width, characters, seed
        self.fonts = font_files()
        self._drawn: dict[tuple[int, int], PILImage.Image] = {}

    def __len__(self) -> int:
        return STANDS_FOR

    def fetch(self, indices: Indices) -> Fetched:
        draws = [mixed(indices, self.seed, stream) for stream in range(6)]
        labels = (draws[0] % np.uint64(len(self.characters))).astype(np.int64)
        fonts = (draws[1] % np.uint64(len(self.fonts))).astype(np.int64)
        shifts = np.stack([each / 2.0**63 - 1 for each in draws[2:]], axis=-1)
        pictures = [self._picture(int(c), int(f), shift) for c, f, shift in zip(labels, fonts, shifts, strict=True)]
        empty = np.zeros((0, self.height, self.width), np.uint8)
        return Fetched(np.stack(pictures)[..., None] if pictures else empty[..., None], labels)

    def _picture(self, character: int, font: int, shift: npt.NDArray[np.float64]) -> Raw:
        """`shift` (4,) in -1..1: size, angle, down, right."""
        size = 1 + 0.1 * shift[0]
        cos, sin = np.cos(np.pi / 18 * shift[1]) / size, np.sin(np.pi / 18 * shift[1]) / size
        upright = self._upright(character, font)
        height, width = _SHARPER * self.height, _SHARPER * self.width
        down, right = 0.05 * min(height, width) * shift[2:]
        # Pillow wants the way back, from a pixel of the result to the place it comes from.
        x, y = width / 2 + right, height / 2 + down
        back = (cos, sin, upright.width / 2 - cos * x - sin * y, -sin, cos, upright.height / 2 + sin * x - cos * y)
        turned = upright.transform((width, height), PILImage.Transform.AFFINE, back, PILImage.Resampling.BILINEAR)
        return np.asarray(turned.reduce(_SHARPER))

    def _upright(self, character: int, font: int) -> PILImage.Image:
        """A character twice as large as needed, its width and about the height of capitals in the middle."""
        if (character, font) not in self._drawn:
            height, width = _SHARPER * self.height, _SHARPER * self.width
            capital = _CAPITAL * min(height, width)
            trial = ImageFont.truetype(str(self.fonts[font]), 100)
            top, bottom = trial.getbbox("H", anchor="ls")[1::2]
            face = ImageFont.truetype(str(self.fonts[font]), capital * 100 / (bottom - top))
            left, _, right, _ = face.getbbox(self.characters[character], anchor="ls")
            picture = PILImage.new("L", (width, height))
            # A little above the middle, since some characters reach below the line.
            place = ((width - left - right) / 2, (height + 0.9 * capital) / 2)
            ImageDraw.Draw(picture).text(place, self.characters[character], fill=255, font=face, anchor="ls")
            self._drawn[character, font] = picture
        return self._drawn[character, font]


def font_files() -> list[Path]:
    import matplotlib  # noqa: PLC0415  half a second that only this set should cost

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [path for name in FONTS if (path := folder / f"{name}.ttf").is_file()]


def glyphs_fingerprint(settings: str) -> str:
    """SHA-256 over the fonts and all that decides what is drawn from them."""
    digest = hashlib.sha256(f"glyphs {VERSION} {settings}".encode())
    for path in font_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()
