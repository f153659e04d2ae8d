"""Self-supervision: a discriminator that has to remember what it saw learns more from few pictures than a verdict."""

from typing import ClassVar, Literal

from torch import Tensor

from ..settings import ConfigError
from .turn import Term, Turn


class SelfSupervision(Term):
    """The discriminator draws real samples again from its own features. Liu et al. (2021), equation 3.

    The difference is absolute, where the paper takes a perceptual one that needs a downloaded network.
    """

    name: Literal["self-supervision"] = "self-supervision"
    player = "discriminator"
    notices: ClassVar[bool] = True

    def cost(self, turn: Turn) -> Tensor:
        assert turn.real_logits is not None
        error = turn.noticed(turn.real_logits).drawn_again
        if error is None:
            raise ConfigError(
                "the term self-supervision wants a discriminator that draws what it saw; set discriminator.name=light "
                "and discriminator.decoders=true, or leave the term out"
            )
        return error()
