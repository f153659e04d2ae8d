"""Disclosure by tables: rows singled out, and secrets inferred, beside held-out records and beside chance."""

from typing import Any, NamedTuple

from ..evaluation.findings import Finding, Level
from ..metrics.privacy.inference import Inferred, inferred
from ..metrics.privacy.rows import Rows
from ..metrics.privacy.shares import Risk, Share
from ..metrics.privacy.singling import WIDEST, Singled, by_chance, multivariate, singled_out, univariate
from .attacks import CONFIDENCE, percent
from .columns import Table

PREDICATES = 500
TARGETS = 1000
"""Records whose secrets are guessed, of each side."""
SECRETS = 24
"""Columns that are guessed, at most; the first ones."""
SAMPLES = 5000
HIGH = 0.1
"""Risk from which on it is more than a warning."""
COLUMNS = ["risk", "95 % interval", "training", "held-out", "by chance"]


class Disclosed(NamedTuple):
    tables: list[dict[str, Any]]
    findings: list[Finding]
    record: dict[str, Any]
    notes: list[str]


def disclosed(table: Table, members: Rows, others: Rows, fake: Rows) -> Disclosed:
    """Attack rows (N, columns) from generated ones (M, columns). Source: Giomi et al. (2022)."""
    singled = _singled(table, members, others, fake)
    notes = [f"no predicate of the {name} kind could be made" for name, each in singled.items() if each is None]
    secrets = list(range(len(table.names)))[:SECRETS] if len(table.names) > 1 else []
    if len(table.names) > SECRETS:
        notes.append(f"secrets are guessed in the first {SECRETS} of {len(table.names)} columns")
    together = 1 - (1 - CONFIDENCE) / max(1, len(secrets))
    sets = (members[:TARGETS], others[:TARGETS], fake[:SAMPLES], table.numbers, table.places, secrets)
    guessed = inferred(*sets) if secrets else []
    strict = inferred(*sets, confidence=together) if secrets else []
    out = {name: each for name, each in singled.items() if each is not None}
    findings = [*([_of_singling(out)] if out else []), *([_of_guessing(table, strict)] if strict else [])]
    record = {
        "singling_out": {name: _plain(each.risk, each.chance) for name, each in out.items()},
        "inference": {table.names[each.column]: _plain(each.risk, each.chance) for each in guessed},
    }
    tables = [*([_singling_page(out)] if out else []), *([_guessing_page(table, guessed)] if guessed else [])]
    return Disclosed(tables, findings, record, notes)


def _singled(table: Table, members: Rows, others: Rows, fake: Rows) -> dict[str, Singled | None]:
    numbers, widest = table.numbers, min(WIDEST, len(table.numbers))
    # What is true of one row among many more samples than records is true of no record.
    fake = fake[: len(members)]
    one, several = univariate(fake, numbers, PREDICATES), multivariate(fake, numbers, PREDICATES)
    return {
        "univariate": singled_out(one, by_chance(fake, numbers, PREDICATES, (1, 1)), members, others),
        "multivariate": singled_out(several, by_chance(fake, numbers, PREDICATES, (2, widest)), members, others),
    }


def _singling_page(found: dict[str, Singled]) -> dict[str, Any]:
    lines = {
        "univariate": "an end of a column, or a value that one sample alone has",
        "multivariate": "two to six columns of a sample, true of that sample alone",
    }
    rows = [
        {
            "name": f"{name}, {each.risk.attack.tries} tries",
            "line": lines[name],
            "values": _cells(each.risk, each.chance),
        }
        for name, each in found.items()
    ]
    lead = (
        "Statements that samples suggest: how often is one true of exactly one record? Risk is what training records "
        "suffer beyond held-out ones: 0 is none, 1 all (Giomi et al., 2022)."
    )
    return {"title": "Singling out", "lead": lead, "columns": COLUMNS, "rows": rows}


def _guessing_page(table: Table, found: list[Inferred]) -> dict[str, Any]:
    rows = [
        {
            "name": table.names[each.column],
            "line": "within 5 % of what nine in ten values span" if table.numbers[each.column] else "the very category",
            "values": _cells(each.risk, each.chance),
        }
        for each in sorted(found, key=lambda each: -each.risk.value)
    ]
    lead = (
        "Somebody knows all other columns and takes the secret from the nearest sample. What works as well on held-out "
        "records is what columns say of each other, and no risk of having been in the data (Giomi et al., 2022)."
    )
    return {"title": "Attribute inference", "lead": lead, "columns": COLUMNS, "rows": rows}


def _cells(risk: Risk, chance: Share) -> list[str | float]:
    interval = f"{risk.low:.3f} to {risk.high:.3f}"
    return [
        round(risk.value, 4),
        interval,
        percent(risk.attack.value),
        percent(risk.control.value),
        percent(chance.value),
    ]


def _plain(risk: Risk, chance: Share) -> dict[str, Any]:
    shares = {"attack": risk.attack.value, "control": risk.control.value, "chance": chance.value}
    return {"risk": risk.value, "low": risk.low, "high": risk.high, "tries": risk.attack.tries, **shares}


def _of_singling(found: dict[str, Singled]) -> Finding:
    name, worst = max(found.items(), key=lambda each: each[1].risk.low)
    told = f"{percent(worst.risk.attack.value)} of {name} predicates are true of exactly one training record, "
    told += f"{percent(worst.risk.control.value)} of exactly one held-out one: a risk of {_risk(worst.risk)}"
    if worst.risk.low <= 0 and worst.risk.attack.high < worst.chance.value:
        return Finding("privacy", "warning", f"{told}; random predicates do better, so this attack is too weak to tell")
    return Finding("privacy", _level(worst.risk), told)


def _of_guessing(table: Table, found: list[Inferred]) -> Finding:
    worst = max(found, key=lambda each: each.risk.low)
    told = (
        f"column '{table.names[worst.column]}' is inferred best beyond its control: "
        f"{percent(worst.risk.attack.value)} of training records, {percent(worst.risk.control.value)} of held-out "
        f"ones: a risk of {_risk(worst.risk)}, of {len(found)} columns"
    )
    return Finding("privacy", _level(worst.risk), told)


def _risk(risk: Risk) -> str:
    return f"{max(0.0, risk.value):.3f} [{max(0.0, risk.low):.3f}, {max(0.0, risk.high):.3f}]"


def _level(risk: Risk) -> Level:
    return "alarm" if risk.low > HIGH else "warning" if risk.low > 0 else "good"
