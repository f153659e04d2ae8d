"""Picture files -> a table, through the cache: survey, plan, decode, keep."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Notify, Raw, Skipped
from .build import READING, Progress, kept
from .cache import OFFICIAL, About, Record, Table, Writer, key_of, load, remember
from .decode import Header, Unreadable, content_hash, decode, own_pixel_limit, probe
from .listing import Listing, Member, Pile
from .resize import Plan, background_colour, conform, plan, resized

if TYPE_CHECKING:
    from .domain import Image

_THREADS = 2
_CHUNK_FILES, _CHUNK_BYTES = 64, 1 << 26
_WANTED = "PNG, JPEG, WebP, BMP, TIFF, GIF, PPM or PGM"


class Surveyed(NamedTuple):
    """A file that opens: where it is, its header, and the SHA-256 of its bytes."""

    member: Member
    header: Header
    sha: str


def read_pile(image: "Image", pile: Pile, notify: Notify, strict: bool) -> Table:
    """Raises DataError when there are no pictures, or when strict and one cannot be used."""
    settings = image.model_dump(mode="json", include=READING)
    if image.attributes:
        settings["attributes"] = list(image.attributes)
    stamp = key_of([settings, pile.root, pile.stamp()])
    table = kept(stamp)
    if table is None:
        with own_pixel_limit():
            key, table = _Reading(image, pile, pile.listing(), notify, strict).run(settings)
        remember(stamp, key)
    if strict and table.about.skipped:
        raise _stopped(pile, table.about.skipped[0], table.about.total)
    return table


@dataclass(frozen=True)
class _Reading:
    """One reading of one pile that the cache did not know."""

    image: "Image"
    pile: Pile
    listing: Listing
    notify: Notify
    strict: bool

    @property
    def total(self) -> int:
        return len(self.listing.members) + len(self.listing.skipped)

    def run(self, settings: object) -> tuple[str, Table]:
        """The key under which the table is kept, and the table."""
        skipped: list[Skipped] = []
        for each in self.listing.skipped:
            self._leave_out(each, skipped)
        surveyed = self._survey(skipped)
        contents = [(each.member.name, each.member.label, each.member.split, each.sha) for each in surveyed]
        key = key_of([settings, "pile", contents, skipped, self.listing.others])
        return key, load(key) or self._decode(surveyed, skipped, key)

    def _leave_out(self, each: Skipped, skipped: list[Skipped]) -> None:
        if self.strict:
            raise _stopped(self.pile, each, self.total)
        skipped.append(each)

    def _survey(self, skipped: list[Skipped]) -> list[Surveyed]:
        progress = Progress(self.notify, self.total, "looked at")
        surveyed = []
        members = self.listing.members
        for member, data in zip(members, self.pile.read(members), strict=True):
            progress.advance(1)
            try:
                if isinstance(data, Unreadable):
                    raise data
                header = probe(data, self.image.pixel_limit)
                surveyed.append(Surveyed(member, header, hashlib.sha256(data).hexdigest()))
            except Unreadable as reason:
                self._leave_out(Skipped(member.name, str(reason)), skipped)
        return surveyed

    def _decode(self, surveyed: list[Surveyed], skipped: list[Skipped], key: str) -> Table:
        """Decode at the plan's size. When files that opened turn out broken, the plan is made again without them."""
        while surveyed:
            target, notes = plan(self.image, [each.header for each in surveyed])
            writer = Writer(key, target, self.notify)
            try:
                classes = _classes(surveyed)
                broken = self._decode_into(writer, target, surveyed, classes)
                for each in broken.values():
                    self._leave_out(each, skipped)
                surveyed = [each for each in surveyed if each.member.name not in broken]
                again = not surveyed or plan(self.image, [each.header for each in surveyed])[0] != target
                if again or _classes(surveyed) != classes:
                    writer.abandon()
                    continue
                notes = [*plan(self.image, [each.header for each in surveyed])[1], *_notes(self.listing, surveyed)]
                return writer.finish(
                    About(
                        plan=target, classes=classes, labelled=bool(classes or self.image.attributes),
                        skipped=tuple(skipped), notes=tuple(notes), total=self.total,
                    )
                )  # fmt: skip
            except BaseException:
                writer.abandon()
                raise
        raise DataError(_nothing(self.pile, self.listing, skipped))

    def _decode_into(
        self, writer: Writer, target: Plan, surveyed: list[Surveyed], classes: tuple[str, ...]
    ) -> dict[str, Skipped]:
        """Append every picture that decodes; returns those that do not, by name."""
        numbers = {name: number for number, name in enumerate(classes)}
        stored = _Stored(self.image, target)
        broken: dict[str, Skipped] = {}
        progress = Progress(self.notify, len(surveyed))
        with ThreadPoolExecutor(_THREADS) as pool:
            for run in _runs([each.member for each in surveyed], self.pile):
                pictures, records = [], []
                for (member, _), result in zip(run, pool.map(stored, [data for _, data in run]), strict=True):
                    if isinstance(result, Unreadable):
                        broken[member.name] = Skipped(member.name, str(result))
                        continue
                    pictures.append(result[0])
                    own = member.label
                    label = own if isinstance(own, tuple) else numbers.get(own or "", -1)
                    records.append(Record(result[1], label, OFFICIAL[member.split]))
                if pictures:
                    writer.append(np.stack(pictures), records)
                progress.advance(len(run))
        return broken


