"""Stages: the generator as it was when the adversarial stage of a run began, kept to be compared with."""

from ..adversarial.collective import rank
from . import artefact
from .folder import RunFolder
from .session import Session

PIXEL = "pixel"
"""The stage in which the generator pays its terms alone: of pictures pixels, of lines their likelihood."""


class Stages:
    """Writes `stages/pixel/` on the last step before the discriminator plays."""

    def __init__(self, session: Session, folder: RunFolder):
        self.session, self.folder = session, folder
        self._alone = not session.game.contested(session.progress)

    def look(self) -> None:
        """Called after each step that came to a good end."""
        session = self.session
        if not self._alone or not session.game.contested(session.progress):
            return
        self._alone = False
        if rank() == 0:
            averaged = session.game.generator.averaged
            artefact.write(self.folder.path / "stages" / PIXEL, session.run, session.codec, averaged, session.samples)
