"""What the page says in words: the headline, the cards, and what every metric means."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .gather import Found, number

GLOSSARY = {
    "frechet": "Distance between bell curves fitted to real and generated features. Grows when samples look wrong, "
    "vary too little, or come in the wrong proportions. Compare only within one extractor and count.",
    "kernel": "Another distance between the two sets, without a bias from the count; may be slightly negative.",
    "sliced": "What it costs to move one set onto the other, along random directions.",
    "precision": "Share of generated samples that lie where real ones do.",
    "recall": "Share of real samples that lie where generated ones do.",
    "density": "How deep among real samples the generated ones lie; 1 is what real ones reach.",
    "coverage": "Share of real samples with a generated one nearby; drops when modes are missing.",
    "two-sample": "How often a freshly trained classifier tells generated from real on samples it has not seen.",
    "diversity": "Mean distance between generated samples over that between real ones; below 0.5 is a warning.",
    "ms-ssim": "Likeness of random pairs; above the floor, samples resemble each other more than real ones do.",
    "ndb": "Share of clusters of the data that are over- or under-represented beyond chance.",
    "support": "A guess at how many different samples there are, from how often two are nearly alike.",
    "copied": "Share nearer to a training record than all but the nearest 1 % of held-out records are.",
    "authenticity": "Share farther from their nearest training record than that record is from its own neighbour.",
    "copying": "A statistic of distances to training: far below 0 copying, far above 0 underfitting.",
    "likelihood": "How unlikely held-out records are under narrow bells around the samples; punishes copies, too.",
    "likelihood-gap": "Training minus held-out; strongly negative when training records were memorised.",
    "psnr": "How small the squared error of pixels is, in decibels; 1 dB less is a quarter more squared error.",
    "psnr-y": "The same of brightness alone, as papers on enlarging report it.",
    "ssim": "Likeness of local brightness, contrast and structure; 1 is equal.",
    "l1": "Mean difference of pixels, as a share of the full range.",
    "hole-psnr": "The same error inside the holes alone: known pixels are handed back as they were.",
    "features": "How different output and target are to a network, relative to the target; sees blur.",
    "spectrum": "Missing or invented texture, wherever exactly it lies.",
    "classifier-score": "High when the classifier is sure of each sample and finds all classes.",
    "classes": "Classes of the extractor's classifier that at least one sample falls into.",
    "classes-kl": "How far the shares of the classes are from those of held-out records.",
}
ASKED = {
    "closeness": "Close?", "coverage": "Complete?", "copying": "Copied?", "classes": "Even?",
    "asked": "As asked?", "codes": "Codes?", "baselines": "Worth learning?", "stages": "Worth its cost?",
    "table": "Usable?", "series": "In time?", "grid": "Playable?", "privacy": "Private?",
}  # fmt: skip
MACHINE = ("device", "name", "processor", "threads", "python", "torch", "cuda", "platform", "ganworks")


class Headline(NamedTuple):
    title: str
    verdict: str
    reason: str
    statement: str


def headline(found: Found) -> Headline:
    """The recipe, the data, the last verdict, and what the evidence amounts to in one paragraph."""
    entries = found.of("verdict") or found.of("judged")
    last = entries[-1] if entries else {}
    verdict, reason = str(last.get("verdict", "not judged")), str(last.get("reason", ""))
    title = f"{found.run.get('recipe', '?')} on {found.run.get('data', '?')}"
    return Headline(title, verdict, reason, _statement(found))


def _statement(found: Found) -> str:
    state = "finished" if found.finished else "not finished"
    trained = f"This run is {state}; its generator has seen {found.samples:,} samples."
    if found.evaluation is None:
        return f"{trained} It has not been evaluated, so nothing is claimed about closeness, coverage or copying."
    judged = found.evaluation.get("run", {}).get("samples")
    protocol = found.evaluation.get("protocol", {})
    sure = (
        f"Each number is the mean of {protocol.get('repeats', '?')} sets of {number(protocol.get('count')):,.0f} "
        f"samples drawn anew, with a {number(protocol.get('confidence')):.0%} interval, of one training run."
    )
    if found.evaluation.get("translated"):
        sure = (
            f"Each number is the mean over {number(protocol.get('count')):,.0f} held-out pictures, with a "
            f"{number(protocol.get('confidence')):.0%} interval over pictures, of one training run."
        )
    stale = ""
    if isinstance(judged, int) and judged != found.samples and not _is_best(found, judged):
        stale = f" The evaluation is of the state at {judged:,} samples; evaluate again for the present one."
    return f"{trained} {sure}{stale}"


def _is_best(found: Found, samples: int) -> bool:
    """Whether the model that was shipped is of that moment: the best one need not be the last."""
    return any(entry.get("best_samples") == samples for entry in found.of("verdict"))


def findings(evaluation: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was found, each with the question it answers."""
    found = evaluation.get("findings") or []
    return [
        {"asked": ASKED.get(each.get("kind"), ""), "level": each.get("level"), "line": each["line"]} for each in found
    ]


