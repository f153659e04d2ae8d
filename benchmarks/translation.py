"""Pictures from pictures: every task trained for so many minutes of one core, and judged beside its baselines.

    python benchmarks/translation.py --photos photos --pairs facades --unpaired summer2winter --minutes 10
    python benchmarks/translation.py --photos photos --only denoise inpaint-thin

Photographs are read at 64 pixels a side and split by content; 200 held-out ones at most are scored. `pix2pix-alone` is
the same network without a discriminator. `recoloured` is a pair of toy collections whose mapping is known, so that the
mapping which was found can be measured. What is done already is not done again: remove the folder of a task for that.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

import ganworks
from budget import planned
from ganworks.domains.paired import toys
from ganworks.evaluation.subject import load
from ganworks.training import sampling
from ganworks.training.feed import held

SMALL = ("domain.size=[64,64]",)


class Task(NamedTuple):
    recipe: str
    data: str
    """Which of the data folders."""
    settings: tuple[str, ...] = SMALL
    trial: int = 1_600


def _photos(recipe: str, *settings: str) -> Task:
    return Task(recipe, "photos", (*SMALL, *settings))


_FACADES = (*SMALL, "domain.direction=BtoA")
TASKS = {
    "super-resolution-x2": _photos("super-resolution-x2"),
    "denoise": _photos("denoise"),
    "deblur": _photos("deblur", "domain.steps.0.sigma=1.6"),
    "jpeg": _photos("jpeg-repair"),
    "inpaint-thin": _photos("inpaint", "domain.preset=inpaint-thin"),
    "inpaint-wide": _photos("inpaint", "domain.preset=inpaint-wide"),
    "pix2pix": Task("pix2pix", "pairs", _FACADES, 400),
    "pix2pix-alone": Task("pix2pix", "pairs", (*_FACADES, "adversarial=0"), 400),
    "cut": Task("cut", "unpaired", SMALL, 200),
    "cyclegan": Task("cyclegan", "unpaired", SMALL, 200),
    "recoloured-cut": Task("cut", "recoloured", (), 400),
    "recoloured-cyclegan": Task("cyclegan", "recoloured", (), 400),
}


def done(name: str, task: Task, data: str, minutes: float, seed: int, folder: Path) -> Path:
    """The finished run of a task."""
    run = folder / f"{name}-{minutes:g}-seed{seed}"
    if (run / "evaluation.json").exists() or (run / "recovered.json").exists():
        return run
    samples = planned(data, task.recipe, minutes, task.trial, task.settings, seed)
    print(f"{name}: {samples:,} samples are {minutes:g} minutes of one core", flush=True)
    begun = time.process_time()
    ganworks.train(data, recipe=task.recipe, samples=samples, seed=seed, run=run, settings=task.settings)
    print(f"{name}: took {(time.process_time() - begun) / 60:.1f} CPU-minutes", flush=True)
    if task.data == "recoloured":
        (run / "recovered.json").write_text(json.dumps(recovered(run)), encoding="utf-8")
    else:
        ganworks.evaluate(run)
    return run


def recovered(run: Path) -> dict[str, Any]:
    """How much of the known mapping a translator found, beside copying the input."""
    subject = load(run)
    source = subject.dataset.validation
    batch = held(source, source.spread(200), subject.codec)
    assert batch.c is not None
    channels = subject.codec.output.spec.channels
    outputs = torch.cat(list(sampling.translate(subject.model.network, subject.codec, batch.c)))
    # A cycle has both ways side by side; the first is what is looked at.
    inputs, drawn = (subject.codec.output.decode(each[:, :channels]) for each in (batch.c, outputs))
    found = {"model": toys.recovered(inputs, drawn), "copy-input": toys.recovered(inputs, inputs)}
    return {name: each._asdict() for name, each in found.items()}


def told(name: str, run: Path) -> None:
    print(f"\n{name} ({run})")
    if (run / "recovered.json").exists():
        print(f"  {json.loads((run / 'recovered.json').read_text(encoding='utf-8'))}")
        return
    page = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    table = page["translated"]
    print("  " + " " * 20 + "".join(f"{column['label']:>24}" for column in table["columns"]))
    for row in table["rows"]:
        found = [row["values"].get(column["name"], {}).get("value") for column in table["columns"]]
        cells = ["-" if value is None else f"{value:.4g}" for value in found]
        print(f"  {row['name']:20}" + "".join(f"{cell:>24}" for cell in cells))
    for finding in page["findings"]:
        print("  " + " ".join(str(part) for part in finding.values()))


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", help="a folder of photographs")
    parser.add_argument("--pairs", help="pairs with the photograph on the left, such as facades")
    parser.add_argument("--unpaired", help="trainA and trainB")
    parser.add_argument("--minutes", type=float, default=30, help="of one core, for each task")
    parser.add_argument("--only", nargs="+", choices=TASKS, metavar="TASK", help=f"of {', '.join(TASKS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark-translation"), help="where runs are kept")
    given = parser.parse_args(words)
    torch.set_num_threads(1)
    folders = {"photos": given.photos, "pairs": given.pairs, "unpaired": given.unpaired, "recoloured": "recoloured"}
    for name in given.only or TASKS:
        task = TASKS[name]
        data = folders[task.data]
        if data is None:
            print(f"{name}: left out, it needs --{task.data}")
            continue
        told(name, done(name, task, data, given.minutes, given.seed, given.out))


if __name__ == "__main__":
    main()
