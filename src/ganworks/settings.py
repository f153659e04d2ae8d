"""Frozen values <-> TOML and `a.b=c` text, and the errors a user can correct."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, ErrorDetails, core_schema

Tree = dict[str, Any]


class ConfigError(ValueError):
    """A setting the user wrote cannot be used. The message is one line: wanted, came, what to do."""


class DataError(ValueError):
    """The user's data cannot be used. The message is one line: wanted, came, what to do."""


class CheckpointError(ValueError):
    """A checkpoint or run directory cannot be used. The message is one line: wanted, came, what to do."""


class TrainingError(ValueError):
    """Training cannot go on. The message is one line with a diagnosis and what to change."""


class Settings(BaseModel):
    """A frozen, typed value: its fields are what a user may set, its methods compute with them.

    A component that a user picks by name declares `name: Literal["..."] = "..."` as its first field.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, value: Any) -> Any:
        """pydantic's own refusal knows no suggestions, and its whole numbers no end."""
        for key, item in value.items() if isinstance(value, Mapping) else ():
            if isinstance(item, int) and abs(item) >= 1 << 63:
                raise ValueError(f"{key} must be a whole number of at most 64 bits, got one of {item.bit_length()}")
            if key not in cls.model_fields:
                raise ValueError(no_such("setting", str(key), [name for name in cls.model_fields if name != "name"]))
        return value

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any], where: str = "") -> Self:
        """Validate a tree of plain values.

        Raises ConfigError with one line in the user's spelling; `where` is put before the path.
        """
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            raise ConfigError(_explain(error, tree, where)) from None

    def tree(self) -> Tree:
        """Plain values that `from_tree` turns back into an equal value. Unset optional fields are left out."""
        return self.model_dump(mode="json", exclude_none=True)

    def toml(self) -> str:
        return tomli_w.dumps(self.tree())


class Chosen:
    """Marks a field whose value is one entry of a table: `Annotated[Objective, Chosen(OBJECTIVES, "objective")]`.

    Accepts an instance, a name, or a tree with a `name`; unknown names are answered with a suggestion.
    """

    def __init__(self, table: Mapping[str, type[Settings]], what: str):
        self.table, self.what = table, what

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {name: handler.generate_schema(each) for name, each in self.table.items()}
        union = core_schema.tagged_union_schema(choices, discriminator="name", from_attributes=True)
        return core_schema.no_info_before_validator_function(self._spell_out, union)

    def _spell_out(self, value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value}
        if isinstance(value, Mapping) and value.get("name") not in self.table:
            wanted = value.get("name")
            if wanted is None:
                raise ValueError(f"needs a name, one of {', '.join(self.table)}")
            raise ValueError(no_such(self.what, str(wanted), self.table))
        return value


def no_such(what: str, name: str, known: Iterable[str]) -> str:
    """The line for a name nobody knows: `no recipe 'dcgn'; did you mean 'dcgan'?`"""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"
    return f"no {what} '{name}'; {hint}"


def printable(text: str) -> str:
    """Text that can be printed on one line and stored: what is no UTF-8 or steers a terminal is escaped."""
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def merge(base: Any, changes: Any) -> Any:
    """`changes` laid over `base`; a component is replaced whole when its name changes."""
    if isinstance(base, dict) and isinstance(changes, str) and "name" in base:
        changes = {"name": changes}
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    if changes.get("name", base.get("name")) == base.get("name"):
        return {**base, **{key: merge(base.get(key), value) for key, value in changes.items()}}
    return changes


def override(tree: Tree, assignment: str) -> Tree:
    """A copy of tree with one `a.b=c` applied; `c` is read as a TOML value, else as text.

    Raises ConfigError when the text is no assignment or the path leads nowhere in tree.
    """
    path, equals, text = assignment.partition("=")
    if printable(assignment) != assignment:
        raise ConfigError(f"a setting is printable text in UTF-8, got '{printable(assignment)}'")
    if not equals or not path.strip():
        raise ConfigError(f"a setting is written name=value, got '{assignment}'")
    changed: Tree = _assign(tree, path.strip().split("."), parse(text.strip()), "")
    return changed


def parse(text: str) -> Any:
    """The TOML value that text spells, else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def read_toml(path: Path) -> Tree:
    """Raises ConfigError when the file is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: wanted a TOML file, {error}") from None


def _escaped(character: str) -> str:
    byte = ord(character) - 0xDC00  # how Python carries the bytes of file names that are no UTF-8
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else character.encode("unicode_escape").decode("ascii")


def _assign(node: Any, path: Sequence[str], value: Any, so_far: str) -> Any:
    key, rest = path[0], path[1:]
    here = f"{so_far}.{key}" if so_far else key
    if isinstance(node, list):
        if not key.isdecimal() or int(key) >= len(node):
            raise ConfigError(f"{here}: {so_far} has entries 0 to {len(node) - 1}, got '{key}'")
        index = int(key)
        changed = _assign(node[index], rest, value, here) if rest else merge(node[index], value)
        return [*node[:index], changed, *node[index + 1 :]]
    if not isinstance(node, dict):
        raise ConfigError(f"{here}: {so_far} is a plain value and has no setting '{key}'")
    if not rest:
        return {**node, key: merge(node.get(key), value)}
    # A setting may be unset and so absent; the final validation refuses names that no component has.
    return {**node, key: _assign(node.get(key, {}), rest, value, here)}


def _explain(error: ValidationError, tree: Any, where: str) -> str:
    # A union reports one error a member; the one that names a component beats pydantic's about plain kinds.
    first = min(error.errors(), key=lambda each: each["type"] != "value_error")
    path = _path(first["loc"], tree, keep_last=first["type"] == "missing")
    spelled = ".".join(part for part in (where, *path) if part)
    if first["type"] == "value_error":
        message = str(first["ctx"]["error"])
        return f"{spelled}: {message}" if spelled else message
    if first["type"] == "missing":
        return f"{spelled} is needed and was not given"
    return f"{spelled} must be {_wanted(first)}, got {first['input']!r}"


def _path(location: Sequence[int | str], tree: Any, keep_last: bool) -> list[str]:
    """The user's path: pydantic's location without the names of the union branches it went through."""
    path: list[str] = []
    for i, part in enumerate(location):
        child = _child(tree, part)
        if child is not None:
            tree = child
            path.append(str(part))
        elif keep_last and i == len(location) - 1:
            path.append(str(part))
    return path


def _child(node: Any, key: int | str) -> Any:
    if isinstance(node, Mapping):
        return node.get(key)
    if isinstance(node, Sequence) and not isinstance(node, str) and isinstance(key, int) and key < len(node):
        return node[key]
    return getattr(node, str(key), None) if isinstance(node, BaseModel) else None


_KINDS = {
    "int": "a whole number", "float": "a number", "bool": "true or false", "string": "text", "tuple": "a list",
    "list": "a list", "dict": "a table", "path": "a path", "model": "a table of settings",
}  # fmt: skip
_BOUNDS = {
    "greater_than": "above", "greater_than_equal": "at least",
    "less_than": "below", "less_than_equal": "at most",
}  # fmt: skip


def _wanted(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "too_long":
        return f"a list of at most {context['max_length']}"
    if kind in _BOUNDS:
        return f"{_BOUNDS[kind]} {next(iter(context.values())):.12g}"
    if kind == "literal_error":
        return str(context["expected"])
    if kind == "finite_number":
        return "a finite number"
    family = kind.split("_")[0]
    return _KINDS.get(family, detail["msg"].lower())
