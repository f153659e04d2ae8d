"""Files <-> tensors: one file or folder a domain."""

from .audio import Audio
from .base import Codec, Dataset, Domain, Fetched, Skipped, Source, Stored
from .clips import Clips
from .degraded import Degraded
from .grid import Grid
from .image import Image
from .paired import Pairs, Unpaired
from .points import Points
from .series import Series
from .table import Table
from .tokens import Tokens
from .tokens.molecules import Molecules
from .video import Video
from .vocoder import Vocoder
from .voices import Voices

DOMAINS: dict[str, type[Domain]] = {
    "image": Image, "degraded": Degraded, "pairs": Pairs, "unpaired": Unpaired, "clips": Clips, "points": Points,
    "grid": Grid, "series": Series, "molecules": Molecules, "table": Table, "audio": Audio, "tokens": Tokens,
    "vocoder": Vocoder, "video": Video, "voices": Voices,
}  # fmt: skip

__all__ = [
    "DOMAINS", "Audio", "Clips", "Codec", "Dataset", "Degraded", "Domain", "Fetched", "Grid", "Image",
    "Molecules", "Pairs", "Points", "Series", "Skipped", "Source", "Stored", "Table", "Tokens", "Unpaired",
    "Video", "Vocoder", "Voices",
]  # fmt: skip
