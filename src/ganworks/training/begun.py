"""Begun: what a run takes over from another run's players before its first step. That is fine-tuning, not resuming."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn

from ..domains import Codec
from ..domains.base import Notify
from ..domains.image import Pictures
from ..settings import CheckpointError, ConfigError, Tree, read_toml
from ..spec import Spec
from . import artefact
from .checkpoint import MANIFEST, Checkpoint, Checkpoints
from .run import Begun, Run
from .session import Session


class Origin(NamedTuple):
    """A run that another begins from."""

    begun: Begun
    run: Run
    codec: Codec

    def tree(self) -> Tree:
        """Its settings, for a run on other data that is read alike; seed and origin are the new run's own."""
        tree = {key: value for key, value in self.run.tree().items() if key not in ("seed", "begun_from")}
        codec, domain = self.codec, dict(tree["domain"])
        if domain["name"] == "image" and isinstance(codec, Pictures):
            # What the old data decided is a setting now, or the new data might decide otherwise.
            domain["size"] = [codec.height, codec.width]
            if domain.get("stack", 1) == 1:
                domain["channels"] = codec.channels
        return {**tree, "domain": domain}

    def check(self, run: Run, spec: Spec) -> None:
        """Raises ConfigError in one line where a run cannot begin from this one."""
        mine, before = run.generator.tree(), self.run.generator.tree()
        for name in sorted(before | mine, key=lambda each: each != "name"):
            if mine.get(name) != before.get(name):
                raise ConfigError(
                    f"{self.begun.run} has generator.{name}={before.get(name)}, this run has {mine.get(name)}; leave "
                    "--recipe out to take all from there, or begin afresh without --from"
                )
        if spec.shape != self.codec.spec.shape:
            raise ConfigError(
                f"{self.begun.run} draws samples of shape {self.codec.spec.shape}, this run would draw {spec.shape}; "
                "have the data read alike (domain.size, domain.channels), or begin afresh without --from"
            )


def origin(place: str | Path, notify: Notify = lambda line: None) -> Origin:
    """The run in a directory, by its newest whole checkpoint.

    Raises CheckpointError in one line when there is no run or no whole checkpoint, ConfigError for broken settings.
    """
    path = Path(place).resolve()
    settings = path / "run.toml"
    if not settings.exists():
        found = "that is a model alone" if (path / artefact.PAGE).exists() else "there is none"
        raise CheckpointError(f"{path}: wanted a run's directory to begin from, {found}; name one that holds run.toml")
    run = Run.from_tree(read_toml(settings), str(settings))
    saved = Checkpoints(path / "checkpoints", notify=notify).latest()
    if saved is None:
        raise CheckpointError(
            f"{path}: no checkpoint here is whole to begin from; train it with --run {path}, or name another run"
        )
    if not (path / "model" / artefact.PAGE).exists():
        notify(f"{path} is not finished: its newest checkpoint, of {saved.samples:,} samples, is begun from")
    begun = Begun(run=str(path), checkpoint=saved.path.name, sha256=_seal(saved.path))
    return Origin(begun, run, artefact.codec_of(run, saved.values["codec"]))


def take(session: Session, notify: Notify) -> None:
    """Give a new session's players the weights that its run begins from, where names and shapes are theirs; all the
    rest stays fresh: moments, clock, schedules, seed.

    Raises CheckpointError in one line when the checkpoint is gone or is another one.
    """
    begun = session.run.begun_from
    assert begun is not None
    saved = _checkpoint(begun)
    fresh: list[str] = []
    count = 0
    for name, player in session.game.players().items():
        state = saved.parts.get(name, {})
        weights = _under("network.", state)
        missing = _copy(player.network, weights)
        if player.average is not None:
            _copy(player.average, _under("average.", state) or weights)
        elif averaged := _under("average.", state):
            _copy(player.network, averaged)  # it samples from the network itself
        fresh += [f"{name}.{each}" for each in missing]
        count += len(player.network.state_dict())
    shown = f"; fresh: {', '.join(fresh[:3])}{', ...' * (len(fresh) > 3)}" if fresh else ""
    notify(
        f"begun from {begun.run} ({count - len(fresh)} weights of {count}); this is fine-tuning, not resuming{shown}"
    )


def _checkpoint(begun: Begun) -> Checkpoint:
    path = Path(begun.run) / "checkpoints" / begun.checkpoint
    try:
        if _seal(path) == begun.sha256:
            return Checkpoints.load(path)
        why = "holds another checkpoint now"
    except (OSError, CheckpointError):
        why = "is gone or damaged"
    raise CheckpointError(
        f"{path}, which this run begins from, {why}; put it back, or begin another --run from what is there"
    )


def _seal(path: Path) -> str:
    """Of the manifest, which seals the checkpoint's other files."""
    return hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest()


def _under(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _copy(network: nn.Module, weights: Mapping[str, Tensor]) -> list[str]:
    """Take over what fits by name and shape. Returns the names of what did not."""
    own = network.state_dict()
    fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
    network.load_state_dict(fitting, strict=False)
    return [name for name in own if name not in fitting]
