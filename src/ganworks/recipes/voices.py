"""One kind of sound into another, such as a voice into another voice, from recordings that nobody paired.

CUT (Park et al., 2020) on pictures of mel spectra: each moment of the output must resemble its own moment of the input
most, so what is said stays; how it sounds is the judge's to say. The way to B begins at the input itself.
"""

from ..training.run import Run
from .base import Recipe, Situation
from .translation import cut


def convert_sound(situation: Situation) -> Run:
    """Residual blocks on log-mel pictures, patches of them judged, contrast of patches."""
    run = cut(situation).model_copy(update={"recipe": "convert-sound"})
    if situation.device.type != "cpu":
        return run
    # Minutes of a CPU are few steps: half the width of what draws photographs takes a third of the time.
    narrow = run.generator.model_copy(update={"width": 16})
    return run.model_copy(update={"generator": narrow})


RECIPES: dict[str, Recipe] = {
    "convert-sound": Recipe(
        convert_sound, 2020, "Park et al.", "resnet, patches of log-mel", "least squares + PatchNCE", {"name": "voices"}
    )
}
