"""What an evaluation says of molecules: on a run of a few steps, whose numbers are poor and whose tables are whole."""

import json
from pathlib import Path

import pytest

import ganworks
from ganworks.domains.tokens.molecules import Molecules
from ganworks.evaluation.molecules import evidence
from ganworks.evaluation.molecules.goals import goals
from ganworks.evaluation.molecules.rows import COLUMNS, Held, measured
from ganworks.evaluation.molecules.sets import Molecules as Set
from ganworks.evaluation.molecules.sets import sets
from ganworks.evaluation.own_kind import Ask
from ganworks.evaluation.subject import Subject, load
from ganworks.metrics.molecules import Share
from ganworks.report import report

QUICK = Ask(40, 1, "test", False, lambda line: None)
SMALL = (
    "domain.name=molecules", "domain.length=20", "generator.width=16", "generator.latent=8", "batch=16",
    "health.samples=32", "health.judgements=1", "previews=1", "domain.condition=properties",
    'domain.properties=["logp"]',
)  # fmt: skip


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("runs") / "phenols"
    ganworks.train("phenols", recipe="molecules-goal", samples=64, run=folder, settings=SMALL)
    return load(folder)


def test_the_tables_are_whole_and_a_report_draws_them(subject: Subject) -> None:
    found = evidence(subject, QUICK)
    shown = {table["title"]: table for table in found.record["tables"]}
    assert list(shown) == ["Molecules", "Properties", "Goals", "Asked and got"]
    names = [row["name"] for row in shown["Molecules"]["rows"]]
    assert names == ["generated", "held-out molecules", "copycat", "n-grams of selfies", "n-grams of SMILES"]
    assert shown["Molecules"]["columns"] == COLUMNS
    assert all(len(row["values"]) == len(table["columns"]) for table in shown.values() for row in table["rows"])
    copycat = shown["Molecules"]["rows"][2]["values"]
    assert copycat[0] == "100.0 % of 40" and copycat[2].startswith("0.0 % of")
    (picture,) = found.record["pictures"]
    assert (Path(subject.folder) / "samples" / picture["file"]).stat().st_size > 1000
    assert found.record["texts"][0]["lines"] and all(each.kind == "molecules" for each in found.findings)
    json.dumps(found.record, allow_nan=False)
    page = {"domain": {"name": "molecules", **found.record}, "findings": [], "metrics": [], "notes": []}
    (Path(subject.folder) / "evaluation.json").write_text(json.dumps(page))
    assert "Molecules" in Path(report(Path(subject.folder), lambda line: None)).read_text()


def test_a_set_without_a_molecule_has_shares_and_nothing_else() -> None:
    held = Held.of(["CCO", "c1ccccc1"])
    found = measured(Set("generated", "", Share(0, 5), []), held, frozenset())
    assert str(found.valid) == "0.0 % of 5" and found.diversity is None and found.distances == {}


def test_a_goal_says_what_moved_and_what_is_left_of_the_variety(subject: Subject) -> None:
    every = sets(subject, QUICK)
    train = sorted(every.train)
    mine = measured(Set("generated", "", Share(40, 40), train[:40]), Held.of(every.held), every.train)
    (table,), (finding,) = goals(subject, mine, every)
    assert table["rows"][0]["name"] == "qed, as much as may be" and "are different" in finding.line


def test_the_data_is_read_as_it_was(subject: Subject) -> None:
    assert isinstance(subject.model.run.domain, Molecules) and subject.codec.spec.spans[0].words[0] == "<end>"
