"""Piano-rolls: notes of a MIDI file as a grid of pitch over time, two tiles, sounding or not; and back.

Standard MIDI files of format 0 and 1 with a division in ticks a quarter note. Tempo, volume and instruments are left
out; drums (channel 10) too.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from .legend import Codes, Legend, Tile

Cells = npt.NDArray[np.int64]
STEPS = 4
"""Columns a quarter note: sixteenths."""
LOWEST, HIGHEST = 36, 84
"""Pitches kept, C2 up to but not including C6: the rows of a roll, the highest on top."""
LARGEST = 16 << 20
LONGEST = 100_000
"""Bytes, and columns, of one file."""
DRUMS = 9
LEGEND = Legend(
    tiles=(
        Tile(symbol="-", tags=("rest", "empty"), colour=(250, 248, 243)),
        Tile(symbol="#", tags=("note",), colour=(46, 92, 138)),
    )
)
DIVISION = 480


def read(path: Path) -> tuple[Cells, dict[str, Any]]:
    """Which pitches sound, (48, T) of 0 and 1, a column a sixteenth. Raises DataError when it is no such file."""
    try:
        data = path.read_bytes()
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MB")
        notes, division = _notes(data)
    except (OSError, ValueError, IndexError) as error:
        reason = "it ends too soon" if isinstance(error, IndexError) else error
        raise DataError(f"{path}: wanted a MIDI file, {reason}") from None
    inside = [note for note in notes if LOWEST <= note[0] < HIGHEST]
    if not inside:
        raise DataError(f"{path}: wanted notes between pitch {LOWEST} and {HIGHEST - 1}, it has {len(notes)} elsewhere")
    grain = division / STEPS
    length = max(round(end / grain) for _, _, end in inside)
    if length > LONGEST:
        raise DataError(f"{path}: {length:,} sixteenths long; at most {LONGEST:,} are read")
    roll = np.zeros((HIGHEST - LOWEST, max(1, length)), np.int64)
    for pitch, begin, end in inside:
        first = round(begin / grain)
        roll[HIGHEST - 1 - pitch, first : max(first + 1, round(end / grain))] = 1
    return roll, {}


def coded(rolls: Sequence[Cells], heads: Sequence[dict[str, Any]]) -> tuple[Legend, list[Codes]]:
    return LEGEND, [roll.astype(np.uint8) for roll in rolls]


def write(codes: Codes, path: Path) -> Path:
    """A MIDI file of format 0; cells of one pitch side by side are one note."""
    grain = DIVISION // STEPS
    events = []
    for row, cells in enumerate(codes):
        edges = np.diff(np.concatenate([[0], cells.astype(np.int64), [0]]))
        begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        for begin, end in zip(begins, ends, strict=True):
            pitch = HIGHEST - 1 - row
            events += [
                (int(begin) * grain, 1, bytes([0x90, pitch, 80])),
                (int(end) * grain, 0, bytes([0x80, pitch, 0])),
            ]
    track, now = bytearray(), 0
    for time, _, message in sorted(events):  # a note ends before the next one of its pitch begins
        track += _delay(time - now) + message
        now = time
    track += b"\x00\xff\x2f\x00"
    head = b"MThd" + (6).to_bytes(4, "big") + (0).to_bytes(2, "big") + (1).to_bytes(2, "big")
    head += DIVISION.to_bytes(2, "big")
    path.write_bytes(head + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track))
    return path


def _notes(data: bytes) -> tuple[list[tuple[int, int, int]], int]:
    """Every note (pitch, begin, end) in ticks, and the ticks of a quarter."""
    if data[:4] != b"MThd":
        raise ValueError("it does not begin as one")
    length, division = int.from_bytes(data[4:8], "big"), int.from_bytes(data[12:14], "big")
    if division & 0x8000 or not division:
        raise ValueError("its times are in seconds of film, not in parts of a quarter note")
    at, notes = 8 + length, []
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        if kind == b"MTrk":
            notes += list(_track(data[at + 8 : at + 8 + size]))
        at += 8 + size
    return notes, division


def _track(data: bytes) -> Iterator[tuple[int, int, int]]:
    at = time = status = 0
    sounding: dict[tuple[int, int], int] = {}
    while at < len(data):
        delay, at = _number(data, at)
        time += delay
        if data[at] & 0x80:
            status, at = data[at], at + 1
        if status == 0xFF or status in (0xF0, 0xF7):
            at += status == 0xFF
            size, at = _number(data, at)
            at += size
            continue
        kind, channel = status & 0xF0, status & 0x0F
        if kind not in range(0x80, 0xF0):
            raise ValueError("it holds a message without a status")
        first, second = data[at], 0 if kind in (0xC0, 0xD0) else data[at + 1]
        at += 1 if kind in (0xC0, 0xD0) else 2
        if kind not in (0x80, 0x90) or channel == DRUMS:
            continue
        begin = sounding.pop((channel, first), None)
        if begin is not None and time > begin:
            yield first, begin, time
        if kind == 0x90 and second:
            sounding[channel, first] = time
    for (_, pitch), begin in sounding.items():
        if time > begin:
            yield pitch, begin, time


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    for _ in range(4):
        byte, at = data[at], at + 1
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value, at
    raise ValueError("a number in it does not end")


def _delay(ticks: int) -> bytes:
    parts = [ticks & 0x7F]
    while ticks := ticks >> 7:
        parts.append(ticks & 0x7F | 0x80)
    return bytes(reversed(parts))
