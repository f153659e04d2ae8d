"""From a user's words to a run: data, recipe and settings -> Run, and the run itself."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from .adversarial.collective import rank
from .domains import DOMAINS, Dataset, Domain
from .domains.base import Notify
from .domains.image.shards.index import called
from .domains.points import MIXTURES
from .domains.table import frames
from .model import Model
from .recipes import RECIPES, Situation, choose
from .settings import Chosen, ConfigError, Settings, Tree, merge, no_such, override, read_toml
from .training import artefact, devices, processes
from .training.begun import Origin, origin
from .training.checkpoint import Checkpoints
from .training.folder import RunFolder, write_atomic
from .training.privacy import asked
from .training.private_rules import check
from .training.run import Begun, Run
from .training.train import train as run_training
from .training.watch import Watch


class Words(NamedTuple):
    """What a user asked for. Everything but the data has a default."""

    data: str | None = None
    recipe: str | None = None
    """A name, or the path of a TOML file such as another run's run.toml."""
    samples: int | None = None
    minutes: float | None = None
    seed: int | None = None
    folder: str | None = None
    settings: Sequence[str] = ()
    """`a.b=c`, laid over the recipe in this order."""
    strict: bool = False
    until: str | None = None
    """budget or converged."""
    begin: str | None = None
    """Directory of the run whose weights a new one begins with."""
    dp: Sequence[str] = ()
    """`epsilon=3` and `delta=1e-5` of a private run."""


class Plan(NamedTuple):
    run: Run
    dataset: Dataset
    folder: Path
    lines: tuple[str, ...]
    """What was decided and found, for the user."""


def plan(words: Words, watch: Watch | None = None) -> Plan:
    """Read the data and work out the run. Raises ConfigError or DataError with one line."""
    watch = watch or Watch()
    folder = Path(words.folder) if words.folder else None
    words = _go_on(words, folder)
    if words.dp and words.recipe is None:
        words = words._replace(recipe="private")
    start = None
    if words.begin is not None:
        folder = (
            folder
            or Path("runs") / f"{called(_text(words.data or '')) or 'data'}-from-{Path(words.begin).resolve().name}"
        )
        words, start = _begin(words, folder, words.begin, watch)
    given = words.recipe is not None and words.recipe.endswith(".toml")
    base = read_toml(Path(words.recipe or "")) if given else {}
    if isinstance(start, Origin) and words.recipe is None:
        given, base = True, start.tree()
    if not given and words.recipe is not None and words.recipe not in RECIPES:
        raise ConfigError(no_such("recipe", words.recipe, RECIPES))
    data, domain = _source(words, base)
    dataset = domain.read(_path(data), watch.line, words.strict)
    tree, lines = ({**base, "domain": domain.tree()}, []) if given else _from_recipe(data, domain, dataset, words)
    tree = _laid_over(asked({**tree, "data": data}, words.dp, words.settings), words)
    if start is not None:
        tree["begun_from"] = (start.begun if isinstance(start, Origin) else start).tree()
    run = Run.from_tree(tree)
    if run.private is not None:
        check(run, dataset)
    if isinstance(start, Origin):
        start.check(run, run.domain.fit(dataset).spec)
    lines = [*dataset.notes, *lines, *_shortages(run, dataset)]
    return Plan(run, dataset, folder or _default_folder(run), tuple(lines))


def launch(plan: Plan, watch: Watch | None = None) -> Model:
    """Train what was planned, or go on with it, and return the model. See `training.train.train` for what it raises."""
    watch = watch or Watch()
    with contextlib.ExitStack() as held:
        folder = processes.together(lambda: _claim(plan, watch, held))
        session = run_training(plan.run, plan.dataset, folder, watch)
    return Model.of(session, artefact.saved(plan.folder))


def _claim(plan: Plan, watch: Watch, held: contextlib.ExitStack) -> RunFolder:
    """The folder of the run, locked and settled; of several processes the first does that for all."""
    folder = RunFolder(plan.folder, notify=watch.line)
    if rank() == 0:
        held.enter_context(folder.lock())
        _settle(plan.run, folder)
        _quarantine(plan.dataset, folder)
    return folder


