"""Pairs of files -> two tables of the same rows, through the cache: survey, plan, decode, keep."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...settings import DataError
from ..base import Notify, Skipped
from ..image.build import READING, Progress, kept
from ..image.cache import About, Table, Writer, key_of, load, remember
from ..image.decode import SMALLEST, Header, Unreadable, own_pixel_limit, probe
from ..image.domain import Image
from ..image.resize import Plan, plan
from .listing import Pair, Pairing
from .storing import Kept, Storing, halves, opened

_THREADS = 2
_CHUNK = 32


class Surveyed(NamedTuple):
    """A pair whose files open: the headers of its input and its target, and the SHA-256 of its files."""

    pair: Pair
    input: Header
    target: Header
    sha: str

    @property
    def factor(self) -> int | None:
        """Pixels of the target for one of the input on each axis; None when that is no whole number."""
        factor = self.target.height // self.input.height
        same = (self.target.height, self.target.width) == (factor * self.input.height, factor * self.input.width)
        return factor if same and factor else None


class Tables(NamedTuple):
    """Inputs and targets, row by row. Hashes of the first are of content, those of the second decide the splits."""

    input: Table
    target: Table


def read_pairs(images: tuple[Image, Image], pairing: Pairing, reverse: bool, notify: Notify, strict: bool) -> Tables:
    """Read every pair. `images` say how inputs and targets are read, `reverse` that B is the input.

    Raises DataError when there are no pairs, or when strict and one cannot be used.
    """
    settings = [*(image.model_dump(mode="json", include=READING) for image in images), reverse]
    asked = [settings, "pairs", pairing.layout, pairing.root, [pair[2:] for pair in pairing.pairs], pairing.stamp()]
    stamps = [key_of([*asked, pairing.skipped, side]) for side in ("input", "target")]
    known = [kept(stamp) for stamp in stamps]
    if known[0] is None or known[1] is None:
        with own_pixel_limit():
            keys, tables = _Reading(images, pairing, reverse, notify, strict).run(settings)
        for stamp, key in zip(stamps, keys, strict=True):
            remember(stamp, key)
    else:
        tables = Tables(known[0], known[1])
    if strict and tables.target.about.skipped:
        raise _stopped(pairing, tables.target.about.skipped[0])
    return tables


@dataclass(frozen=True)
class _Reading:
    """One reading of pairs that the cache did not know."""

    images: tuple[Image, Image]
    pairing: Pairing
    reverse: bool
    notify: Notify
    strict: bool

    def run(self, settings: object) -> tuple[list[str], Tables]:
        skipped: list[Skipped] = []
        for each in self.pairing.skipped:
            self._leave_out(each, skipped)
        surveyed = self._survey(skipped)
        notes = list(self.pairing.notes)
        if self.pairing.layout in ("auto", "beside") and surveyed:
            notes.append("pairs are A|B, side by side in one file (domain.layout=beside)")
        notes.append(f"{'B' if self.reverse else 'A'} is the input (domain.direction)")
        scale, surveyed = self._of_one_scale(surveyed, skipped)
        contents = [(each.pair.split, each.pair.group, each.sha) for each in surveyed]
        keys = [key_of([settings, "pairs", contents, skipped, notes, side]) for side in ("input", "target")]
        found = [load(key) for key in keys]
        if found[0] is not None and found[1] is not None:
            return keys, Tables(found[0], found[1])
        return keys, self._decode(surveyed, scale, skipped, notes, keys)

    def _leave_out(self, each: Skipped, skipped: list[Skipped]) -> None:
        if self.strict:
            raise _stopped(self.pairing, each)
        skipped.append(each)

    def _survey(self, skipped: list[Skipped]) -> list[Surveyed]:
        progress = Progress(self.notify, len(self.pairing.pairs), "looked at")
        surveyed, odd = [], []
        for pair in self.pairing.pairs:
            progress.advance(1)
            try:
                looked = opened(pair, self._looked_at)
                headers = [header for header, _ in looked]
                if len(headers) == 1:
                    if headers[0].width != 2 * headers[0].height:
                        odd.append(f"{pair.name}: {headers[0].width} x {headers[0].height}")
                    headers = halves(headers[0])
                one, two = headers[::-1] if self.reverse else headers
                sha = hashlib.sha256(b"".join(digest for _, digest in looked)).hexdigest()
                surveyed.append(Surveyed(pair, one, two, sha))
            except Unreadable as reason:
                self._leave_out(Skipped(pair.name, str(reason)), skipped)
        if odd and self.pairing.layout == "auto":
            raise DataError(
                f"{self.pairing.root}: no pairs found: {len(odd)} of {len(self.pairing.pairs)} pictures are not twice "
                f"as wide as high ({odd[0]}); say domain.layout=beside, or use two folders, input and target"
            )
        return surveyed

    def _looked_at(self, data: bytes) -> tuple[Header, bytes]:
        return probe(data, self.images[0].pixel_limit), hashlib.sha256(data).digest()

    def _of_one_scale(self, surveyed: list[Surveyed], skipped: list[Skipped]) -> tuple[int, list[Surveyed]]:
        """The factor that most pairs have from input to target, the smaller of two as common, and its pairs."""
        counts = Counter(each.factor for each in surveyed if each.factor)
        scale = max(sorted(counts), key=lambda factor: counts[factor]) if counts else 1
        for each in surveyed:
            if each.factor != scale:
                sizes = f"{_size(each.input)} to {_size(each.target)}"
                reason = (
                    f"its sides differ in size, {sizes}" if not each.factor else f"{sizes} is not x{scale} as most are"
                )
                self._leave_out(Skipped(each.pair.name, reason), skipped)
        return scale, [each for each in surveyed if each.factor == scale]

    def _decode(
        self, surveyed: list[Surveyed], scale: int, skipped: list[Skipped], notes: list[str], keys: list[str]
    ) -> Tables:
        """Decode at the plans' sizes. When files that opened turn out broken, plans are made again without them."""
        while surveyed:
            plans, _ = self._plans(surveyed, scale)
            writers = [Writer(key, each, self.notify) for key, each in zip(keys, plans, strict=True)]
            try:
                broken = self._decode_into(writers, plans, surveyed)
                for each in broken.values():
                    self._leave_out(each, skipped)
                surveyed = [each for each in surveyed if each.pair not in broken]
                if surveyed and self._plans(surveyed, scale)[0] == plans:
                    said = (*notes, *self._plans(surveyed, scale)[1], *_remarks(self.pairing, surveyed, scale))
                    abouts = [
                        About(plan=each, skipped=tuple(skipped), notes=said, total=len(self.pairing.pairs))
                        for each in plans
                    ]
                    one, two = (writer.finish(about) for writer, about in zip(writers, abouts, strict=True))
                    return Tables(one, two)
            except BaseException:
                for writer in writers:
                    writer.abandon()
                raise
            for writer in writers:
                writer.abandon()
        raise DataError(_nothing(self.pairing, skipped))

    def _plans(self, surveyed: list[Surveyed], scale: int) -> tuple[tuple[Plan, Plan], list[str]]:
        """What inputs and targets are stored as: targets as pictures of their own are, inputs `scale` times smaller."""
        target_image = self.images[1]
        target, notes = plan(target_image, [each.target for each in surveyed])
        height, width = target.height // scale * scale, target.width // scale * scale
        if target_image.size and (height, width) != target_image.size:
            raise DataError(
                f"domain.size={list(target_image.size)}: targets are x{scale} of inputs; give multiples of {scale}"
            )
        if min(height, width) // scale < SMALLEST:
            raise DataError(
                f"{self.pairing.root}: targets of {height}x{width} leave inputs of {height // scale}x{width // scale} "
                f"at x{scale}, below {SMALLEST}x{SMALLEST}; raise domain.size or domain.longest"
            )
        target = target.model_copy(update={"fitted": (height, width), "height": height, "width": width})
        input_image = self.images[0].model_copy(update={"size": (height // scale, width // scale)})
        source, more = plan(input_image, [each.input for each in surveyed])
        return (source, target), [f"target: {line}" for line in notes] + [f"input: {line}" for line in more]

    def _decode_into(
        self, writers: Sequence[Writer], plans: tuple[Plan, Plan], surveyed: list[Surveyed]
    ) -> dict[Pair, Skipped]:
        """Append every pair that decodes; returns those that do not."""
        stored = Storing(self.images, plans, self.reverse)
        broken: dict[Pair, Skipped] = {}
        progress = Progress(self.notify, len(surveyed))
        with ThreadPoolExecutor(_THREADS) as pool:
            for start in range(0, len(surveyed), _CHUNK):
                chunk = [each.pair for each in surveyed[start : start + _CHUNK]]
                done: list[Kept] = []
                for pair, result in zip(chunk, pool.map(stored, chunk), strict=True):
                    if isinstance(result, Unreadable):
                        broken[pair] = Skipped(pair.name, str(result))
                    else:
                        done.append(result)
                if done:
                    for i, writer in enumerate(writers):
                        writer.append(np.stack([each.pixels[i] for each in done]), [each.records[i] for each in done])
                progress.advance(len(chunk))
        return broken


def _size(header: Header) -> str:
    return f"{header.width} x {header.height}"


def _remarks(pairing: Pairing, surveyed: list[Surveyed], scale: int) -> list[str]:
    headers = [header for each in surveyed for header in (each.input, each.target)]
    counted = [
        (pairing.others, "{} other files were not looked at"),
        (sum(each.turned for each in headers), "{} pictures were turned upright as their EXIF asks"),
        (sum(each.narrowed for each in headers), "{} PNG files have colours of 16 bits, read at 8"),
    ]
    notes = [text.format(count) for count, text in counted if count]
    groups = {each.pair.group for each in surveyed}
    if None not in groups:
        notes.append(f"{len(groups)} groups of pairs stay together in one split")
    return [f"targets are x{scale} of their inputs", *notes] if scale > 1 else notes


def _nothing(pairing: Pairing, skipped: list[Skipped]) -> str:
    if skipped:
        first = skipped[0]
        return f"no usable pairs in {pairing.root}: all {len(skipped)} were left out, {first.name}: {first.reason}"
    return f"no pairs in {pairing.root}: wanted pictures; found {pairing.others or 'no'} files of other kinds"


def _stopped(pairing: Pairing, skipped: Skipped) -> DataError:
    return DataError(f"{pairing.root.rstrip('/')}/{skipped.name}: {skipped.reason}")
