"""Marks in PNG, JPEG, WebP, GIF and TIFF: bytes put between those of the file, pixels untouched.

Each pair of functions takes a whole file: `*_with` puts words in, in the place of those that are there, `*_words` reads
them. What is no whole file of its kind raises DataError with the reason alone.
"""

import struct
import zlib
from collections.abc import Iterator

from ..settings import DataError
from .mark import AIGC, KEY, Words, packet, unpacked

PNG = b"\x89PNG\r\n\x1a\n"
_XMP_PNG = b"XML:com.adobe.xmp"
_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_TEXTS = {KEY.encode(): KEY, AIGC.encode(): AIGC}
CUT = "cut short or damaged"


def png_with(data: bytes, said: Words) -> bytes:
    """Text chunks behind the header: one a word, and an XMP packet."""
    kept = [data[start:end] for kind, start, end in _chunks(data) if not _own(kind, data[start:end])]
    texts = [_text(key.encode(), text.encode()) for key, text in said.items()]
    return b"".join([PNG, kept[0], *texts, _text(_XMP_PNG, packet(said)), *kept[1:]])


def png_words(data: bytes) -> Words:
    found: Words = {}
    for kind, start, end in _chunks(data):
        keyword, _, rest = data[start + 8 : min(end - 4, start + 8 + 80)].partition(b"\0")
        if kind == b"iTXt" and keyword in _TEXTS and rest[:4] == b"\0\0\0\0":
            if zlib.crc32(data[start + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
                raise DataError(CUT)
            text = data[start + 8 + len(keyword) + 5 : end - 4]
            found[_TEXTS[keyword]] = text.decode("utf-8", "replace")
    return found


def jpeg_with(data: bytes, said: Words) -> bytes:
    """An XMP segment and a comment, behind those that have to come first."""
    segments = list(_segments(data))
    kept = [data[start:end] for marker, start, end in segments if not _own_segment(marker, data[start:end])]
    first = 0
    while kept[first][1] == 0xE0 or (kept[first][1] == 0xE1 and kept[first][4:8] == b"Exif"):
        first += 1
    mine = [_segment(0xE1, _XMP_JPEG + packet(said)), _segment(0xFE, f"{KEY} {said[KEY]}".encode())]
    return b"".join([data[:2], *kept[:first], *mine, *kept[first:]])


def jpeg_words(data: bytes) -> Words:
    for marker, start, end in _segments(data):
        if marker == 0xE1 and data[start + 4 : end].startswith(_XMP_JPEG) and (found := unpacked(data[start:end])):
            return found
    return {}


def webp_with(data: bytes, said: Words) -> bytes:
    """An XMP chunk at the end, and the head that announces it."""
    kept = [(kind, body) for kind, body in riff(data, b"WEBP") if not (kind == b"XMP " and unpacked(body))]
    if not kept:
        raise DataError(CUT)
    if kept[0][0] != b"VP8X":
        kept.insert(0, (b"VP8X", _head(*kept[0])))
    flags = kept[0][1]
    kept[0] = (b"VP8X", bytes([flags[0] | 4]) + flags[1:])
    return riffed(b"WEBP", [*kept, (b"XMP ", packet(said))])


def webp_words(data: bytes) -> Words:
    return next((found for kind, body in riff(data, b"WEBP") if kind == b"XMP " and (found := unpacked(body))), {})


def gif_with(data: bytes, said: Words) -> bytes:
    """A comment before the first frame."""
    place = _gif_place(data)
    for start, end in _comments(data):
        if unpacked(_joined(data[start + 2 : end])):
            data = data[:start] + data[end:]
            break
    whole = packet(said)
    parts = [bytes([len(some)]) + some for start in range(0, len(whole), 255) if (some := whole[start : start + 255])]
    return b"GIF89a" + data[6:place] + b"\x21\xfe" + b"".join(parts) + b"\0" + data[place:]


def gif_words(data: bytes) -> Words:
    found = (unpacked(_joined(data[start + 2 : end])) for start, end in _comments(data))
    return next((each for each in found if each), {})


def tiff_with(data: bytes, said: Words) -> bytes:
    """A new first directory at the end of the file, the old one's entries and XMP (tag 700)."""
    order, offset = _tiff(data)
    entries, following = _directory(data, order, offset)
    whole = packet(said)
    data += b"\0" * (len(data) % 2)
    place = len(data) + len(whole) + len(whole) % 2
    body = whole + b"\0" * (len(whole) % 2)
    mine = struct.pack(f"{order}HHII", 700, 1, len(whole), len(data))
    rest = {each[:2]: each for each in entries}
    rest[mine[:2]] = mine
    ordered = sorted(rest.values(), key=lambda each: struct.unpack(f"{order}H", each[:2]))
    table = struct.pack(f"{order}H", len(ordered)) + b"".join(ordered) + following
    return data[:4] + struct.pack(f"{order}I", place) + data[8:] + body + table


def tiff_words(data: bytes) -> Words:
    order, offset = _tiff(data)
    for entry in _directory(data, order, offset)[0]:
        tag, _, count, place = struct.unpack(f"{order}HHII", entry)
        if tag == 700 and place + count <= len(data):
            return unpacked(data[place : place + count])
    return {}


def riff(data: bytes, form: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a RIFF file by name, in order."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != form:
        raise DataError(f"no {form.decode().strip()} file, whatever its name says")
    found, place = [], 12
    while place + 8 <= len(data):
        kind, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if place + 8 + size > len(data):
            raise DataError(CUT)
        found.append((kind, data[place + 8 : place + 8 + size]))
        place += 8 + size + size % 2
    return found


def riffed(form: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A RIFF file of these chunks."""
    body = b"".join(kind + struct.pack("<I", len(each)) + each + b"\0" * (len(each) % 2) for kind, each in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + form + body


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and end of each chunk."""
    if not data.startswith(PNG):
        raise DataError("no PNG file, whatever its name says")
    place, kind = 8, b""
    while kind != b"IEND":
        if place + 12 > len(data):
            raise DataError(CUT)
        kind, end = data[place + 4 : place + 8], place + 12 + int.from_bytes(data[place : place + 4])
        if end > len(data):
            raise DataError(CUT)
        yield kind, place, end
        place = end


def _own(kind: bytes, chunk: bytes) -> bool:
    if kind != b"iTXt":
        return False
    keyword = chunk[8:90].partition(b"\0")[0]
    return keyword in _TEXTS or (keyword == _XMP_PNG and bool(unpacked(chunk)))


def _text(keyword: bytes, text: bytes) -> bytes:
    body = b"iTXt" + keyword + b"\0\0\0\0\0" + text
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, first byte and end of each segment of a JPEG; the last is the scan with all that follows."""
    if data[:3] != b"\xff\xd8\xff":
        raise DataError("no JPEG file, whatever its name says")
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, end = data[place + 1], place + 2 + int.from_bytes(data[place + 2 : place + 4])
        if marker == 0xDA:
            yield marker, place, len(data)
            return
        yield marker, place, end
        place = end
    raise DataError(CUT)


def _own_segment(marker: int, segment: bytes) -> bool:
    if marker == 0xFE:
        return segment[4:].startswith(f"{KEY} {{".encode())
    return marker == 0xE1 and segment[4:].startswith(_XMP_JPEG) and bool(unpacked(segment))


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _head(kind: bytes, body: bytes) -> bytes:
    """The head of an extended WebP file, from the first bytes of its only picture."""
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[place : place + 2], "little") & 0x3FFF for place in (6, 8))
        flags = 0
    elif kind == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        width, height, flags = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 0x10 * (bits >> 28 & 1)
    else:
        raise DataError(CUT)
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _gif_place(data: bytes) -> int:
    """Where the first block begins."""
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 14:
        raise DataError("no GIF file, whatever its name says")
    return 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)


def _comments(data: bytes) -> Iterator[tuple[int, int]]:
    """First byte and end of each comment before the first frame."""
    place = _gif_place(data)
    while place + 2 < len(data) and data[place] == 0x21:
        start, kind = place, data[place + 1]
        place += 2
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
        if place > len(data):
            raise DataError(CUT)
        if kind == 0xFE:
            yield start, place


def _joined(blocks: bytes) -> bytes:
    parts, place = [], 0
    while place < len(blocks) and blocks[place]:
        parts.append(blocks[place + 1 : place + 1 + blocks[place]])
        place += 1 + blocks[place]
    return b"".join(parts)


def _tiff(data: bytes) -> tuple[str, int]:
    """How numbers are written, and where the first directory is."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        raise DataError("no TIFF file, whatever its name says")
    return order, struct.unpack(f"{order}I", data[4:8])[0]


def _directory(data: bytes, order: str, offset: int) -> tuple[list[bytes], bytes]:
    """A directory's entries, 12 bytes each, and the place of the next one as stored."""
    if offset + 2 > len(data):
        raise DataError(CUT)
    count = struct.unpack(f"{order}H", data[offset : offset + 2])[0]
    end = offset + 2 + 12 * count
    if end + 4 > len(data):
        raise DataError(CUT)
    return [data[place : place + 12] for place in range(offset + 2, end, 12)], data[end : end + 4]
