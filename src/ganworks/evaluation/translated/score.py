"""Scores of a model that makes pictures from pictures, beside its pixel stage and what needs no learning."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ...domains import Source
from ...domains.base import Indices, Raw
from ...domains.translations import Translations
from ...metrics.features import Extractor
from ...metrics.features.backbones import Backbone
from ...metrics.frechet import frechet_distance
from ...metrics.pictures import Measured
from ...settings import ConfigError, DataError
from ...training import sampling
from ...training.feed import held
from ..subject import Notify
from ..views import encoded, rows_of
from . import measures
from .baselines import Baseline, baselines_for, fills_holes
from .measures import Sides, Style
from .resample import Estimate, estimate

PART = 16
"""Pictures that are restored and measured at once."""
TUNING = 16
"""Validation pictures on which a baseline's number is chosen."""
SHOWN = 8
Kind = Literal["model", "stage", "baseline"]
Draw = Callable[[Tensor], Tensor]
"""Inputs c (B, C, H, W) -> samples (B, C', H', W'), composed as a user gets them."""


class Row(NamedTuple):
    """One method and its numbers."""

    name: str
    kind: Kind
    line: str
    values: Mapping[str, Estimate]
    pictures: Mapping[str, Tensor]
    """The numbers of each picture, (N,)."""
    features: Tensor
    """Of its outputs, (N, F)."""
    shown: Raw
    """The first few outputs, (SHOWN or fewer, H, W, C)."""

    def value(self, name: str) -> float | None:
        return self.values[name].value if name in self.values else None

    def less(self, other: "Row", name: str) -> Estimate:
        """By how much this one is above another, on the same pictures."""
        return estimate(self.pictures[name] - other.pictures[name])


class Scored(NamedTuple):
    """Every method on the same held-out pictures."""

    rows: Sequence[Row]
    protocols: Mapping[str, str]
    """How each number was taken."""
    inputs: Raw
    targets: Raw
    """The first few, as pictures of the target's kind (SHOWN or fewer, H, W, C)."""
    features: Tensor
    """Of the targets (N, F)."""
    notes: Sequence[str]
    left_out: Sequence[str] = ()
    """Baselines that could not be had here."""

    @property
    def model(self) -> Row:
        return self.rows[0]

    @property
    def stage(self) -> Row | None:
        return next((row for row in self.rows if row.kind == "stage"), None)

    @property
    def baselines(self) -> list[Row]:
        return [row for row in self.rows if row.kind == "baseline"]


class Method(NamedTuple):
    name: str
    kind: Kind
    line: str
    draw: Draw


def score(
    network: nn.Module,
    codec: Translations,
    source: Source,
    extractor: Extractor,
    backbone: Backbone | None,
    rows: Indices,
    *,
    stages: Mapping[str, nn.Module] = MappingProxyType({}),
    tuning: Source | None = None,
    paired: bool = True,
    picture: tuple[Backbone, Backbone] | None = None,
    notify: Notify = lambda line: None,
) -> Scored:
    """The network, its stages and what needs no learning on the records `rows` of a held-out source.

    `stages` are networks that the run kept on its way; baselines are tuned on `tuning`, on the held-out records
    themselves where that is empty, which a note says. Raises DataError when a number cannot be computed.
    """
    methods = [Method("model", "model", "the generator of this run", draws(network, codec))]
    for name, each in stages.items():
        line = f"the generator after its {name} stage"
        methods.append(Method(f"{name} stage", "stage", line, draws(each, codec)))
    missing: dict[str, list[str]] = {}
    for baseline, setting, trouble in tuned(codec, tuning or source, notify):
        if trouble is None:
            methods.append(_classical(baseline, setting, codec))
        else:
            missing.setdefault(trouble, []).append(baseline.name)
    notes = [f"left out: {', '.join(names)}; {trouble}" for trouble, names in missing.items()]
    if tuning is None or not len(tuning):
        notes.append("baselines were tuned on the held-out pictures themselves: the other split is empty")
    found = restored(methods, codec, source, extractor, backbone, rows, paired=paired, picture=picture, notify=notify)
    return found._replace(notes=notes, left_out=[name for names in missing.values() for name in names])