class _Stored:
    """The bytes of a file -> the picture as it is kept, and the hash of its content; or why not."""

    def __init__(self, image: "Image", target: Plan):
        self.image, self.target, self.background = image, target, background_colour(image.background)

    def __call__(self, data: bytes | Unreadable) -> tuple[Raw, bytes] | Unreadable:
        if isinstance(data, Unreadable):
            return data
        try:
            decoded = decode(data)
        except Unreadable as reason:
            return reason
        pixels = conform(decoded, self.target, self.background)
        alpha = decoded.alpha and self.target.channels in (2, 4)
        return resized(pixels, self.target, self.image.reshape, alpha), content_hash(decoded.pixels)


def _runs(members: list[Member], pile: Pile) -> Iterator[list[tuple[Member, bytes | Unreadable]]]:
    """Files by the handful, so that memory is bounded by bytes and not by their number."""
    run: list[tuple[Member, bytes | Unreadable]] = []
    size = 0
    for member, data in zip(members, pile.read(members), strict=True):
        run.append((member, data))
        size += 0 if isinstance(data, Unreadable) else len(data)
        if len(run) == _CHUNK_FILES or size > _CHUNK_BYTES:
            yield run
            run, size = [], 0
    if run:
        yield run


def _classes(surveyed: list[Surveyed]) -> tuple[str, ...]:
    """Sorted names, when every picture has one."""
    labels = [each.member.label for each in surveyed]
    names = {label for label in labels if isinstance(label, str)}
    return tuple(sorted(names)) if all(isinstance(label, str) for label in labels) else ()


def _notes(listing: Listing, surveyed: list[Surveyed]) -> list[str]:
    headers = [each.header for each in surveyed]
    counted = [
        (listing.others, "{} files of other kinds were not looked at"),
        (sum(each.turned for each in headers), "{} pictures were turned upright as their EXIF asks"),
        (sum(each.animated for each in headers), "{} files hold several pictures; the first of each was read"),
        (sum(each.narrowed for each in headers), "{} PNG files have colours of 16 bits, read at 8"),
    ]
    notes = [text.format(count) for count, text in counted if count]
    unlabelled = sum(each.member.label is None for each in surveyed)
    if 0 < unlabelled < len(surveyed):
        notes.append(f"the labels were left out: {unlabelled} of {len(surveyed)} pictures have none")
    return notes


def _nothing(pile: Pile, listing: Listing, skipped: list[Skipped]) -> str:
    if skipped:
        first = skipped[0]
        return f"no usable pictures in {pile.root}: all {len(skipped)} were left out, {first.name}: {first.reason}"
    found = f"found {listing.others} files of other kinds" if listing.others else "found no files"
    return f"no pictures in {pile.root}: wanted {_WANTED} files; {found}"


def _stopped(pile: Pile, skipped: Skipped, total: int) -> DataError:
    return DataError(f"{pile.root.rstrip('/')}/{skipped.name}: {skipped.reason} (1 of {total})")
