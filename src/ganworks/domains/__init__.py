"""Files <-> tensors: one file or folder a domain."""

from .base import Codec, Dataset, Domain, Fetched, Skipped, Source, Stored
from .image import Image
from .points import Points

DOMAINS: dict[str, type[Domain]] = {"image": Image, "points": Points}

__all__ = ["DOMAINS", "Codec", "Dataset", "Domain", "Fetched", "Image", "Points", "Skipped", "Source", "Stored"]
