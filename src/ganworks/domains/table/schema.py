"""What is known of a table's columns before anything is learnt: kinds, names of categories, how they are spelled."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ...settings import Settings

Kind = Literal["number", "integer", "rounded", "bounded", "datetime", "category", "boolean", "identifier", "constant"]
NUMBERS = frozenset({"number", "integer", "rounded", "bounded", "datetime"})
CATEGORIES = frozenset({"category", "boolean"})


class Column(Settings):
    """What a user may say of a column; what is left out is found in the data."""

    kind: Kind | Literal["drop"] | None = None
    """What it holds; `drop` leaves it out of what is learnt and of what is drawn."""
    minimum: float | None = None
    """Nothing below is drawn. Of a datetime, seconds since 1970."""
    maximum: float | None = None
    """Nothing above is drawn."""
    decimals: int | None = Field(default=None, ge=0, le=12)
    """Digits behind the point."""
    format: str | None = None
    """Of a datetime, as in %d/%m/%Y %H:%M."""
    normaliser: Literal["mixture", "quantile"] | None = None
    """How a number is brought to -1..1; unset: as domain.normaliser says."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum must be below maximum, got {self.minimum:g} and {self.maximum:g}")
        return self


class Seen(Settings):
    """A column as it stands in the file: what reading and writing it need. The names of categories are those of all
    records, as a schema is public; every number that is learnt comes from the training records alone."""

    name: str
    kind: Kind
    words: tuple[str, ...] = ()
    """Categories by code, verbatim; of a boolean first the one that says no; of a constant its one word."""
    missing: bool = False
    """Whether any record lacks it."""
    missing_word: str = ""
    """How a missing value is spelled."""
    decimals: int | None = None
    """Digits behind the point; None where there are more than can be meant."""
    least_decimals: int = 0
    """Digits behind the point that are spelled even where they are noughts."""
    comma: bool = False
    """Whether numbers are spelled with a decimal comma."""
    minimum: float | None = None
    """Given by the user, or natural to the column: shares from 0 to 1. What the data reaches is learnt later."""
    maximum: float | None = None
    format: str = ""
    """Of a datetime."""
    step: float = 0.0
    """Smallest difference that is told apart; seconds for a datetime. 0 where anything is."""
    pattern: str = ""
    """Of an identifier: 9 for a digit, a and A for letters, x for a hexadecimal digit; empty for a running number."""
    start: int = 1
    """First running number."""
    normaliser: Literal["mixture", "quantile"] | None = None

    @property
    def learnt(self) -> bool:
        """Whether records have a number for it: identifiers are made anew and constants are known."""
        return self.kind not in {"identifier", "constant"}

    @property
    def numeric(self) -> bool:
        return self.kind in NUMBERS
