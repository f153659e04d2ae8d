"""What a mark says, and the words in which files carry it."""

import html
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from ..settings import ConfigError, DataError, Settings

KEY = "ganworks"
"""Under which a file carries its mark."""
AIGC = "AIGC"
"""Under which it carries the block of China's Labelling Measures."""
MOST = 32_000
"""Bytes of one mark: more fits into no segment of a JPEG."""
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for media that a trained model made."""
Words = dict[str, str]
"""What a file carries, by key: KEY is there, AIGC may be."""
Short = Annotated[str, Field(max_length=4000)]


class Mark(Settings):
    """Says of one file that it is synthetic, and all that is needed to make it again."""

    synthetic: Literal[True] = True
    """Always: nothing else is marked."""
    maker: Short
    """The program and its version, as `ganworks 0.1`."""
    model: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the model's weights, as its model.json has it."""
    run: Short = ""
    """Name of the run's folder."""
    seed: Annotated[int, Field(ge=0)] | None = None
    """None where what was written is not known to come from one seed."""
    index: Annotated[int, Field(ge=0)] | None = None
    """Which sample of the seed; the first, where a file holds many."""
    condition: Short | None = None
    """What was asked for, such as the name of a class."""
    asked: Annotated[dict[Short, Short], Field(max_length=64, default_factory=dict)]
    """What else is needed to make it again, such as truncation."""
    time: Short
    """When the model was written; when the sample was, where that was asked for. ISO 8601, UTC."""

    def text(self) -> str:
        """One line of JSON in plain ASCII. Raises ConfigError for one that is longer than any file may carry."""
        tree = self.model_dump(mode="json", exclude_none=True)
        text = json.dumps({key: value for key, value in tree.items() if value != {}}, separators=(",", ":"))
        if len(text) > MOST:
            raise ConfigError(f"a mark has at most {MOST:,} bytes, this one {len(text):,}; ask for less at once")
        return text

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Raises DataError for text that is no mark of ours."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            wrong = error.errors()[0]
            where = ".".join(str(each) for each in wrong["loc"]) or "all of it"
            raise DataError(f"its mark cannot be read ({where}: {wrong['msg'].lower()})") from None


class Label(Settings):
    """The block that China's Labelling Measures (GB 45438-2025) want in a file's metadata. From secondary sources."""

    Label: Literal["1", "2", "3"] = "1"
    """1: generated; 2: may be generated; 3: suspected to be generated."""
    ContentProducer: Short
    """Who generated it: a name or code."""
    ProduceID: Short
    """The producer's own number of it."""
    ReservedCode1: Short = ""
    """Kept for the producer's own checks."""
    ContentPropagator: Short = ""
    """Who spreads it: a name or code."""
    PropagateID: Short = ""
    """The propagator's own number of it."""
    ReservedCode2: Short = ""
    """Kept for the propagator's own checks."""

    @classmethod
    def of(cls, producer: str, mark: Mark) -> Self:
        """The block of a producer for what a mark speaks of; numbered by model, seed and index. Raises ConfigError."""
        parts = [mark.model[:16], *("-" if each is None else str(each) for each in (mark.seed, mark.index))]
        return cls.from_tree({"ContentProducer": producer, "ProduceID": "-".join(parts)}, "the AIGC block")

    def text(self) -> str:
        return json.dumps(self.model_dump(), separators=(",", ":"))


def now() -> str:
    """This second, as marks have it."""
    return moment(datetime.now(UTC).timestamp())


def moment(seconds: float) -> str:
    """Seconds since 1970 as marks have them."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def words(mark: Mark, producer: str | None = None) -> Words:
    """What a file is to carry."""
    found = {KEY: mark.text()}
    return found if producer is None else {**found, AIGC: Label.of(producer, mark).text()}


def packet(said: Words) -> bytes:
    """An XMP packet: IPTC's source type, which platforms read, the mark, and the AIGC block if there is one.

    Source of its namespace: TC260-PG-20253A (2025), by way of secondary sources.
    """
    block = f"<TC260:AIGC>{html.escape(said[AIGC])}</TC260:AIGC>" if AIGC in said else ""
    return _PACKET.format(source=SYNTHETIC, mark=html.escape(said[KEY]), block=block).encode()


def unpacked(xmp: bytes) -> Words:
    """What an XMP packet of ours says; nothing for one of others. No XML is parsed, so none can do harm."""
    text = xmp.decode("utf-8", "replace")
    return {
        key: html.unescape(hit[1])
        for key, pattern in ((KEY, _MARK), (AIGC, _BLOCK))
        if (hit := pattern.search(text)) is not None
    }


_MARK = re.compile(r"<ganworks:mark>([^<]*)</ganworks:mark>")
_BLOCK = re.compile(r"<TC260:AIGC>([^<]*)</TC260:AIGC>")
_PACKET = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" '
    'xmlns:ganworks="urn:ganworks:provenance:1"><Iptc4xmpExt:DigitalSourceType>{source}'
    "</Iptc4xmpExt:DigitalSourceType><ganworks:mark>{mark}</ganworks:mark>{block}</rdf:Description></rdf:RDF>"
    '</x:xmpmeta><?xpacket end="r"?>'
)
