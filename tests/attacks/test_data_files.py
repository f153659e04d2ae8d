"""Hostile data files: archives, pictures, arrays, sounds and tables that lie, and names that want to be code."""

import gzip
import io
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage

from ganworks.domains.audio.domain import Audio
from ganworks.domains.base import Dataset
from ganworks.domains.image.domain import Image
from ganworks.settings import printable
from tests.attacks.models import Evil

Forge = Callable[[Path], Path]


def png(seed: int = 0, size: tuple[int, int] = (8, 8)) -> bytes:
    held = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    PILImage.fromarray(pixels).save(held, "PNG")
    return held.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A header of any size, and as many packed bytes as it takes to look right."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def with_chunk(kind: bytes, data: bytes) -> bytes:
    """A sound picture with one more chunk before its pixels."""
    whole = png()
    return whole[:33] + chunk(kind, data) + whole[33:]


def zeros(count: int) -> bytes:
    packer = zlib.compressobj(9)
    piece = b"\0" * (1 << 20)
    return b"".join(packer.compress(piece) for _ in range(count >> 20)) + packer.flush()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> Forge:
    """An archive of twenty sound pictures and what else."""

    def forge(folder: Path) -> Path:
        path = folder / "data.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for i in range(20):
                packed.writestr(f"good/{i}.png", png(i))
            for name, data in members:
                packed.writestr(name, data)
        return path

    return forge


def tarred(*members: tuple[dict[str, object], bytes], mode: str = "w") -> Forge:
    def forge(folder: Path) -> Path:
        path = folder / ("data.tar.gz" if mode.endswith("gz") else "data.tar")
        with tarfile.open(path, mode) as packed:
            wanted = [({"name": f"good/{i}.png"}, png(i)) for i in range(20)]
            for fields, data in (*wanted, *members):
                entry = tarfile.TarInfo()
                entry.size = len(data)
                for key, value in fields.items():
                    setattr(entry, key, value)
                packed.addfile(entry, io.BytesIO(data))
        return path

    return forge


