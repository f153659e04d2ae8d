"""Files of SMILES <-> tokens of which any sequence is a molecule."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ganworks.chemistry import canonical, number
from ganworks.domains.tokens.molecules import Molecular, Molecules
from ganworks.launch import _detected
from ganworks.settings import ConfigError, DataError

GOOD = ["CCO", "c1ccccc1", "CC(=O)O", "C1CCNCC1", "CCN", "CC#N", "[Na+].[Cl-]", "C[N+](C)(C)C", "OCC", "CCCl"] * 3


def file(folder: Path, name: str, lines: list[str]) -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def lines_of(domain: Molecules, path: str) -> list[str]:
    dataset = domain.read(path)
    codec = domain.fit(dataset)
    return [
        line
        for part in (dataset.train, dataset.validation, dataset.test)
        for line in codec.lines(part.fetch(np.arange(len(part))).x)
    ]


def test_records_are_canonical_molecules_salts_and_charges_as_they_are(tmp_path: Path) -> None:
    domain = Molecules(length=30, validation=0.0, test=0.0)
    found = lines_of(domain, file(tmp_path, "some.smi", [f"{each} name-{i}" for i, each in enumerate(GOOD)]))
    assert sorted(found) == sorted(str(canonical(each)) for each in GOOD) and "[Cl-].[Na+]" in found


def test_two_spellings_of_a_molecule_are_in_one_split(tmp_path: Path) -> None:
    dataset = Molecules().read(file(tmp_path, "some.smi", ["OCC", "CCO", "C(O)C", *GOOD]))
    codec = Molecules().fit(dataset)
    held = [
        codec.lines(part.fetch(np.arange(len(part))).x) for part in (dataset.train, dataset.validation, dataset.test)
    ]
    assert sum("CCO" in each for each in held) == 1


def test_lines_that_are_no_molecule_are_listed_by_number(tmp_path: Path) -> None:
    dataset = Molecules().read(file(tmp_path, "some.smi", ["c1ccccc", *GOOD, "C(F)(F)(F)(F)F", "what"]))
    assert [each.name for each in dataset.skipped] == ["line 1", f"line {len(GOOD) + 2}", f"line {len(GOOD) + 3}"]
    assert dataset.skipped[0].reason == "no molecule that rdkit can read: c1ccccc"
    with pytest.raises(DataError, match="line 1: no molecule that rdkit can read"):
        Molecules().read(str(tmp_path / "some.smi"), strict=True)


@pytest.mark.parametrize("spelled", ["smiles", "SMILES", "canonical_smiles"])
def test_the_column_of_smiles_is_found_by_its_name(tmp_path: Path, spelled: str) -> None:
    path = file(tmp_path, "some.csv", [f"id,{spelled},logS", *(f"{i},{each},1" for i, each in enumerate(GOOD))])
    assert len(lines_of(Molecules(length=30), path)) == len(GOOD)


def test_a_table_without_smiles_is_refused_in_a_line(tmp_path: Path) -> None:
    path = file(tmp_path, "some.csv", ["id,formula", "1,CO2"])
    with pytest.raises(DataError, match="no column 'smiles', there are id, formula"):
        Molecules().read(path)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([""], "wanted lines of text"),
        (["poem", "of words"], "none of its 2 lines is a molecule; line 1: no molecule that rdkit can read: poem"),
        (["C", "CC", "CCC"] * 9, "wanted at least 2 different tokens, got 1"),
    ],
)
def test_files_without_molecules_are_refused_in_a_line(tmp_path: Path, lines: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told) as refused:
        Molecules().read(file(tmp_path, "bad.smi", lines))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "lines", "domain"),
    [
        ("a.smi", ["CCO x", "CC"], "molecules"),
        ("a.txt", ["CCO", "c1ccccc1", "CC(=O)O"], "molecules"),
        ("a.csv", ["id,smiles", "1,CCO"], "molecules"),
        ("a.csv", ["id,price", "1,2"], "table"),
        ("b.txt", ["the cat sat", "on the mat"], "tokens"),
        ("c.txt", ["CCO", "and a word"], "tokens"),
    ],
)
def test_molecules_are_told_from_words_and_tables(tmp_path: Path, name: str, lines: list[str], domain: str) -> None:
    assert _detected(file(tmp_path, name, lines)) == domain


def test_properties_that_are_no_columns_are_computed(tmp_path: Path) -> None:
    domain = Molecules(condition="properties", properties=("logp", "weight"), length=30)
    dataset = domain.read(file(tmp_path, "some.smi", GOOD))
    codec = domain.fit(dataset)
    record = dataset.train.fetch(np.arange(1))
    assert record.labels is not None
    spelled = codec.lines(record.x)[0]
    assert record.labels[0] == pytest.approx([number(spelled, "logp"), number(spelled, "weight")])
    asked = codec.conditions(["weight=60"], codec.some_conditions(1, torch.Generator().manual_seed(0)))
    assert asked[0, 1] * codec.deviations[1] + codec.means[1] == pytest.approx(60, abs=1e-3)
    with pytest.raises(ConfigError, match="no property 'wight'; did you mean 'weight'"):
        codec.conditions(["wight=60"])


def test_what_tokens_spell_is_in_the_spec_for_rewards() -> None:
    codec = Molecules().fit(Molecules().toy())
    assert isinstance(codec, Molecular) and codec.spec.spans[0].words == codec.vocabulary.tokens


def test_any_tokens_make_a_drawn_sheet() -> None:
    codec = Molecules().fit(Molecules().toy())
    x = torch.randn(5, *codec.spec.shape, generator=torch.Generator().manual_seed(0))
    picture = codec.preview(codec.decode(x), 3)
    assert picture.shape == (2 * 160, 3 * 210, 3) and picture.min() < 100


def test_a_real_list_is_read_whole(real_data, tmp_path: Path) -> None:
    lines = (real_data("molecules") / "delaney-processed.csv").read_text().splitlines()[:201]
    dataset = Molecules().read(file(tmp_path, "some.csv", lines))
    assert not dataset.skipped and len(dataset.train) > 140
