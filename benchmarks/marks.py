"""How much of the invisible mark survives: pictures marked, spoilt, and looked at again. Prints the docs' table."""

import argparse
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance, ImageFilter

from ganworks.provenance.invisible import chance, embedded

Pixels = npt.NDArray[np.uint8]
BAR = 1e-3
KEY = "5eed" * 16


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--photographs", metavar="FOLDER", help="real pictures; left out, noise with their spectrum")
    words.add_argument("--count", type=int, default=200, help="pictures a size")
    words.add_argument("--unmarked", type=int, default=2000, help="pictures a size for the false alarms")
    given = words.parse_args()
    print("| done to it | " + " | ".join(f"{side} x {side}" for side in SIDES) + " |")
    print("|---|" + "---|" * len(SIDES))
    columns = [_column(side, given) for side in SIDES]
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(each[name] for each in columns) + " |")


def _column(side: int, given: argparse.Namespace) -> dict[str, str]:
    """Each row of the table for one size of pictures."""
    rates, losses, alarms = dict.fromkeys(SPOILT, 0), [], 0
    source = _pictures(side, given.photographs)
    for number, before in zip(range(max(given.count, given.unmarked)), source, strict=False):
        alarms += number < given.unmarked and chance(before, KEY) < BAR
        if number >= given.count:
            continue
        after = embedded(before, KEY)
        losses.append(10 * np.log10(255**2 / ((before.astype(float) - after) ** 2).mean()))
        for name, spoil in SPOILT.items():
            rates[name] += chance(np.asarray(spoil(Image.fromarray(after))), KEY) < BAR
    found = {name: f"{100 * rate / given.count:.0f} %" for name, rate in rates.items()}
    quality = {"PSNR, least and mean (dB)": f"{min(losses):.1f}, {np.mean(losses):.1f}"}
    return {**quality, **found, f"false alarms of {given.unmarked:,} unmarked": str(alarms)}


def _pictures(side: int, folder: str | None) -> Iterator[Pixels]:
    """Cuts of real pictures (side, side, 3), or made-up ones, without end."""
    rng = np.random.default_rng(side)
    if folder is not None:
        paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg"))
        while paths:
            for path in paths:
                yield _cut(Image.open(path).convert("RGB"), side, rng)
    axis = np.fft.fftfreq(2 * side)
    falling = np.maximum(np.hypot(axis[:, None], axis[None]), 1 / side) ** -1.2
    while True:
        noise = np.fft.fft2(rng.normal(size=(3, 2 * side, 2 * side)))
        drawn = np.fft.ifft2(noise * falling).real[:, :side, :side]
        spread = (drawn - drawn.mean()) / drawn.std() * 45 + rng.uniform(70, 180)
        yield np.clip(spread, 0, 255).astype(np.uint8).transpose(1, 2, 0)


def _cut(picture: Image.Image, side: int, rng: np.random.Generator) -> Pixels:
    """A square of the picture at a scale drawn by chance, so that few are alike."""
    least = min(picture.size)
    wanted = int(rng.uniform(min(side, least), least)) if least > side else least
    left, top = (int(rng.integers(0, size - wanted + 1)) for size in picture.size)
    box = (left, top, left + wanted, top + wanted)
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS, box))


def _packed(kind: str, quality: int) -> Callable[[Image.Image], Image.Image]:
    def spoil(picture: Image.Image) -> Image.Image:
        held = io.BytesIO()
        picture.save(held, kind, quality=quality)
        return Image.open(held).convert("RGB")

    return spoil


def _halved(picture: Image.Image) -> Image.Image:
    small = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    return small.resize(picture.size, Image.Resampling.BICUBIC)


def _cropped(picture: Image.Image) -> Image.Image:
    width, height = picture.width // 20, picture.height // 20
    return picture.crop((width, height, picture.width - width, picture.height - height))


def _noisy(picture: Image.Image) -> Image.Image:
    pixels = np.asarray(picture)
    return Image.fromarray(
        np.clip(pixels + np.random.default_rng(0).normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)
    )


SIDES = (32, 64, 256)
SPOILT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "nothing": lambda picture: picture,
    "JPEG 90": _packed("JPEG", 90),
    "JPEG 75": _packed("JPEG", 75),
    "JPEG 50": _packed("JPEG", 50),
    "WebP 80": _packed("WEBP", 80),
    "half the size and back": _halved,
    "10 % cropped": _cropped,
    "noise of 8 levels": _noisy,
    "blur of 1 pixel": lambda picture: picture.filter(ImageFilter.GaussianBlur(1)),
    "brightness x 1.3": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "turned by 5 degrees": lambda picture: picture.rotate(5, Image.Resampling.BICUBIC),
    "enlarged by 1.1": lambda picture: picture.resize((round(picture.width * 1.1), round(picture.height * 1.1))),
}

if __name__ == "__main__":
    main()