def restored(
    methods: Sequence[Method],
    codec: Translations,
    source: Source,
    extractor: Extractor,
    backbone: Backbone | None,
    rows: Indices,
    *,
    paired: bool = True,
    picture: tuple[Backbone, Backbone] | None = None,
    notify: Notify = lambda line: None,
) -> Scored:
    """Every method on the records `rows` of a source. Without pairs only sets are compared, by their features.

    `picture`: what sees style, and the picture whose style all outputs should have: then that and the content alone
    are measured. Raises DataError when a number cannot be computed.
    """
    piles = [_Pile() for _ in methods]
    inputs, wanted = _Pile(), _Pile()
    for start in range(0, len(rows), PART):
        batch = held(source, rows[start : start + PART], codec)
        assert batch.c is not None
        records = decoded(codec, batch.x)
        wanted.add({}, extractor(encoded(records, codec)), records)
        inputs.add({}, torch.empty(len(records), 0), _shown(codec, batch.c))
        sides = _sides(codec, batch.c, records, backbone) if paired or picture else None
        if sides and picture:
            sides = sides._replace(style=Style.of(*picture, batch.x))
        for method, pile in zip(methods, piles, strict=True):
            made = decoded(codec, method.draw(batch.c))
            found = measures.measured(sides._replace(output=measures.unit(made, codec.output))) if sides else {}
            # Frames of a clip are too alike to count as so many pictures.
            means = {
                name: each._replace(values=each.values.view(len(batch.x), -1).mean(1)) for name, each in found.items()
            }
            pile.add(means, extractor(encoded(made, codec)), made)
        notify(f"restored and scored {start + len(records):,} of {len(rows):,} pictures")
    real = wanted.features
    found_rows = [_row(method, pile, None if picture else real) for method, pile in zip(methods, piles, strict=True)]
    return Scored(found_rows, piles[0].protocols, inputs.records, wanted.records, real, ())


def draws(network: nn.Module, codec: Translations) -> Draw:
    """A network as it is used: what it draws for inputs, composed."""
    return lambda c: _drawn(network, codec, c)


def _classical(baseline: Baseline, setting: float, codec: Translations) -> Method:
    line = baseline.line + (f": {setting:g}" if baseline.choices else "")
    return Method(baseline.name, "baseline", line, lambda c: baseline.drawn(codec, singles(c), setting))


def tuned(
    codec: Translations, source: Source, notify: Notify = lambda line: None
) -> Iterator[tuple[Baseline, float, str | None]]:
    """Each baseline with its number, chosen on some records of a source, or why it cannot be had here."""
    rows = rows_of(source, TUNING, "validation")
    batch = held(source, rows, codec)
    assert batch.c is not None
    for baseline in baselines_for(codec):
        trouble = None
        setting = 0.0
        try:
            if baseline.choices:
                notify(f"tuning {baseline.name} on {len(rows)} pictures")
            setting = baseline.tuned(codec, singles(batch.c), singles(batch.x))
            baseline.drawn(codec, singles(batch.c[:1]), setting)
        except ConfigError as error:
            trouble = str(error)
        yield baseline, setting, trouble


def singles(x: Tensor) -> Tensor:
    """Clips (B, C, T, H, W) as their frames (B T, C, H, W); pictures as they are."""
    return x if x.ndim == 4 else x.movedim(2, 1).flatten(0, 1)


def decoded(codec: Translations, x: Tensor) -> Raw:
    """Samples as records of one picture each (N, H, W, C): of a pair translated both ways, the first; of clips, all."""
    return codec.output.decode(singles(x[:, : codec.output.channels]))


def targets(codec: Translations, source: Source, rows: Indices) -> Iterator[Tensor]:
    """Targets of records as an extractor sees them, PART at a time."""
    for start in range(0, len(rows), PART):
        yield encoded(decoded(codec, held(source, rows[start : start + PART], codec).x), codec)


def _shown(codec: Translations, c: Tensor) -> Raw:
    if codec.output.channels != codec.target.channels:
        return decoded(codec, c)
    return codec.shown(singles(c))


def _drawn(network: nn.Module, codec: Translations, c: Tensor) -> Tensor:
    drawn = torch.cat(list(sampling.translate(network, codec, c)))
    if not drawn.isfinite().all():
        raise DataError("outputs hold numbers that are not finite; the generator has diverged, judge an earlier one")
    return drawn


def _sides(codec: Translations, c: Tensor, targets: Raw, backbone: Backbone | None) -> Sides:
    """All that is measured with but the outputs."""
    mask = measures.holes_in(codec, singles(c)) if fills_holes(codec) else None
    target = measures.unit(targets, codec.output)
    crop = codec.scale if codec.scale > 1 else 0
    return Sides(target, target, mask, crop, backbone, measures.maps_of(backbone, target))


def _row(method: Method, pile: "_Pile", real: Tensor | None) -> Row:
    """With the distance of the sets where there are features of real pictures to be near to."""
    values = {measure: estimate(each) for measure, each in pile.numbers.items()}
    if real is not None and len(real) > 1:
        values["frechet"] = Estimate(frechet_distance(real, pile.features))
    return Row(*method[:3], values, pile.numbers, pile.features, pile.records)


class _Pile:
    """What is collected about a method, part by part."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[Tensor]] = {}
        self._features: list[Tensor] = []
        self._records: list[Raw] = []
        self.protocols: dict[str, str] = {}

    def add(self, found: Mapping[str, Measured], features: Tensor, records: Raw) -> None:
        for name, each in found.items():
            self._numbers.setdefault(name, []).append(each.values)
            self.protocols[name] = each.protocol
        self._features.append(features.float())
        if sum(map(len, self._records)) < SHOWN:
            self._records.append(records)

    @property
    def numbers(self) -> dict[str, Tensor]:
        return {name: torch.cat(each) for name, each in self._numbers.items()}

    @property
    def features(self) -> Tensor:
        return torch.cat(self._features)

    @property
    def records(self) -> Raw:
        return np.concatenate(self._records)[:SHOWN]
