"""The search space of a setting, declared beside the setting: how far from a recipe's value looking makes sense."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .schedule import Number, Schedule, scaled
from .settings import ConfigError, Settings, no_such


@dataclass(frozen=True)
class Search:
    """`learning_rate: Annotated[Number, Search(1 / 4, 4)]`: from a quarter to four times what the recipe says.

    Factors are drawn evenly on a logarithmic scale. A schedule is scaled as a whole; whole numbers are rounded.
    """

    low: float
    high: float


Space = dict[str, Search]
"""By the setting's path in the user's spelling, such as `terms.0.weight`."""


def space(value: Any, path: str = "") -> Space:
    """Every declared search space within settings, where the value is not 0: a factor would leave that as it is."""
    if isinstance(value, tuple):
        found = [space(each, f"{path}.{i}") for i, each in enumerate(value)]
        return {name: search for part in found for name, search in part.items()}
    if not isinstance(value, Settings):
        return {}
    result: Space = {}
    for name in type(value).model_fields:
        here, child = f"{path}.{name}".removeprefix("."), getattr(value, name)
        search = _declared(type(value), name)
        if search is not None and child:
            result[here] = search
        elif not isinstance(child, Schedule):
            result |= space(child, here)
    return result


def narrowed(whole: Space, wanted: tuple[str, ...]) -> Space:
    """Only the named settings; `name=low:high` with other factors. Raises ConfigError."""
    if not wanted:
        return whole
    chosen: Space = {}
    for each in wanted:
        name, equals, bounds = (part.strip() for part in each.partition("="))
        if name not in whole:
            raise ConfigError(no_such("searchable setting", name, whole))
        chosen[name] = _bounds(name, bounds) if equals else whole[name]
    return chosen


def moved(settings: Any, factors: Mapping[str, float]) -> Any:
    """A copy of settings with the value at each path times its factor. Raises ConfigError when one is refused."""
    tree = settings.tree()
    for path, factor in factors.items():
        node, value, *keys = tree, settings, *path.split(".")
        for key in keys[:-1]:
            node = node[int(key)] if isinstance(node, list) else node[key]
            value = value[int(key)] if isinstance(value, tuple) else getattr(value, key)
        node[keys[-1]] = _times(getattr(value, keys[-1]), factor)
    return type(settings).from_tree(tree)


def _declared(kind: type[Settings], name: str) -> Search | None:
    """The declaration nearest to a class: one that only gives another default keeps its base's."""
    bases = [each for each in kind.__mro__ if issubclass(each, Settings) and name in each.model_fields]
    metadata = [note for each in bases for note in each.model_fields[name].metadata]
    return next((note for note in metadata if isinstance(note, Search)), None)


def _times(value: Number, factor: float) -> Any:
    if isinstance(value, Schedule):
        result = scaled(value, factor)
        return result.tree() if isinstance(result, Schedule) else result
    return max(1, round(value * factor)) if isinstance(value, int) else value * factor


def _bounds(name: str, text: str) -> Search:
    low, _, high = text.partition(":")
    try:
        search = Search(float(low), float(high))
    except ValueError:
        search = Search(1, 0)
    if not 0 < search.low < search.high:
        raise ConfigError(f"{name}: a range is written low:high, factors above 0 of the recipe's value, got '{text}'")
    return search
