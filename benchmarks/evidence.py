"""Tables of evidence, as benchmarks print them."""

from typing import Any

from ganworks.evaluation.own_kind import Evidence


def told(found: Evidence) -> None:
    """The tables and findings of what a domain measures of its own."""
    for table in found.record["tables"]:
        show(table)
    for finding in found.findings:
        print(f"{finding.level}: {finding.line}", flush=True)


def show(table: dict[str, Any]) -> None:
    """A table of an evaluation as Markdown."""
    print(f"\n{table['title']}\n| | {' | '.join(table['columns'])} |")
    for row in table["rows"]:
        print(f"| {row['name']} | {' | '.join(spelled(each) for each in row['values'])} |", flush=True)


def spelled(value: Any) -> str:
    """A cell's text."""
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
