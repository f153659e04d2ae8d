"""What a client hears when a request cannot be served: one line and an id, never internals."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any

from ..settings import CheckpointError, ConfigError, DataError, TrainingError, printable

LOG = logging.getLogger("ganworks.server")
LONGEST = 500
"""Characters of a line that may hold a client's own words."""


class Refused(Exception):
    """A request that is not served, with the HTTP status that says so."""

    def __init__(self, status: int, line: str, retry_after: float | None = None):
        super().__init__(line)
        self.status, self.line, self.retry_after = status, line, retry_after


def refusal(error: Exception) -> Refused:
    """What to answer when this was raised: the user's own mistakes by their line, everything else by an id alone."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, ConfigError | DataError):
        return Refused(422, str(error))
    if isinstance(error, CheckpointError | TrainingError):
        return Refused(409, str(error))
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return Refused(503, "not enough memory for this now; ask for fewer samples", 5)
    return Refused(500, "something went wrong here; the service's log has it under this id")


def told(refused: Refused) -> tuple[dict[str, str], dict[str, str]]:
    """The JSON of an answer, and its headers beyond the usual."""
    line = printable(refused.line)
    body = {"error": line if len(line) <= LONGEST else line[:LONGEST] + "...", "id": secrets.token_hex(4)}
    after = refused.retry_after
    return body, {} if after is None else {"retry-after": str(max(1, round(after)))}


def validation(found: Sequence[Any]) -> str:
    """One line for what was wrong with a request, in the client's own words. Takes pydantic's list of errors."""
    first = min(found, key=lambda each: each["type"] != "value_error")
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    if first["type"] == "value_error":
        message = str(first["ctx"]["error"])
    elif first["type"] == "json_invalid":
        message = "the body must be JSON; see /openapi.json"
    elif first["type"] == "missing":
        message = "is needed and was not given" if place else "the body must be JSON, none came; see /openapi.json"
    else:
        message = f"must be so: {first['msg'].lower()}; got {shortened(first.get('input'))}"
    return f"{place}: {message}" if place and first["type"] == "value_error" else f"{place} {message}".strip()


def shortened(value: object) -> str:
    """What came, short enough to be told."""
    text = repr(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return text if len(text) <= 60 else text[:60] + "..."
