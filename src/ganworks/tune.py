"""tune: many short runs of one recipe with its settings moved, and the best of them as a recipe. Needs Optuna."""

import math
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import __version__, launch
from .launch import Plan, Words
from .search import Space, moved, narrowed, space
from .settings import CheckpointError, ConfigError, DataError, TrainingError
from .training import journal
from .training.folder import write_atomic
from .training.run import Budget, Run
from .training.watch import Watch

KEPT = 3
"""Trials whose models stay on disk."""
LOCKED_SECONDS = 20
"""How long another process may hold the database before this one gives up."""


class Ranked(NamedTuple):
    number: int
    distance: float
    factors: dict[str, float]


class Tuned(NamedTuple):
    recipe: Path
    """A run.toml that `train --recipe` accepts."""
    ranking: list[Ranked]
    """The best first."""
    default: float | None
    """Distance of the recipe as it is."""
    plots: list[Path]


def plan(words: Words, search: tuple[str, ...] = (), watch: Watch | None = None) -> tuple[Plan, Space]:
    """The recipe that is tuned, and what of it is searched. Raises ConfigError or DataError."""
    found = launch.plan(words._replace(minutes=None, samples=None), watch)
    if not found.run.health.judgements:
        raise ConfigError("trials are compared by their judgements; give health.judgements above 0")
    return found, narrowed(space(found.run), search)


def tune(
    words: Words,
    trials: int,
    search: tuple[str, ...] = (),
    storage: str | None = None,
    study: str = "ganworks",
    watch: Watch | None = None,
) -> Tuned:
    """Train `trials` runs in all, each for words.minutes or words.samples, and keep the best recipe.

    The first is the recipe as it is. A study goes on where it stopped, in any process that names the same storage (an
    Optuna URL, by default SQLite in the folder). Trials that fall behind the others' median are given up.
    What is compared is the best distance to the validation split; test is not touched.

    Raises ConfigError without Optuna, without a budget, or when the study was made with other data, recipe or budget;
    CheckpointError when the database is locked or cannot be used.
    """
    if trials < 1 or (words.minutes is None) == (words.samples is None):
        raise ConfigError("give at least 1 trial, and minutes or samples for each, one of the two")
    optuna = _optuna()
    watch = watch or Watch()
    base, searched = plan(words, search, watch)
    folder = Path(words.folder) if words.folder else base.folder.with_name(f"{base.folder.name}-tune")
    folder.mkdir(parents=True, exist_ok=True)
    budget = Budget(minutes=words.minutes, samples=words.samples)
    with _told(optuna, storage or folder / "study.db"):
        opened = _open(optuna, folder, storage, study, base.run.seed)
        _refuse_another(opened, _facts(base, budget))
        if not opened.get_trials(deepcopy=False):
            opened.enqueue_trial(dict.fromkeys(searched, 1.0))
        ended = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)

        def one(trial: Any) -> float:
            factors = {
                path: trial.suggest_float(path, each.low, each.high, log=True) for path, each in searched.items()
            }
            return _trial(optuna, trial, base, budget, factors, folder / "trials" / f"{trial.number:04d}", watch)

        left = trials - sum(each.state in ended for each in opened.get_trials(deepcopy=False))
        if left > 0:
            stop = optuna.study.MaxTrialsCallback(trials, states=ended)
            tidy = lambda study, trial: _tidy(study, folder)  # noqa: E731  Optuna hands over the study, too
            opened.optimize(one, n_trials=2 * left + KEPT, callbacks=[stop, tidy], catch=(TrainingError, ConfigError))
        return _result(optuna, opened, base.run, folder)


class _Pruning(Watch):
    """Hands judgements to Optuna, and ends the run when it falls behind."""

    def __init__(self, optuna: Any, trial: Any, watch: Watch):
        self.optuna, self.trial, self.watch, self.count = optuna, trial, watch, 0

    def judged(self, samples: int, distance: float, verdict: str) -> None:
        self.count += 1
        if math.isfinite(distance):
            self.trial.report(distance, self.count)
        if self.trial.should_prune():
            raise self.optuna.TrialPruned


def _trial(
    optuna: Any, trial: Any, base: Plan, budget: Budget, factors: Mapping[str, float], folder: Path, watch: Watch
) -> float:
    """One run; its best distance. Raises TrainingError when it broke."""
    run = moved(base.run, factors)
    # What a remedy mends would be credited to settings that needed it.
    run = run.model_copy(update={"budget": budget, "health": run.health.model_copy(update={"remedies": 0})})
    shutil.rmtree(folder, ignore_errors=True)
    told = ", ".join(f"{path} x {factor:.2f}" for path, factor in factors.items() if factor != 1) or "as it is"
    watch.line(f"trial {trial.number}: {told}")
    try:
        launch.launch(Plan(run, base.dataset, folder, ()), _Pruning(optuna, trial, watch))
    finally:
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    judged = [entry for entry in journal.read(folder / "journal.jsonl") if entry["kind"] == "judged"]
    best = judged[-1].get("best") if judged else None
    if not isinstance(best, int | float):
        raise TrainingError(f"trial {trial.number} has no distance that is finite; its settings do not train")
    watch.line(f"trial {trial.number}: distance {best:.5g}")
    return float(best)


