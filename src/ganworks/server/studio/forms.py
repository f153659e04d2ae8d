"""Routes of the room Train: what there is to train on, what the doctor says, and the form of all settings."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from pydantic import Field

from ...recipes import BY_DOMAIN, RECIPES
from ...settings import ConfigError, Settings, Tree, override, printable
from ...training.run import Run
from .jobs import errands
from .places import BUILTIN, data_path, listing, service
from .queue import checked

router = APIRouter(prefix="/api/forms", include_in_schema=False)
KINDS = {
    "image": "Pictures", "points": "Points", "degraded": "Repair pictures", "pairs": "Pictures from pictures",
    "unpaired": "Pictures from pictures, unpaired", "clips": "Repair films", "video": "Clips and volumes",
    "audio": "Sounds", "vocoder": "Sound from sound", "voices": "Sound into other sound",
    "table": "Tables", "series": "Series", "grid": "Levels and tiles",
    "tokens": "Lines of text", "molecules": "Molecules", "private": "With differential privacy",
}  # fmt: skip
"""Domain -> the heading of its recipes."""


class Asked(Settings):
    """Data and how it is to be learnt from, before anything is trained."""

    data: str
    """A built-in name, or a path below the data folder."""
    recipe: str | None = None
    """By default the one that fits."""
    settings: tuple[str, ...] = Field(default=(), max_length=500)
    """`a.b=c`."""


class Check(Settings):
    """Settings that are laid over a plan."""

    plan: str
    """The number of the errand that made the plan."""
    settings: tuple[str, ...] = Field(default=(), max_length=500)
    """`a.b=c`, in the form's order."""


@router.get("")
def form(request: Request) -> dict[str, Any]:
    """Built-in data, and recipes under the kind of data they are for."""
    return {"builtin": BUILTIN, "recipes": _recipes(), "folder": printable(service(request).data.resolve().name)}


@router.get("/data")
def data(request: Request, folder: str = "") -> dict[str, Any]:
    """What lies in a folder below the data folder."""
    return listing(service(request).data, folder)


@router.get("/schema")
def schema() -> dict[str, Any]:
    """The JSON schema of a Run: every setting with its type, bounds, default and line of help."""
    return _schema()


@router.post("/doctor")
def doctor(request: Request, asked: Annotated[Tree, Body()]) -> dict[str, Any]:
    """Send the doctor to look at data. Answers with the errand's number."""
    words = ["ganworks", "doctor", "--json", *_words(request, asked)]
    return {"errand": errands(request).send(words, repr(words))}


@router.post("/plan")
def plan(request: Request, asked: Annotated[Tree, Body()]) -> dict[str, Any]:
    """Work out the whole run that a training would begin with. Answers with the errand's number."""
    words = ["ganworks.server.studio.planned", *_words(request, asked)]
    return {"errand": errands(request).send(words, repr(words))}


@router.post("/check")
def check(request: Request, asked: Annotated[Tree, Body()]) -> dict[str, Any]:
    """Whether settings can be laid over a plan: `wrong` maps a setting's path to its one line, or is empty."""
    wanted = Check.from_tree(asked)
    tree = errands(request).answer(wanted.plan)["run"]
    for assignment in wanted.settings:
        path = assignment.partition("=")[0].strip()
        try:
            checked((assignment,))
            tree = override(tree, assignment)
            Run.from_tree(tree)
        except ConfigError as error:
            return {"wrong": {path: str(error)}}
    return {"wrong": {}}


def _words(request: Request, asked: Tree) -> list[str]:
    wanted = Asked.from_tree(asked)
    named = [] if wanted.recipe is None else [f"--recipe={wanted.recipe}"]
    if wanted.recipe is not None and wanted.recipe not in RECIPES:
        raise ConfigError(f"no recipe '{printable(wanted.recipe)}'; choose one from the list")
    sets = [f"--set={each}" for each in checked(wanted.settings)]
    return [*named, *sets, "--", data_path(service(request).data, wanted.data)]


@cache
def _recipes() -> list[dict[str, Any]]:
    """Groups in the order of KINDS, each with its recipes, the usual one first."""
    groups: dict[str, list[dict[str, str]]] = {each: [] for each in KINDS}
    for name, recipe in RECIPES.items():
        line = f"{recipe.networks}; {recipe.objective} ({recipe.paper}, {recipe.year})"
        groups[_kind(name)].append({"name": name, "line": line})
    usual = {name for name, _ in BY_DOMAIN.values()}
    for each in groups.values():
        each.sort(key=lambda recipe: recipe["name"] not in usual)
    return [{"kind": kind, "title": KINDS[kind], "recipes": found} for kind, found in groups.items() if found]


def _kind(name: str) -> str:
    if name == "private":
        return name
    domain = (RECIPES[name].domain or {}).get("name")
    if domain is None:
        domain = "points" if name.startswith("mixture") else "image"
    return domain if domain in KINDS else "image"


@cache
def _schema() -> dict[str, Any]:
    return Run.model_json_schema()