def kind(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def picture(name: str, data: Callable[[], bytes]) -> Forge:
    """A folder of twenty sound pictures and one that is not."""

    def forge(folder: Path) -> Path:
        place = folder / "pictures"
        place.mkdir()
        for i in range(20):
            (place / f"{i}.png").write_bytes(png(i))
        (place / name).write_bytes(data())
        return place

    return forge


def written(name: str, data: Callable[[], bytes]) -> Forge:
    def forge(folder: Path) -> Path:
        (folder / name).write_bytes(data())
        return folder / name

    return forge


def overlapped(folder: Path) -> Path:
    """Two entries of the directory that share their bytes, as the bombs of Fifield (2019) do."""
    path = zipped()(folder)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as packed:
        entries = sorted(packed.infolist(), key=lambda each: each.header_offset)
    places = [place for place in range(len(data) - 4) if data[place : place + 4] == b"PK\1\2"]
    struct.pack_into("<I", data, places[1] + 42, entries[0].header_offset + 4)
    path.write_bytes(data)
    return path


def patched(name: str, place: bytes, at: int, value: bytes) -> Forge:
    """An archive one field of whose directory lies."""

    def forge(folder: Path) -> Path:
        path = zipped((name, png(99)))(folder)
        data = bytearray(path.read_bytes())
        start = data.rfind(place) + at
        data[start : start + len(value)] = value
        path.write_bytes(data)
        return path

    return forge


def saved(array: object) -> bytes:
    held = io.BytesIO()
    np.save(held, np.array(array, dtype=object), allow_pickle=True)
    return held.getvalue()


def packed_objects() -> bytes:
    held = io.BytesIO()
    np.savez(held, images=np.array([Evil()], dtype=object))
    return held.getvalue()


def npy(header: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 64


def gif(frames: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + b"\x02\x02\x84\x51\x00"
    return head + frame * frames + b"\x3b"


def _bmp() -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, -8, -8, 1, 24, 0, 0, 0, 0, 0, 0)


def _tiff() -> bytes:
    tags = [(256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (278, 8), (279, 2**32 - 1)]
    return (
        b"II*\0"
        + struct.pack("<IH", 8, len(tags))
        + b"".join(struct.pack("<HHII", tag, 4, 1, each) for tag, each in tags)
        + b"\0" * 4
    )


def _cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-200])
    return path


def _lying_tar() -> bytes:
    entry = tarfile.TarInfo("a.png")
    entry.size = 1 << 40
    return entry.tobuf() + png()


def _bomb_tar() -> bytes:
    entry = tarfile.TarInfo("a.png")
    entry.size = 128 << 20
    held = io.BytesIO()
    with gzip.open(held, "wb", 9) as packed:
        packed.write(entry.tobuf())
        for _ in range(128):
            packed.write(b"\0" * (1 << 20))
    return held.getvalue()


def _bomb_npz(path: Path) -> Path:
    """A directory that says little, over an array that says much."""
    header = b"{'descr':'<f8','fortran_order':False,'shape':(1000000,1000,1000)}\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("images.npy", npy(header))
    return path


def _small_zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("a.pkl", pickle.dumps(Evil()))
    return held.getvalue()


def _links(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a.png").symlink_to("/etc/passwd")
    os.mkfifo(folder / "b.png")
    return folder


LEFT_OUT: dict[str, Forge] = {
    "zip: a name that climbs": zipped(("../../canary.png", png())),
    "zip: an absolute name": zipped(("/tmp/canary.png", png())),
    "zip: a backslash": zipped(("..\\..\\canary.png", png())),
    "zip: a drive": zipped(("C:canary.png", png())),
    "zip: a link": zipped((kind("link.png", 0o120777), b"/etc/passwd")),
    "zip: a device": zipped((kind("device.png", 0o020666), b"")),
    "zip: a bomb": zipped(("bomb.png", b"\0" * (128 << 20))),
    "zip: a broken sum": patched("broken.png", b"PK\1\2", 16, b"\1\2\3\4"),
    "zip: encrypted": patched("secret.png", b"PK\1\2", 8, b"\1\0"),
    "tar: a name that climbs": tarred(({"name": "../../canary.png"}, png())),
    "tar: an absolute name": tarred(({"name": "/tmp/canary.png"}, png())),
    "tar: a symbolic link": tarred(({"name": "a.png", "type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, b"")),
    "tar: a hard link": tarred(({"name": "a.png", "type": tarfile.LNKTYPE, "linkname": "../canary"}, b"")),
    "tar: a device": tarred(({"name": "a.png", "type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5}, b"")),
    "tar: a pipe": tarred(({"name": "a.png", "type": tarfile.FIFOTYPE}, b"")),
    "a picture of 100 megapixels": picture("x.png", lambda: huge_png(10_000, 10_000, zeros(100 << 20))),
    "a picture of 2^31 pixels a side": picture("x.png", lambda: huge_png(2**31 - 1, 2**31 - 1)),
    "a picture of no pixels": picture("x.png", lambda: huge_png(0, 0)),
    "a picture cut in half": picture("x.png", lambda: png(1, (64, 64))[:3000]),
    "a picture of one pixel": picture("x.png", lambda: png(1, (1, 1))),
    "SVG with a script": picture("x.png", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
    "SVG with an entity bomb": picture("x.png", lambda: b"<?xml?><!DOCTYPE l [<!ENTITY a 'a'>]><svg>&a;</svg>"),
    "a page of HTML": picture("x.jpg", lambda: b"<html><script>alert(1)</script></html>"),
    "a pickle": picture("x.png", lambda: pickle.dumps(Evil())),
    "PostScript": picture("x.png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n(canary) (w) file"),
    "a BMP of negative sides": picture("x.bmp", _bmp),
    "a text chunk that is a bomb": picture("x.png", lambda: with_chunk(b"zTXt", b"a\0\0" + zeros(256 << 20))),
    "noise": picture("x.webp", lambda: np.random.default_rng(0).bytes(5000)),
}  # fmt: skip
_HEADER = b"{'descr':'|u1','fortran_order':False,'shape':(%s)}\n"
REFUSED: dict[str, Forge] = {
    "zip: members that overlap": overlapped,
    "zip: a pickle by that name": written("data.zip", lambda: pickle.dumps(Evil())),
    "zip: cut short": lambda folder: _cut(zipped()(folder)),
    "tar: a size that is not there": written("data.tar", _lying_tar),
    "tar: a bomb in gzip": written("data.tar.gz", _bomb_tar),
    "tar: noise": written("data.tar", lambda: np.random.default_rng(0).bytes(4000)),
    "npy: objects": written("data.npy", lambda: saved([Evil()])),
    "npz: objects": written("data.npz", packed_objects),
    "npy: code as a header": written("data.npy", lambda: npy(b"__import__('os').system('echo dead > ../canary')\n")),
    "npy: 10^15 pictures": written("data.npy", lambda: npy(_HEADER % b"10**15,8,8")),
    "npy: a header of brackets": written("data.npy", lambda: npy(b"(" * 9000)),
    "npz: a bomb": lambda folder: _bomb_npz(folder / "data.npz"),
    "only links out": lambda folder: _links(folder / "pictures"),
}  # fmt: skip
HARMLESS: dict[str, Forge] = {
    "a picture whose pixels are a bomb": picture("x.png", lambda: huge_png(64, 64, zeros(512 << 20))),
    "a TIFF with a strip of 4 GB": picture("x.tif", _tiff),
    "zip: an archive in it": zipped(("inner.zip", zlib.compress(b"0" * 1000))),
    "zip: names that differ by case": zipped(("good/A.png", png(50)), ("good/a.png", png(51))),
    "zip: a script for a name": zipped(("<img src=x onerror=alert(1)>.png", png(52))),
    "zip: an escape for a name": zipped(("\x1b[2J\x07.png", png(53))),
    "tar: two members of a name": tarred(({"name": "twice.png"}, png(54)), ({"name": "twice.png"}, png(55))),
    "GIF of 100,000 frames": picture("x.gif", lambda: gif(100_000)),
    "a colour profile that is a bomb": picture("x.png", lambda: with_chunk(b"iCCP", b"a\0\0" + zeros(64 << 20))),
    "EXIF of nonsense": picture("x.png", lambda: with_chunk(b"eXIf", b"II*\0" + b"\xff" * 60_000)),
    "a picture that is a zip too": picture("x.png", lambda: png(56) + _small_zip()),
    "a picture that is a page too": picture("x.png", lambda: png(57) + b"<script>alert(1)</script>"),
    "code beside pictures": picture("conftest.py", lambda: b"import os; os.system('echo dead > ../canary')"),
}  # fmt: skip


def read(path: Path, found: list[Dataset]) -> None:
    found.append(Image(size=(8, 8)).read(str(path)))


@pytest.mark.parametrize("how", LEFT_OUT)
def test_one_hostile_picture_is_left_out_by_name_and_reason(how: str, sandbox: Path, attacked) -> None:
    path, found = LEFT_OUT[how](sandbox), []
    assert attacked(lambda: read(path, found)) is None
    (dataset,) = found
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 20
    (skipped,) = dataset.skipped
    assert skipped.reason and printable(skipped.name) == skipped.name and "\n" not in skipped.reason


@pytest.mark.parametrize("how", REFUSED)
def test_data_that_is_all_hostile_is_refused_in_one_line(how: str, sandbox: Path, attacked) -> None:
    path = REFUSED[how](sandbox)
    assert attacked(lambda: read(path, [])) is not None


@pytest.mark.parametrize("how", HARMLESS)
def test_what_only_looks_hostile_is_read_as_what_it_is(how: str, sandbox: Path, attacked) -> None:
    path, found = HARMLESS[how](sandbox), []
    assert attacked(lambda: read(path, found)) is None
    assert len(found[0].train) >= 16


def wav(size: int, *, channels: int = 1, rate: int = 8000, data: bytes = b"") -> bytes:
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", size, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * 2, 2, 16)
    return head + struct.pack("<4sI", b"data", size) + data


@pytest.mark.parametrize(
    "data",
    [
        wav(2**32 - 1, data=b"\0" * 100), wav(100, channels=0, data=b"\0" * 100), wav(100, rate=0, data=b"\0" * 100),
        wav(100, channels=65535, data=b"\0" * 100), b"RIFF", b"ID3" + b"\xff" * 2000, pickle.dumps(Evil()),
    ],
    ids=["4 GB promised", "no channels", "no rate", "65,535 channels", "four bytes", "an MP3 of nonsense", "a pickle"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["x.wav", "x.mp3"])
def test_a_sound_that_lies_is_refused_in_one_line(name: str, data: bytes, sandbox: Path, attacked) -> None:
    (sandbox / "sounds").mkdir()
    (sandbox / "sounds" / name).write_bytes(data)
    assert attacked(lambda: Audio().read(str(sandbox / "sounds"))) is not None
