"""The mark of what the page's rooms write, without hashing a model's weights for every sample."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...provenance import Mark

if TYPE_CHECKING:
    from ..hosted import Served


def marked(
    served: "Served", seed: int | None, index: int | None, condition: str | None, told: Mapping[str, str]
) -> Mark:
    """What a file says that holds the sample `index` of a seed; `told` is what else is needed to make it again."""
    mark = served.mark
    changes = {"seed": seed, "index": index, "condition": condition, "asked": {**mark.asked, **told}}
    return mark.model_copy(update=changes)