def rows(evaluation: Mapping[str, Any]) -> list[dict[str, str]]:
    """The metric table, a row a metric, as text."""
    table = []
    for row in evaluation.get("metrics") or []:
        between = "" if row.get("low") is None else f"{told(row['low'])} to {told(row['high'])}"
        aim = {"lower": "lower is better", "higher": "higher is better"}.get(str(row.get("better")), "")
        if row.get("better") == "near" and row.get("ideal") is not None:
            aim = f"best near {row['ideal']:g}"
        name, note = str(row.get("name")), str(row.get("note", ""))
        meaning = GLOSSARY.get(name, note)
        if evaluation.get("translated") and note and meaning != note:
            meaning += f" Taken as: {note}."
        table.append({
            "label": str(row.get("label", row.get("name"))), "value": told(row.get("value")), "between": between,
            "floor": told(row.get("floor")), "copycat": told(row.get("copycat")), "aim": aim,
            "meaning": meaning,
        })  # fmt: skip
    return table


def methods(evaluation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The table of a model beside what needs no learning, as text; None where there is none."""
    found = evaluation.get("translated")
    if not isinstance(found, Mapping):
        return None
    columns, rows = found.get("columns") or [], found.get("rows") or []
    table = []
    for row in rows:
        held = [(row.get("values") or {}).get(each.get("name")) or {} for each in columns]
        values = [told(each.get("value")) for each in held]
        table.append({"name": str(row.get("name")), "line": str(row.get("line", "")), "values": values})
    return {
        "columns": [f"{each.get('label')} {'↑' if each.get('better') == 'higher' else '↓'}" for each in columns],
        "rows": table,
        "sides": ", ".join(map(str, (found.get("sheet") or {}).get("columns") or [])),
    }


def protocol(evaluation: Mapping[str, Any]) -> str:
    """One sentence that somebody else could repeat the numbers from."""
    given = evaluation.get("protocol", {})
    extractor = given.get("extractor", {})
    features = (
        f"Features: {extractor.get('name', '?')} (SHA-256 {str(extractor.get('sha256', '?'))[:16]}..., "
        f"{extractor.get('licence', 'licence unknown')})."
    )
    if evaluation.get("translated"):
        return (
            f"{features} {number(given.get('count')):,.0f} pictures; reference: {given.get('reference', '?')}; feature "
            f"distance by {given.get('backbone', '?')}. The floor is what training targets have against held-out ones."
        )
    return (
        f"{features} {number(given.get('count')):,.0f} samples in every set; "
        f"reference: {given.get('reference', '?')}; seeds {_list(given.get('seeds'))}; "
        f"resize: {given.get('resize', '?')}. The floor is real data against real data, the copycat is training data "
        "passed off as generated: its distance "
        "is as good as the floor's and its signs of copying are what copying looks like."
    )


def data_card(found: Found) -> dict[str, str]:
    evaluation = (found.evaluation or {}).get("run", {})
    domain = found.run.get("domain")
    card = {
        "data": str(found.run.get("data", "?")),
        "read as": str(domain.get("name", "?")) if isinstance(domain, Mapping) else "?",
        "left out": f"{len(found.skipped):,} records" if found.skipped else "nothing",
        "licence": "not known to ganworks; whoever owns the data states it",
    }
    if evaluation.get("fingerprint"):
        card["fingerprint"] = str(evaluation["fingerprint"])
    return card


def model_card(found: Found) -> dict[str, str]:
    model, run = found.model or {}, found.run
    card = {
        "generator": _spelled(run.get("generator")),
        "discriminator": _spelled(run.get("discriminator")),
        "objective": _spelled(run.get("objective")),
        "trained on": f"{model.get('samples', found.samples):,} samples, seed {run.get('seed', '?')}",
        "meant for": "drawing samples that resemble the data; not for decisions about the people or things in it",
        "limits": _limits(found),
    }
    if model.get("sha256"):
        card["SHA-256 of the weights"] = str(model["sha256"])
    return card


def learned(evaluation: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The card of what a generator draws when asked, and what its codes mean; none without classes and codes."""
    asked, codes = evaluation.get("asked") or {}, evaluation.get("codes") or {}
    card = {}
    if asked:
        card["as asked"] = f"{number(asked.get('share')):.1%} of samples, by {asked.get('judge')}"
        by_class = asked.get("by_class") or {}
        card["by class"] = ", ".join(f"{name}: {number(share):.1%}" for name, share in by_class.items())
        if asked.get("fakes_only") is not None:
            card["taught by samples alone"] = f"{number(asked['fakes_only']):.1%} of held-out records named rightly"
            card["taught by real records"] = f"{number(asked.get('reals_only')):.1%} of held-out records named rightly"
    for place, each in enumerate(codes.get("categories") or [], 1):
        if each.get("accuracy") is not None:
            card[f"category {place}"] = f"names the class of {number(each['accuracy']):.1%} of samples"
    for place, each in enumerate(codes.get("numbers") or [], 1):
        card[f"number {place}"] = f"{each.get('follows')} follows it, r = {number(each.get('correlation')):+.2f}"
    return {"What it obeys": card} if card else {}


def promised(found: Found) -> dict[str, dict[str, str]]:
    """The card of a private run: what is promised, to whom, under which assumptions; none for other runs."""
    page = (found.model or {}).get("privacy")
    if not isinstance(page, Mapping):
        return {}
    value = {name: told(each) for name, each in page.items()}
    card = {
        "promise": f"epsilon {value.get('spent_epsilon')} of {value.get('epsilon')}, delta {value.get('delta')}",
        "noise": f"clip {value.get('clip')}, sigma {value.get('sigma')}, by the {page.get('accountant')} accountant",
        "drawn": f"each of {number(page.get('records')):,.0f} records with chance {value.get('sampling_rate')} in "
        f"each of {number(page.get('turns')):,.0f} turns",
    }
    card |= {
        name: str(page[name])
        for name in ("unit", "adjacency", "mechanism", "sampler", "randomness", "covers")
        if name in page
    }
    assumptions = page.get("assumptions") or []
    return {"Differential privacy": card | {"assumes": "; ".join(map(str, assumptions)) or "nothing more"}}


def cost(found: Found) -> dict[str, str]:
    """What the run took, from the journal alone. Energy is not measured, so none is claimed."""
    begun = [entry for entry in found.entries if entry["kind"] in ("begun", "resumed")]
    card = {key: str(begun[-1][key]) for key in MACHINE if begun and begun[-1].get(key) is not None}
    timed = [entry for entry in found.of("step") + found.of("finished") if math.isfinite(number(entry.get("seconds")))]
    if timed:
        seconds = max(number(entry["seconds"]) for entry in timed)
        card["time"] = f"{seconds / 60:.1f} minutes of training"
        if seconds > 0:
            card["rate"] = f"{found.samples / seconds:,.0f} samples a second"
    card["times resumed"] = str(len(found.of("resumed")))
    return card


def told(value: Any) -> str:
    return "" if value is None or not math.isfinite(number(value)) else f"{number(value):.4g}"


def _limits(found: Found) -> str:
    findings = (found.evaluation or {}).get("findings") or []
    doubts = [str(each.get("line")) for each in findings if each.get("level") != "good"]
    if found.evaluation is None:
        return "not evaluated: closeness, coverage and copying are unknown"
    return "; ".join(doubts) or "none of the measured kinds stood out; what was not measured is not known"


def _spelled(part: Any) -> str:
    if not isinstance(part, Mapping):
        return "?"
    rest = [f"{key} {value}" for key, value in part.items() if key != "name" and isinstance(value, str | int | float)]
    return f"{part.get('name', '?')} ({', '.join(rest)})" if rest else str(part.get("name", "?"))


def _list(values: Any) -> str:
    return ", ".join(map(str, values)) if isinstance(values, Sequence) and not isinstance(values, str) else "?"
