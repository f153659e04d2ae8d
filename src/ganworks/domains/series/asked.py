"""Conditions a user spells: a file that holds the past, or attributes by name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...settings import ConfigError, DataError, no_such
from .codec import Steps
from .files import sheet
from .reading import Wanted, read


def past_of(codec: Steps, word: str) -> Tensor:
    """(1, R) from the last steps of a file with the columns of the data. Raises ConfigError or DataError."""
    path = Path(word)
    if not path.is_file():
        raise ConfigError(
            f"no past '{word}': wanted a file with at least {codec.past} lines and the columns {', '.join(codec.names)}"
        )
    names = codec.names
    missing = [name for name in names if path.suffix.lower() != ".npz" and name not in sheet(path).names]
    if missing:
        raise DataError(f"{path}: column '{missing[0]}' is missing; the model was trained on {', '.join(names)}")
    words = tuple(each.name for each in (*codec.channels, *codec.attributes) if each.categories)
    found = read(path, Wanted(columns=names, categories=words))
    if len(found.values) < codec.past:
        raise DataError(f"{path}: wanted {codec.past} steps of the past, got {len(found.values)}; add earlier lines")
    record = np.full((1, len(names), codec.window), np.nan)
    for i, (channel, column) in enumerate(zip((*codec.channels, *codec.attributes), found.columns, strict=True)):
        values = found.values[-codec.past :, i]
        if channel.categories:
            places = [_place(channel.name, word, channel.categories) for word in column.categories]
            values = np.array([np.nan if np.isnan(each) else places[int(each)] for each in values])
        record[0, i, : codec.past] = values
    c = codec.encode(torch.from_numpy(record)).c
    assert c is not None
    return c


def attributes_of(codec: Steps, words: Sequence[str], drawn: Tensor | None) -> Tensor:
    """(N, R) from words such as `region=north,size=3`; what they leave open is as drawn (N, R)."""
    known = {each.name: (i, each) for i, each in enumerate(codec.attributes)}
    rows = []
    for number, word in enumerate(words):
        values = torch.full((1, len(codec.attributes)), torch.nan, dtype=torch.float64)
        for part in word.split(","):
            name, equals, value = (each.strip() for each in part.partition("="))
            if not equals or name not in known:
                raise ConfigError(no_such("attribute", name, known) + "; attributes are asked for as name=value")
            i, channel = known[name]
            values[0, i] = _place(name, value, channel.categories) if channel.categories else _number(name, value)
        row = codec.row(values).expand(1 if drawn is None else len(drawn), -1)
        if drawn is not None:
            asked = ~values[0].isnan()
            wide = torch.tensor([each.width for each in codec.attributes])
            row = torch.where(asked.repeat_interleave(wide), row, drawn)
        elif values.isnan().any():
            missing = codec.attributes[int(values[0].isnan().nonzero()[0])].name
            raise ConfigError(f"attribute '{missing}' is not said in '{word}'; add {missing}=...")
        rows.append(row if drawn is None or len(words) == 1 else row[number : number + 1])
    return torch.cat(rows)


def _place(name: str, word: str, categories: Sequence[str]) -> float:
    if word not in categories:
        raise ConfigError(f"{name}: {no_such('category', word, categories)}")
    return float(categories.index(word))


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"{name} is a number, got '{text}'") from None
