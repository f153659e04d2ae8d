"""Tables of evidence about text: a row a set, a column a number."""

from collections.abc import Sequence
from typing import Any

from ...metrics.text import ORDERS, NGrams, References, Training, bleu, distinct, self_bleu
from .sets import Lines, Sets

Row = dict[str, Any]
COLUMNS = [
    *(f"BLEU-{order}" for order in ORDERS), *(f"self-BLEU-{order}" for order in ORDERS),
    "distinct-3", "reverse perplexity", "copied lines", "copied 4-grams",
]  # fmt: skip
LINES = {
    "generated": "the model's own, at temperature 1",
    "likelihood alone": "the same generator before the discriminator came in",
    "held-out lines": "real ones that were not trained on: the floor",
    "copycat": "training lines themselves: what a pure memoriser scores",
    "table of three": "drawn from counts of three tokens: what needs no network",
}


class Measure:
    """What sets are held against, prepared once."""

    def __init__(self, sets: Sets):
        self.references, self.training, self.sets = References(sets.held), Training(sets.train), sets

    def row(self, name: str, lines: Lines, line: str | None = None) -> Row:
        """BLEU against all held-out lines; those themselves have none."""
        told = line if line is not None else LINES.get(name, "")
        against = {} if lines is self.sets.held else bleu(lines, self.references)
        lines = lines[: self.sets.size]
        alike = self_bleu(lines)
        copied = self.training.copies(lines)
        # Counted in themselves, held-out lines would measure themselves.
        counted = NGrams.of(lines, size=self.sets.tokens) if against else None
        perplexity = None if counted is None else round(counted.perplexity(self.sets.held), 1)
        values = [
            *(_rounded(against.get(order)) for order in ORDERS), *(_rounded(alike[order]) for order in ORDERS),
            _rounded(distinct(lines, 3)), perplexity, _percent(copied.whole), _percent(copied.pieced),
        ]  # fmt: skip
        return {"name": name, "line": told, "values": values}


def tables(sets: Sets, measure: Measure) -> list[Row]:
    rows = [measure.row("generated", sets.generated[1.0])]
    if sets.likelihood is not None:
        rows.append(measure.row("likelihood alone", sets.likelihood[1.0]))
    rows.append(measure.row("held-out lines", sets.held))
    rows.append(measure.row("copycat", sets.train[: sets.size]))
    rows.append(measure.row("table of three", sets.table))
    lead = (
        f"{sets.size:,} lines in each set. BLEU: mean over lines against all {len(sets.held):,} held-out lines, even "
        "weights, method 1; more than training lines score is bought with variety. Self-BLEU: each line against the "
        "others of its set; it grows with the set. Reverse perplexity: of held-out lines under a table of three tokens "
        "counted in that row's lines. Copied: lines that are a training line, and lines all of whose 4-grams stand in "
        "one."
    )
    swept = [
        measure.row(f"{name} at {value:g}", lines, "")
        for name, every in (("generated", sets.generated), ("likelihood alone", sets.likelihood))
        for value, lines in (every or {}).items()
    ]
    found = [_table("Lines", lead, rows)]
    if len({tuple(map(tuple, lines)) for lines in sets.generated.values()}) > 1:
        lead = (
            "By temperature: below 1 the likely becomes likelier. A generator is better than another where its "
            "curve has more BLEU at equal self-BLEU; one temperature alone says nothing."
        )
        found.append(_table("By temperature", lead, swept))
    return found


def _table(title: str, lead: str, rows: Sequence[Row]) -> Row:
    return {"title": title, "lead": lead, "columns": COLUMNS, "rows": list(rows)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
