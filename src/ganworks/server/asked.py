"""What a request may ask of a model, field by field: the same for a query and for JSON, unknown fields refused."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import Field, model_validator

from ..settings import ConfigError, Settings

Whole = Annotated[int, Field(ge=0, lt=1 << 63)]
Text = Annotated[str, Field(max_length=2000)]
LONGEST_QUERY = 64
"""Fields in one query."""


class _Asked(Settings):
    """What all of them can be asked for."""

    format: Text = ""
    """png, jpeg, webp, sheet (one picture of all), csv, json, parquet or own; what a model has, GET /v1/models says."""

    @model_validator(mode="before")
    @classmethod
    def _class_is_condition(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "class" in value and "condition" in cls.model_fields:
            if "condition" in value:
                raise ValueError("class and condition are one thing; give one of them")
            return {("condition" if key == "class" else key): each for key, each in value.items()}
        return value


class Generate(_Asked):
    """Samples of a seed."""

    count: int = Field(default=1, ge=1)
    """How many."""
    seed: Whole = 0
    """The same model and seed give the same bytes."""
    first: Whole = 0
    """Which sample of the seed is the first."""
    condition: Text | None = None
    """A class by its name, or attributes as age=30,smile=1; `class` is another word for it."""
    truncation: float | None = Field(default=None, ge=0, le=1)
    """Latents pulled to their mean, by so much that is left: safer, less diverse."""
    temperature: float | None = Field(default=None, gt=0, le=100)
    """Of tokens: below 1 the likely becomes likelier."""
    where: tuple[Text, ...] = Field(default=(), max_length=16)
    """Only such rows of a table, as in age>60."""


class Interpolate(_Asked):
    """Samples on the way between pairs of latents."""

    steps: int = Field(default=8, ge=2)
    """Samples of a pair, its ends among them."""
    pairs: int = Field(default=1, ge=1)
    """How many pairs, each with ends of its own."""
    seed: Whole = 0
    """Of the ends."""
    condition: Text | None = None
    """A class by its name, or attributes; `class` is another word for it."""


class Drawn(Settings):
    """Which latents of a seed."""

    count: int = Field(default=1, ge=1)
    """How many."""
    seed: Whole = 0
    """The same seed gives the same latents."""
    first: Whole = 0
    """Which one of the seed is the first."""


class FromLatents(_Asked):
    """Samples of latents that a client brings."""

    latents: list[list[float]] = Field(min_length=1)
    """Rows of finite numbers, as GET latents gives them."""


def query(text: bytes, many: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a query; `many` may come more than once. Raises ConfigError."""
    found: dict[str, Any] = {}
    try:
        pairs = parse_qsl(
            text.decode("ascii"), keep_blank_values=True, strict_parsing=bool(text), errors="strict",
            max_num_fields=LONGEST_QUERY,
        )  # fmt: skip
    except ValueError:
        raise ConfigError(
            f"the query must be name=value pairs in UTF-8 joined by &, at most {LONGEST_QUERY}; correct it"
        ) from None
    for name, value in pairs:
        if name in many:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise ConfigError(f"{name} came twice in the query; give it once")
        else:
            found[name] = value
    return found
