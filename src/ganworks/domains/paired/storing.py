"""The files of one pair -> what is kept of them."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from ..base import Raw
from ..image.cache import OFFICIAL, Record
from ..image.decode import SMALLEST, Decoded, Header, Unreadable, content_hash, decode
from ..image.domain import Image
from ..image.listing import Files, Listing
from ..image.resize import Plan, background_colour, conform, resized
from .listing import Pair

_T = TypeVar("_T")


class Kept(NamedTuple):
    """Pixels of input and target as they are stored, and the record of each."""

    pixels: tuple[Raw, Raw]
    records: tuple[Record, Record]


class Storing:
    """A pair -> what is kept of it, or why not."""

    def __init__(self, images: tuple[Image, Image], plans: tuple[Plan, Plan], reverse: bool):
        self.images, self.plans, self.reverse = images, plans, reverse

    def __call__(self, pair: Pair) -> Kept | Unreadable:
        try:
            decoded = opened(pair, decode)
        except Unreadable as reason:
            return reason
        if len(decoded) == 1:
            middle = decoded[0].pixels.shape[1] // 2
            pixels, alpha = decoded[0]
            decoded = [Decoded(pixels[:, :middle], alpha), Decoded(pixels[:, middle:], alpha)]
        # Over A and B, not input and target, so that the other direction has the same splits.
        hashed = hashlib.sha256(b"".join(content_hash(each.pixels) for each in decoded)).digest()[:16]
        sides = decoded[::-1] if self.reverse else decoded
        one, two = (self._side(each, i) for i, each in enumerate(sides))
        official = OFFICIAL[pair.split]
        return Kept((one, two), (Record(hashed, -1, official), Record(pair.held_by or hashed, -1, official)))

    def _side(self, picture: Decoded, which: int) -> Raw:
        image, target = self.images[which], self.plans[which]
        pixels = conform(picture, target, background_colour(image.background))
        return resized(pixels, target, image.reshape, picture.alpha and target.channels in (2, 4))


def opened(pair: Pair, function: Callable[[bytes], _T]) -> list[_T]:
    """What the function makes of each file's content. Raises Unreadable, with the file's name where there are two."""
    made = []
    for member in pair.files:
        try:
            (data,) = Files("", Listing([member])).read([member])
            if isinstance(data, Unreadable):
                raise data
            made.append(function(data))
        except Unreadable as reason:
            if len(pair.files) == 1:
                raise
            raise Unreadable(f"{member.name}: {reason}") from None
    return made


def halves(header: Header) -> list[Header]:
    """The headers of A and B in one picture. Raises Unreadable."""
    if header.width % 2 or header.width // 2 < SMALLEST:
        raise Unreadable(f"{header.width} pixels wide, which has no two halves of at least {SMALLEST}")
    return [header._replace(width=header.width // 2)] * 2