def train(
    data: str | Path | Any | None = None,
    *,
    recipe: str | None = None,
    samples: int | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    run: str | Path | None = None,
    settings: Sequence[str] = (),
    strict: bool = False,
    until: str | None = None,
    begin: str | Path | None = None,
    watch: Watch | None = None,
) -> Model:
    """Train a generator on data: a folder, an archive, a file, a built-in name (by default `digits`), or a data frame.

    Called again with the same words it goes on where it stopped. settings are `"terms.0.weight=3"`. Returns the
    model; `run` (by default runs/<data>-<recipe>) holds everything else. until="converged" ends it where nothing
    improves any more. begin="runs/other" begins with the weights of that run: fine-tuning, with all else fresh.

    Raises ConfigError, DataError or CheckpointError with one line for what a user can correct, TrainingError when
    training broke for good, and training.interrupt.Stopped after Ctrl-C, when everything is saved.

    Under torchrun all its processes train together; the first one writes, tells and raises, the others keep quiet.
    """
    if frames.is_frame(data):
        data = frames.kept(data, run)
    words = Words(
        None if data is None else str(data), recipe, samples, minutes, seed, None if run is None else str(run),
        tuple(settings), strict, until, None if begin is None else str(begin),
    )  # fmt: skip
    with processes.joined():
        watch = watch if rank() == 0 else None
        return launch(processes.together(lambda: plan(words, watch)), watch)


def open_data(run: Run, notify: Notify = lambda line: None) -> Dataset:
    """The data that a stored run names, read as it was read then. Raises DataError with one line when it is gone."""
    return run.domain.read(_path(run.data), notify)


def _go_on(words: Words, folder: Path | None) -> Words:
    """Without data or recipe, a folder that holds a run means: go on with that one."""
    if words.data is None and words.recipe is None and folder is not None and (folder / "run.toml").exists():
        return words._replace(recipe=str(folder / "run.toml"))
    return words


def _begin(words: Words, folder: Path, place: str, watch: Watch) -> tuple[Words, Origin | Begun]:
    """Where a run's weights come from; one that has begun knows that by itself and needs the other run no more."""
    settings, path = folder / "run.toml", Path(place).resolve()
    if path == folder.resolve():
        raise ConfigError(f"{place}: a run cannot begin from itself; leave --from out to go on with it")
    begun = Run.from_tree(read_toml(settings), str(settings)).begun_from if settings.exists() else None
    if begun is None or begun.run != str(path):
        return words, origin(path, watch.line)
    return words if words.recipe is not None else words._replace(recipe=str(settings)), begun


class _Source(Settings):
    """What of a run has to be known before anything is read."""

    data: str
    domain: Annotated[Domain, Chosen(DOMAINS, "domain")]


def _source(words: Words, base: Tree) -> tuple[str, Domain]:
    """The data, and the domain with the user's own settings of it."""
    data = _text(words.data) if words.data else base.get("data") or "digits"
    named = RECIPES.get(words.recipe or "")
    wanted = named.domain if named else None
    tree: Tree = {"domain": base.get("domain") or wanted or {"name": _detected(data)}}
    for assignment in filter(_of_the_domain, words.settings):
        tree = override(tree, assignment)
    source = _Source.from_tree({**tree, "data": data})
    return source.data, source.domain


def _detected(data: Any) -> str:
    """The domain that data is read as where nobody says: by the names that everybody gives such folders."""
    if data in list(MIXTURES):
        return "points"
    if not isinstance(data, str):  # somebody's edited run.toml, which is refused further on
        return "image"
    place = Path(_path(data)).expanduser()
    return next((name for name, domain in DOMAINS.items() if domain.recognises(place)), "image")


_URI = "file:"


def _text(path: str) -> str:
    """A path as text that a file in UTF-8 can hold: where the path's bytes are no UTF-8, a URI that escapes them."""
    raw = os.fsencode(path)
    text = raw.decode("utf-8", "replace")
    return text if text.encode() == raw and not text.startswith(_URI) else _URI + quote(raw)