def _optuna() -> Any:
    try:
        import optuna  # noqa: PLC0415  optional
    except ImportError:
        raise ConfigError("tuning needs Optuna: pip install 'ganworks[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _open(optuna: Any, folder: Path, storage: str | None, study: str, seed: int) -> Any:
    options = {} if storage else {"engine_kwargs": {"connect_args": {"timeout": LOCKED_SECONDS}}}
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)  # heartbeats are all we use
    url = storage or f"sqlite:///{(folder / 'study.db').resolve()}"
    opened = optuna.storages.RDBStorage(url, heartbeat_interval=60, **options) if "://" in url else url
    pruner = optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=12)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=6, multivariate=True)
    return optuna.create_study(storage=opened, study_name=study, sampler=sampler, pruner=pruner, load_if_exists=True)


def _facts(base: Plan, budget: Budget) -> dict[str, Any]:
    """What has to agree for distances to be comparable."""
    run = base.run.model_copy(update={"budget": budget})
    tree = {key: value for key, value in run.tree().items() if key not in ("previews", "checkpoints", "keep", "device")}
    return {"fingerprint": base.dataset.fingerprint, "run": tree, "ganworks": __version__}


def _refuse_another(study: Any, facts: dict[str, Any]) -> None:
    before = study.user_attrs
    if not before:
        for name, value in facts.items():
            study.set_user_attr(name, value)
        return
    if before.get("fingerprint") != facts["fingerprint"]:
        raise DataError(f"the study '{study.study_name}' was made with other data; choose another --run or --study")
    was, now = before.get("run", {}), facts["run"]
    if changed := [name for name in {**was, **now} if was.get(name) != now.get(name)]:
        raise ConfigError(
            f"the study '{study.study_name}' was made with another {changed[0]}; give the words it began with, or "
            "choose another --run or --study"
        )


@contextmanager
def _told(optuna: Any, where: object) -> Iterator[None]:
    """One line for what a database may do."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  comes with Optuna

    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        cause = str(error.__cause__ or error).splitlines()[0]
        locked = "locked" in cause.lower()
        advice = "another process holds it; end that, or try again later" if locked else "choose another --storage"
        raise CheckpointError(f"the study at {where} cannot be used: {cause}; {advice}; nothing was lost") from None


def _ranking(optuna: Any, study: Any) -> list[Ranked]:
    complete = [each for each in study.get_trials(deepcopy=False) if each.state == optuna.trial.TrialState.COMPLETE]
    return [
        Ranked(each.number, each.value, dict(each.params)) for each in sorted(complete, key=lambda each: each.value)
    ]


def _tidy(study: Any, folder: Path) -> None:
    """Only the best trials keep their models; every trial keeps its journal, settings and pictures."""
    complete = sorted(
        (each for each in study.get_trials(deepcopy=False) if each.value is not None), key=lambda each: each.value
    )
    best = {f"{each.number:04d}" for each in complete[:KEPT]}
    for place in (folder / "trials").glob("*"):
        if place.name not in best:
            shutil.rmtree(place / "model", ignore_errors=True)


def _result(optuna: Any, study: Any, base: Run, folder: Path) -> Tuned:
    ranking = _ranking(optuna, study)
    if not ranking:
        raise TrainingError("no trial came to an end: every one broke or was given up; give more trials or minutes")
    best = moved(base, ranking[0].factors)
    path = folder / "best.toml"
    write_atomic(path, best.model_copy(update={"recipe": f"{base.recipe.removesuffix('-tuned')}-tuned"}).toml())
    default = next((each.distance for each in ranking if each.number == 0), None)
    return Tuned(path, ranking, default, _plots(optuna, study, ranking, folder))


def _plots(optuna: Any, study: Any, ranking: list[Ranked], folder: Path) -> list[Path]:
    """history.svg, and importance.svg where there are trials enough to tell."""
    from matplotlib.figure import Figure  # noqa: PLC0415  a second to import

    figure = Figure(figsize=(7, 3), layout="constrained")
    axis = figure.subplots()
    ordered = sorted(ranking)
    best = [min(each.distance for each in ordered[: i + 1]) for i in range(len(ordered))]
    numbers = [each.number for each in ordered]
    axis.plot(numbers, [each.distance for each in ordered], "o", color="#1f6f8b", label="trial")
    axis.step(numbers, best, where="post", color="#d1603d", label="best so far")
    axis.set(xlabel="trial", ylabel="distance to validation data", yscale="log" if min(best) > 0 else "linear")
    axis.legend(frameon=False)
    figure.savefig(folder / "history.svg")
    if len(ranking) < 4:
        return [folder / "history.svg"]
    shares = optuna.importance.get_param_importances(study)
    figure = Figure(figsize=(7, 0.6 + 0.35 * len(shares)), layout="constrained")
    axis = figure.subplots()
    axis.barh(list(shares)[::-1], list(shares.values())[::-1], color="#1f6f8b")
    axis.set_xlabel("share of the distance's variation that the setting explains")
    figure.savefig(folder / "importance.svg")
    return [folder / "importance.svg", folder / "history.svg"]
