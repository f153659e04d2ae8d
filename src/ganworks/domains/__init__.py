"""Files <-> tensors: one file or folder a domain."""

from .base import Codec, Dataset, Domain, Fetched, Skipped, Source, Stored
from .clips import Clips
from .degraded import Degraded
from .grid import Grid
from .image import Image
from .paired import Pairs, Unpaired
from .points import Points
from .series import Series
from .table import Table

DOMAINS: dict[str, type[Domain]] = {
    "image": Image, "degraded": Degraded, "pairs": Pairs, "unpaired": Unpaired, "clips": Clips, "points": Points,
    "grid": Grid, "series": Series, "table": Table,
}  # fmt: skip

__all__ = [
    "DOMAINS", "Clips", "Codec", "Dataset", "Degraded", "Domain", "Fetched", "Grid", "Image", "Pairs", "Points",
    "Series", "Skipped", "Source", "Stored", "Table", "Unpaired",
]  # fmt: skip
