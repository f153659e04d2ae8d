"""Identifiers are not learnt: they are made anew, of the same shape, one for each number of a row."""

import random

from .schema import Seen

_ALPHABETS = {
    "9": "0123456789", "a": "abcdefghijklmnopqrstuvwxyz", "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "x": "0123456789abcdef",
}  # fmt: skip


def identifiers(seen: Seen, first: int, count: int) -> list[str]:
    """Those of rows `first` and on; the same row has the same one whatever the count.

    A row's number is spelled in the digits and letters of the pattern, then all of them are shifted by a lot that
    depends on it: two rows differ as long as the pattern has room for both.
    """
    if not seen.pattern:
        return [str(seen.start + number) for number in range(first, first + count)]
    slots = [_ALPHABETS.get(each) for each in seen.pattern]
    return [_spelled(seen, slots, number) for number in range(first, first + count)]


def _spelled(seen: Seen, slots: list[str | None], number: int) -> str:
    room = 1
    for slot in slots:
        room *= len(slot) if slot else 1
    # A step that shares no factor with the room visits every place before any comes again.
    step = _coprime(room)
    place = (number * step + random.Random(seen.name).randrange(room)) % room
    written = []
    for mark, slot in zip(reversed(seen.pattern), reversed(slots), strict=True):
        if slot is None:
            written.append(mark)
        else:
            place, digit = divmod(place, len(slot))
            written.append(slot[digit])
    return "".join(reversed(written))


def _coprime(room: int) -> int:
    """An odd number near the golden share of the room that has no factor in common with any alphabet's size."""
    step = max(int(room * 0.6180339887), 1)
    while any(step % prime == 0 for prime in (2, 5, 13)):
        step += 1
    return step
