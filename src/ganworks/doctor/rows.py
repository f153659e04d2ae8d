"""What can be wrong with records of any kind: copies, and values that never change."""

from ..domains import Codec, Dataset
from .findings import Findings, Shown, share
from .sample import Looked


def examine(findings: Findings, dataset: Dataset, codec: Codec, looked: Looked) -> None:
    flat = looked.x.float().flatten(1)
    copies = len(flat) - len({each.tobytes() for each in flat.numpy()})
    if copies:
        findings.add("copies", "note", f"{share(copies, len(flat))} records are exact copies of others")
    else:
        findings.add("copies", "good", f"no exact copies among {len(flat):,} records")
    constant = [str(i) for i, each in enumerate(flat.T) if bool((each == each[0]).all())]
    if len(constant) == flat.shape[1]:
        findings.add("constant values", "warning", "all records are the same one: there is nothing to learn")
    elif constant and not codec.spec.axes:
        line = f"values {', '.join(constant[:8])} never change: a generator learns nothing from them; leave them out"
        findings.add("constant values", "warning", line)
    low, high = float(flat.amin()), float(flat.amax())
    findings.add("range", "good", f"encoded values lie in {low:.3g} to {high:.3g}, deviation {float(flat.std()):.3g}")
    findings.shown.append(Shown("records", codec.preview(codec.decode(looked.x[: codec.preview_count]))))
