"""What can be wrong with pictures that become pictures: their sizes, and inputs that say too little about targets."""

from collections import defaultdict

from ..domains import Codec, Dataset
from ..domains.translations import Translations
from ..metrics.pictures import psnr
from . import pictures
from .findings import Findings, Shown, share
from .sample import Looked

SHOWN = 12
FLIP = "domain.flip=true"


def examine(findings: Findings, dataset: Dataset, codec: Codec, looked: Looked) -> None:
    """The targets as pictures, and what they are made from beside them."""
    assert isinstance(codec, Translations) and looked.c is not None
    _sizes(findings, codec)
    channels = codec.output.channels  # of both directions at once, the first
    targets = looked._replace(x=looked.x[:, :channels])
    if codec.paired:
        _pairs(findings, codec, targets)
    pictures.examine(findings, dataset, codec.output, targets, FLIP)
    rows = slice(0, SHOWN)
    if codec.output.channels == codec.target.channels:
        findings.shown.append(Shown("inputs", codec.preview(codec.shown(looked.c[rows]), columns=SHOWN)))


def _sizes(findings: Findings, codec: Translations) -> None:
    given = codec.spec.condition
    assert given is not None
    came, wanted = (" x ".join(map(str, each.shape)) for each in (given, codec.spec))
    larger = f", {codec.scale} times as large" if codec.scale > 1 else ""
    findings.add("sizes", "good", f"inputs of {came} become {wanted} (channels x height x width){larger}")


def _pairs(findings: Findings, codec: Translations, looked: Looked) -> None:
    """Pairs that teach nothing, or that contradict each other."""
    assert looked.c is not None
    x, c = looked.x.float(), looked.c.float()
    alike = x.shape == c.shape
    if alike and (same := int((x == c).flatten(1).all(1).sum())):
        line = f"{share(same, len(x))} targets are equal to their inputs: there is nothing to learn from them"
        findings.add("pairs", "warning" if 20 * same > len(x) else "note", line)
    targets: dict[bytes, set[bytes]] = defaultdict(set)
    for given, wanted in zip(c.numpy(), x.numpy(), strict=True):
        targets[given.tobytes()].add(wanted.tobytes())
    if several := sum(len(each) > 1 for each in targets.values()):
        line = (
            f"{several:,} inputs have several targets: outputs will be something between them; give more in the input"
        )
        findings.add("pairs", "warning" if 20 * several > len(targets) else "note", line)
    else:
        findings.add("pairs", "good", f"{len(x):,} pairs, no input with two targets")
    if alike:
        unit = ((each.clamp(-1, 1) + 1) / 2 for each in (x, c))
        decibels = psnr(*unit, most=100).mean
        findings.add(
            "distance", "good", f"inputs are {decibels:.1f} dB from their targets (PSNR): what copying is worth"
        )
