"""Routes of the room Compare: two runs side by side, and what `ganworks compare` says of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from ...report.gather import Found, gather
from ...settings import ConfigError, Settings, Tree, printable
from ...training.run import Run
from ..errors import Refused
from .errands import ANSWER
from .jobs import errands, jobs
from .places import run_folder, service
from .runs import told
from .watched import summary

router = APIRouter(prefix="/api/compare", include_in_schema=False)
REPEATS = 10
"""Times each run is sampled anew for a verdict."""


class Pair(Settings):
    """Two runs by name."""

    first: str
    """The one that is judged."""
    second: str
    """The one it is judged against."""


@router.get("")
def beside(request: Request, first: str, second: str) -> dict[str, Any]:
    """Both runs, the settings that differ, the evidence of both a row a metric, and whether they can be judged."""
    pair = [_found(request, name) for name in (first, second)]
    one, two = pair
    if one.folder == two.folder:
        raise Refused(422, f"'{printable(first)}' cannot be compared with itself; choose another run")
    queue = jobs(request)
    return {
        "runs": [summary(each.folder, queue.of(each.folder)) for each in pair],
        "settings": _differing(_whole(one.run), _whole(two.run)),
        "evidence": _rows(one, two),
        "protocols": [told(each)["protocol"] if each.evaluation else "" for each in pair],
        "todo": _todo(one, two),
    }


@router.post("")
def judge(request: Request, asked: Annotated[Tree, Body()]) -> dict[str, Any]:
    """Have `ganworks compare` judge the first run against the second. Answers with the errand's number."""
    wanted = Pair.from_tree(asked)
    one, two = (_found(request, name) for name in (wanted.first, wanted.second))
    if line := _todo(one, two):
        raise Refused(409, line)
    protocol = (one.evaluation or {})["protocol"]
    words = ["ganworks", "compare", f"--json={ANSWER}", f"--repeats={REPEATS}", f"--count={int(protocol['count'])}"]
    words += [f"--split={protocol['split']}", "--", str(one.folder), str(two.folder)]
    seals = [(each.evaluation or {})["run"].get("model_sha256") for each in (one, two)]
    return {"errand": errands(request).send(words, repr((words, seals)))}


def _found(request: Request, name: str) -> Found:
    return gather(run_folder(service(request).runs, name), lambda line: None)


def _todo(one: Found, two: Found) -> str:
    """What has to be done before the two can be judged against each other; "" when nothing has."""
    try:
        missing = [printable(each.folder.name) for each in (one, two) if each.evaluation is None]
        if missing:
            return f"{' and '.join(missing)}: no evidence yet; let the training end, or run: ganworks evaluate RUN"
        first, second = ((each.evaluation or {}) for each in (one, two))
        if first["run"]["fingerprint"] != second["run"]["fingerprint"]:
            return "trained on other data, or on data read otherwise; compare runs of one data set"
        for name in ("count", "split"):
            mine, theirs = first["protocol"][name], second["protocol"][name]
            if mine != theirs:
                return f"evaluated with {name} {mine} and {theirs}; evaluate both alike: ganworks evaluate RUN"
        if first["protocol"]["extractor"].get("sha256") != second["protocol"]["extractor"].get("sha256"):
            return "evaluated by other features; evaluate both alike: ganworks evaluate RUN"
    except (LookupError, TypeError, AttributeError):
        return "an evaluation.json cannot be read; evaluate again: ganworks evaluate RUN"
    return ""


def _rows(one: Found, two: Found) -> list[dict[str, Any]]:
    """Metrics of either, in the order of the first."""
    sides = [{row["label"]: row for row in (told(each)["metrics"] if each.evaluation else [])} for each in (one, two)]
    labels = list(dict.fromkeys([*sides[0], *sides[1]]))
    return [{"label": label, "aim": _any(sides, label, "aim"), "meaning": _any(sides, label, "meaning"),
             "sides": [_cell(each.get(label)) for each in sides]} for label in labels]  # fmt: skip


def _any(sides: list[dict[str, dict[str, str]]], label: str, key: str) -> str:
    return next(each[label][key] for each in sides if label in each)


def _cell(row: dict[str, str] | None) -> dict[str, str]:
    return {key: (row or {}).get(key, "") for key in ("value", "between", "floor", "copycat")}


def _differing(one: Tree, two: Tree) -> list[dict[str, str]]:
    """Settings that are not the same in both, by their dotted path."""
    first, second = dict(_flat(one)), dict(_flat(two))
    paths = [each for each in dict.fromkeys([*first, *second]) if first.get(each) != second.get(each)]
    return [{"path": printable(each), "first": first.get(each, ""), "second": second.get(each, "")} for each in paths]


def _whole(tree: Tree) -> Tree:
    """Every setting, also those that a run of an older version knew nothing of."""
    try:
        return Run.from_tree(tree).tree()
    except ConfigError:
        return tree


def _flat(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if entries is None or not tree:
        yield path, printable(_short(tree, path))
        return
    for key, value in entries:
        yield from _flat(value, f"{path}.{key}" if path else str(key))


def _short(value: Any, path: str) -> str:
    return Path(str(value)).name if path == "data" else str(value)