def _path(text: str) -> str:
    return os.fsdecode(unquote_to_bytes(text.removeprefix(_URI)) if text.startswith(_URI) else text.encode())


def _of_the_domain(assignment: str) -> bool:
    return assignment.partition("=")[0].strip().partition(".")[0] == "domain"


def _from_recipe(data: str, domain: Domain, dataset: Dataset, words: Words) -> tuple[Tree, list[str]]:
    wanted = [each.partition("=")[2].strip() for each in words.settings if each.partition("=")[0].strip() == "device"]
    device = devices.pick(wanted[-1] if wanted else "auto")
    situation = Situation(data, domain, domain.fit(dataset).spec, len(dataset.train), device)
    if words.recipe is not None:
        return RECIPES[words.recipe].make(situation).tree(), []
    name, why = choose(situation)
    return RECIPES[name].make(situation).tree(), [f"recipe {why}"]


def _laid_over(tree: Tree, words: Words) -> Tree:
    for assignment in words.settings:
        if not _of_the_domain(assignment):
            tree = override(tree, assignment)
    if words.samples is not None or words.minutes is not None:
        budget = {"samples": words.samples, "minutes": words.minutes}
        tree = {**tree, "budget": {key: value for key, value in budget.items() if value is not None}}
    if words.until is not None:
        tree = merge(tree, {"health": {**tree.get("health", {}), "until": words.until}})
    return tree if words.seed is None else merge(tree, {"seed": words.seed})


def _shortages(run: Run, dataset: Dataset) -> list[str]:
    count = len(dataset.train)
    lines = []
    if not dataset.train.endless and count < run.batch:
        lines.append(f"only {count} to train on, fewer than a batch of {run.batch}: batches repeat them")
    if dataset.skipped:
        shown = "; ".join(f"{each.name}: {each.reason}" for each in dataset.skipped[:3])
        more = f"; and {len(dataset.skipped) - 3} more" if len(dataset.skipped) > 3 else ""
        lines.append(f"left out {len(dataset.skipped)} (--strict to stop): {shown}{more}")
    return lines


def _default_folder(run: Run) -> Path:
    return Path("runs") / f"{called(run.data.removeprefix(_URI)) or 'data'}-{run.recipe}"


HOW = {"budget", "previews", "checkpoints", "keep", "health", "shard_optimiser"}
"""Settings that change nothing of what is learnt from a step."""
BRINGING = {"cache_bytes", "workers", "retries"}


def _settle(run: Run, folder: RunFolder) -> None:
    """Write run.toml, or compare with the one that is there: a run directory holds one run, once it has begun."""
    if not folder.settings.exists() or not Checkpoints(folder.checkpoints).paths():
        write_atomic(folder.settings, run.toml())
        return
    before = Run.from_tree(read_toml(folder.settings), str(folder.settings))
    if before == run:
        return
    changed = _differences(before.tree(), run.tree())
    if set(changed) <= HOW:
        write_atomic(folder.settings, run.toml())
        return
    name = changed[0]
    raise ConfigError(
        f"{folder.path} holds another run: {name} was {_short(before.tree().get(name))}, now "
        f"{_short(run.tree().get(name))}; choose another --run, or give the settings it began with"
    )


def _differences(before: Tree, now: Tree) -> list[str]:
    return [name for name in Run.model_fields if _what(name, before.get(name)) != _what(name, now.get(name))]


def _what(name: str, value: Any) -> Any:
    """A setting without what is only about how the data is brought here."""
    return {key: each for key, each in value.items() if key not in BRINGING} if name == "domain" else value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _quarantine(dataset: Dataset, folder: RunFolder) -> None:
    """The whole list of what was left out, beside the run; none when nothing was."""
    path = folder.path / "quarantine.tsv"
    if dataset.skipped or path.exists():
        write_atomic(path, "".join(f"{each.name}\t{each.reason}\n" for each in dataset.skipped))
