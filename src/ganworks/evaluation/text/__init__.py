"""What only lines have to say: BLEU and self-BLEU over temperatures beside likelihood alone, copies, lines to read."""

from typing import Any

from ...domains.tokens import Sequences
from ...settings import ConfigError
from ..findings import Finding, Level
from ..own_kind import Ask, Evidence
from ..subject import Subject
from . import curves
from .asked import obeyed
from .rows import COLUMNS, Measure, Row, tables
from .sets import Lines, Sets, sets

SHOWN = 24
LEAST = 10
"""Lines of a split below which nothing can be said."""


def evidence(subject: Subject, ask: Ask) -> Evidence:
    """Tables, curves and lines that a report shows as they are."""
    codec = subject.codec
    if not isinstance(codec, Sequences):
        raise ConfigError("this evidence is of lines of tokens, got another domain")
    every = sets(subject, ask)
    if min(len(every.train), len(every.held)) < LEAST:
        return Evidence({"texts": _texts(codec, every)}, (), (f"fewer than {LEAST} held-out lines: no BLEU",))
    ask.notify(f"holding {every.size:,} lines of each set against {len(every.held):,} held-out ones")
    found = tables(every, Measure(every))
    rows: dict[str, Row] = {row["name"]: row for row in found[0]["rows"]}
    swept: list[Row] = found[1]["rows"] if len(found) > 1 else []
    pictures = curves.drawn(subject, swept, rows["copycat"])
    findings = [_beside_real(rows), _copied(rows)]
    if (worth := curves.worth(swept)) is not None:
        findings.append(worth)
    if (told := obeyed(subject, every)) is not None:
        found.append(told[0])
        findings.append(told[1])
    record = {"tables": found, "pictures": pictures, "texts": _texts(codec, every)}
    notes = ["BLEU and self-BLEU compare only at equal numbers of lines and references"]
    return Evidence(record, tuple(findings), tuple(notes))


def _values(row: Row) -> dict[str, Any]:
    return dict(zip(COLUMNS, row["values"], strict=True))


def _beside_real(rows: dict[str, Row]) -> Finding:
    made, real, table = (_values(rows[name]) for name in ("generated", "copycat", "table of three"))
    column, alike, reverse = f"BLEU-{curves.ORDER}", f"self-BLEU-{curves.ORDER}", "reverse perplexity"
    told = (
        f"{column} {made[column]:.3f} at {alike} {made[alike]:.3f} (real {real[column]:.3f} at {real[alike]:.3f}, "
        f"a table of three tokens {table[column]:.3f} at {table[alike]:.3f}); reverse perplexity {made[reverse]:.0f} "
        f"(real {real[reverse]:.0f}, table {table[reverse]:.0f})"
    )
    level: Level = "good" if made[alike] <= real[alike] + 0.1 and made[column] >= real[column] - 0.1 else "warning"
    return Finding("text", level, told)


def _copied(rows: dict[str, Row]) -> Finding:
    made, real = (_values(rows[name]) for name in ("generated", "held-out lines"))
    shares = [float(each["copied 4-grams"].rstrip(" %")) for each in (made, real)]
    level: Level = "good" if shares[0] <= max(2 * shares[1], 1.0) else "warning" if shares[0] <= 10 else "alarm"
    return Finding(
        "text", level,
        f"{made['copied lines']} of the lines are training lines, {made['copied 4-grams']} are put together from one "
        f"(held-out lines: {real['copied lines']} and {real['copied 4-grams']})",
    )  # fmt: skip


def _texts(codec: Sequences, every: Sets) -> list[dict[str, Any]]:
    def told(lines: Lines) -> list[str]:
        return [codec.words.join([str(token) for token in line]) for line in lines[:SHOWN]]

    found = [{"title": "Generated", "lead": "The first lines of seed 0 at temperature 1.",
              "lines": told(every.generated[1.0])}]  # fmt: skip
    if every.likelihood is not None:
        found.append({"title": "Likelihood alone", "lead": "Before the discriminator came in.",
                      "lines": told(every.likelihood[1.0])})  # fmt: skip
    found.append({"title": "Held-out", "lead": "Real lines that were not trained on.", "lines": told(every.held)})
    return found
