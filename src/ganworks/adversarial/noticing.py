"""Noticing: what a discriminator finds on its way to the logits, heard without its knowing.

Features are the outputs of its rectifiers, as pix2pixHD (Wang et al., 2018) compares them; a guess is what it was asked
to recognise beside telling real from fake.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn

from .turn import Logits, Noticed

RECTIFIERS = (nn.ReLU, nn.LeakyReLU, nn.SiLU, nn.GELU)
GUESS, MEMORY = "guess", "memory"
"""What a module says in its attribute `noticed`: that a guess passes it, that it can draw again what was seen. The game
knows no network."""


class Noticing:
    """Listens to one network. Keeps what was heard with the logits of its pass, until it is told to forget."""

    def __init__(self, network: nn.Module):
        self._heard: list[tuple[Logits, Noticed]] = []
        self._features: list[Tensor] | None = None
        self._guess: Tensor | None = None
        self._error: Callable[[], Tensor] | None = None
        for module in network.modules():
            if isinstance(module, RECTIFIERS):
                module.register_forward_hook(self._feature)
            elif (role := getattr(module, "noticed", None)) == GUESS:
                module.register_forward_hook(self._guessed)
            elif role == MEMORY:
                module.register_forward_hook(self._remembered)

    @contextmanager
    def listening(self) -> Iterator[None]:
        self._features, self._guess, self._error = [], None, None
        try:
            yield
        finally:
            self._last, self._features = Noticed(tuple(self._features), self._guess, self._error), None

    def keep(self, logits: Logits) -> None:
        """What was heard last belongs to these logits."""
        self._heard.append((logits, self._last))

    def of(self, logits: Logits) -> Noticed:
        return next(noticed for each, noticed in self._heard if each is logits)

    def forget(self) -> None:
        self._heard.clear()

    def _feature(self, module: nn.Module, given: tuple[Tensor, ...], found: Tensor) -> None:
        if self._features is not None:
            self._features.append(found)

    def _guessed(self, module: nn.Module, given: tuple[Tensor, ...], found: Tensor) -> None:
        if self._features is not None:
            self._guess = found

    def _remembered(self, module: nn.Module, given: tuple[Tensor, ...], found: Tensor) -> None:
        if self._features is not None:
            error: Any = module.error
            self._error = partial(error, *given)
