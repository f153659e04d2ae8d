"""Sharing through the Hugging Face Hub: what is pushed is written for it, what is pulled is checked like any model."""

import json
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..domains.medical.window import FACTS
from ..extras import library
from ..loading import LARGEST_PAGE
from ..model import Model, load
from ..settings import CheckpointError, ConfigError, printable
from ..training.artefact import PAGE, WEIGHTS
from ..training.folder import write_atomic
from . import folder as folders

WHY = "push and pull"
LARGEST = {WEIGHTS: 5 << 30, folders.CARD: 1 << 20}
"""Bytes of a file that is fetched; pages have the limit that loading has."""
_NEEDED = (WEIGHTS, PAGE)


def push(run: str | Path, repository: str, public: bool = False, release: bool = False) -> str:
    """Write a run's model as a folder and upload it to `user/name`. Returns its address.

    A new repository is private unless it shall be public. `release` says that what a private run promises was read.
    Raises ConfigError when the run must not leave, or the hub refuses; CheckpointError for a run without a model.
    """
    hub = library("huggingface_hub", WHY, "hub")
    named(repository)
    model = load(run)
    refuse_private(model, Path(run), release)
    with TemporaryDirectory() as place:
        written = folders.write(model, Path(place) / "model")
        try:
            client = _client(hub)
            address = client.create_repo(repository, private=not public, exist_ok=True)
            client.upload_folder(
                repo_id=repository, folder_path=written, allow_patterns=list(folders.FILES),
                commit_message=f"{model.run.recipe}, {model.samples:,} samples seen",
            )  # fmt: skip
        except Exception as error:  # the library and its transport raise classes of their own
            raise _refused(f"{repository} cannot be pushed", error) from error
    return str(address)


def pull(repository: str, target: Path) -> Path:
    """Fetch a model from `user/name` into a new folder. Returns it.

    Only the files that a model has are fetched, each up to a size; the folder appears once the model in it was checked.
    Raises ConfigError when that cannot be done, CheckpointError for what is no model of ours.
    """
    hub = library("huggingface_hub", WHY, "hub")
    named(repository)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ConfigError(f"{target}: wanted a new or empty folder to pull into, something is there; choose another")
    try:
        offered = {each.rfilename for each in _client(hub).model_info(repository).siblings or ()}
    except Exception as error:  # the library and its transport raise classes of their own
        raise _refused(f"{repository} cannot be pulled", error) from error
    if lacking := [name for name in _NEEDED if name not in offered]:
        raise CheckpointError(f"{repository}: has no {lacking[0]}, so it is no ganworks model; choose another")
    with TemporaryDirectory() as place:
        staged = Path(place)
        for name in (each for each in folders.FILES if each in offered):
            _fetch(hub, repository, name, staged / name)
        load(staged)
        target.mkdir(parents=True, exist_ok=True)
        for name in sorted(folders.FILES, key=lambda name: name == PAGE):  # the page last: without it there is no model
            if (staged / name).exists():
                write_atomic(target / name, (staged / name).read_bytes())
    return target


def named(repository: str) -> None:
    """Raises ConfigError unless that is `user/name`."""
    part = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}"
    if not re.fullmatch(f"{part}/{part}", repository) or ".." in repository or "--" in repository:
        raise ConfigError(f"a repository is written user/name, got '{printable(repository)[:100]}'")


def refuse_private(model: Model, run: Path, release: bool) -> None:
    """Raises ConfigError for a run on private records that nobody released, and for one whose audit raised an alarm."""
    if release:
        return
    if model.privacy is not None or model.run.private is not None:
        page = model.privacy or {}
        promise = f"epsilon={page.get('epsilon', '?')}, delta={page.get('delta', '?')}"
        raise ConfigError(
            f"{run} was trained on private records and promises {promise}, for its model alone; if that may be "
            "published, push it with --release"
        )
    audit = run / "audit.json"
    if audit.is_file():
        try:
            found: Any = json.loads(audit.read_bytes())
            alarms = [each["line"] for each in found.get("findings", []) if each.get("level") == "alarm"]
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            alarms = ["audit.json cannot be read"]
        if alarms:
            line = printable(str(alarms[0]))[:200]
            raise ConfigError(f"{run} gives away training records ({line}); if it may be published, use --release")


def _client(hub: Any) -> Any:
    """The hub that HF_ENDPOINT names, or the public one."""
    return hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="ganworks")


def _fetch(hub: Any, repository: str, name: str, target: Path) -> None:
    """One file, its bytes counted as they come."""
    most = LARGEST.get(name, LARGEST_PAGE if name in (PAGE, folders.EVALUATION, FACTS) else 1 << 20)
    address = hub.hf_hub_url(repository, name, endpoint=_client(hub).endpoint)
    count = 0
    try:
        headers = hub.utils.build_hf_headers(library_name="ganworks")
        with hub.get_session().stream("GET", address, headers=headers, follow_redirects=True) as answer:
            answer.raise_for_status()
            with target.open("wb") as file:
                for piece in answer.iter_bytes(1 << 16):
                    count += len(piece)
                    if count > most:
                        break
                    file.write(piece)
    except Exception as error:  # the library and its transport raise classes of their own
        raise _refused(f"{repository}/{name} cannot be fetched", error) from error
    if count > most:
        raise CheckpointError(f"{repository}/{name}: larger than {most:,} bytes, no model has that; choose another")


def _refused(what: str, error: Exception) -> ConfigError:
    line = printable((str(error).splitlines() or [type(error).__name__])[0])[:200]
    return ConfigError(f"{what}: {line}; check the name, the network, and `hf auth login`")
