"""Files <-> tensors: one file or folder a domain."""

from .base import Codec, Dataset, Domain, Fetched, Skipped, Source, Stored
from .clips import Clips
from .degraded import Degraded
from .image import Image
from .paired import Pairs, Unpaired
from .points import Points

DOMAINS: dict[str, type[Domain]] = {
    "image": Image, "degraded": Degraded, "pairs": Pairs, "unpaired": Unpaired, "clips": Clips, "points": Points,
}  # fmt: skip

__all__ = [
    "DOMAINS", "Clips", "Codec", "Dataset", "Degraded", "Domain", "Fetched", "Image", "Pairs", "Points", "Skipped",
    "Source", "Stored", "Unpaired",
]  # fmt: skip
