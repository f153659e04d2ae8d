"""What a service may be told: where it listens, whom it believes, and how much one request may ask for."""

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from ..settings import ConfigError, Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SHORTEST = 16
"""Characters of a token that the network may guess at."""
Above = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class Limits(Settings):
    """What one request may ask for, and what may wait."""

    count: Above = 1024
    """Samples of one request."""
    numbers: Above = 1 << 27
    """Samples times the numbers in each, of one request: what is in memory at once."""
    json_bytes: Above = 4 << 20
    """Bytes of a request that is JSON."""
    body_bytes: Above = 32 << 20
    """Bytes of a request that uploads a file."""
    pixels: Above = 16 << 20
    """Pixels of an uploaded picture, read from its header before a single one is decoded."""
    header_bytes: Above = 16 << 10
    """Bytes of the address and the headers of a request."""
    header_seconds: Seconds = 10
    """Seconds in which a request's headers have to arrive, and a connection may lie idle."""
    body_seconds: Seconds = 30
    """Seconds in which a request's body has to arrive."""
    deadline: Seconds = 30
    """Seconds after which nobody waits any more: what has not begun by then is dropped."""
    queue: Above = 96
    """Requests that wait for a device."""
    waiting: Above = 8192
    """Samples that wait for a device."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.75
    """Share of the queue that one client may hold."""
    batch: Above = 16
    """Samples that are computed together, from however many requests."""
    connections: Above = 2048
    """Connections that are open at once."""
    patience: Annotated[float, Field(ge=0)] = 10
    """Seconds that preparing a model named on the command line may take, for drawing faster afterwards."""
    models: Above = 4
    """Models in memory at once, besides those named on the command line."""
    drain: Seconds = 4
    """Seconds that accepted work has to finish when the service is told to stop."""


class Service(Settings):
    """A service as one value."""

    host: str = "127.0.0.1"
    """The address to listen at."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Of TCP; 0 for whichever is free."""
    token: str = ""
    """What a client has to know; empty: drawn when the service starts."""
    remote: bool = False
    """Whether other machines may connect; they need a token that was chosen on purpose."""
    names: tuple[str, ...] = ()
    """Further host names by which the service may be asked for, such as that of a proxy before it."""
    runs: Path = Path("runs")
    """The folder of runs that the studio lists."""
    data: Path = Path()
    """The folder whose data sets the page offers."""
    device: str = "cpu"
    """cpu, cuda, mps or auto."""
    studio: bool = True
    """Whether there is a page at all; without it there is the programs' part alone."""
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _closed_to_strangers(self) -> Self:
        if self.loopback:
            return self
        if not self.remote:
            raise ValueError(
                f"host {self.host} can be reached from other machines; add --remote and a --token, "
                "or leave it at 127.0.0.1"
            )
        if len(self.token) < SHORTEST:
            raise ValueError(
                f"other machines need a token of at least {SHORTEST} characters, got {len(self.token)}; "
                "give --token (python -c 'import secrets; print(secrets.token_urlsafe())' draws one)"
            )
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def checked(self) -> Self:
        """Itself. Raises ConfigError for a token that no header can carry."""
        if not all(0x21 <= ord(each) <= 0x7E for each in self.token):
            raise ConfigError("a token is printable ASCII without spaces, since it travels in a header; choose another")
        return self
