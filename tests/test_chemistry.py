"""SMILES, SELFIES and numbers of molecules."""

import random

import pytest

from ganworks import chemistry
from ganworks.chemistry import (
    Unreadable,
    canonical,
    contains,
    looks_like_smiles,
    number,
    pattern,
    selfies_of,
    smiles_of,
)
from ganworks.settings import ConfigError

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.mark.parametrize("smiles", [ASPIRIN, "[Na+].[Cl-]", "C[C@H](N)C(=O)[O-]", "F/C=C/Cl", "N#Cc1c[nH]cn1"])
def test_selfies_spell_the_molecule_they_came_from(smiles: str) -> None:
    assert smiles_of(selfies_of(smiles)) == canonical(smiles)


def test_two_spellings_are_one_molecule() -> None:
    assert canonical("OCC") == canonical("C(O)C") == "CCO"


@pytest.mark.parametrize("line", ["", "hello", "c1ccccc", "C(C", "C(F)(F)(F)(F)F", "\x00C", "C" * 20_000])
def test_what_is_no_molecule_is_none_and_says_nothing(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert canonical(line) is None and number(line, "qed") is None
    with pytest.raises(Unreadable, match="no molecule that rdkit can read"):
        selfies_of(line)
    assert capfd.readouterr() == ("", "")


def test_whatever_selfies_are_drawn_is_a_molecule_or_empty() -> None:
    rng = random.Random(0)
    tokens = sorted({*selfies_of(ASPIRIN), *selfies_of("C[N+](C)(C)CC#N"), *selfies_of("F/C=C/Cl")})
    drawn = [smiles_of(rng.choices(tokens, k=rng.randint(5, 40))) for _ in range(200)]
    assert all(canonical(each) == each for each in drawn if each) and sum(map(bool, drawn)) > 190


def test_electrons_that_are_left_alone_are_noticed() -> None:
    assert chemistry.radical("C[CH]C") and not chemistry.radical(ASPIRIN) and not chemistry.radical("what")


@pytest.mark.parametrize("line", [ASPIRIN, "CCO", "c1ccccc1", "[Na+].[Cl-]", "C%12CCCCC%12", "BrCCl"])
def test_smiles_look_like_smiles(line: str) -> None:
    assert looks_like_smiles(line)


@pytest.mark.parametrize("line", ["", "Bob", "the cat", "CO2", "(CC", "noon", "a,b", "42", "Once upon"])
def test_words_and_formulas_do_not(line: str) -> None:
    assert not looks_like_smiles(line)


def test_properties_are_those_of_rdkit() -> None:
    assert number(ASPIRIN, "weight") == pytest.approx(180.16, abs=0.01)
    assert number(ASPIRIN, "logp") == pytest.approx(1.3101, abs=1e-3)
    assert number(ASPIRIN, "qed") == pytest.approx(0.5501, abs=1e-3)
    assert number(ASPIRIN, "sa") == pytest.approx(1.58, abs=0.01)
    assert number(ASPIRIN, "rings") == 1 and number(ASPIRIN, "atoms") == 13
    assert all(number(ASPIRIN, name) is not None for name in chemistry.PROPERTIES)


def test_a_substructure_is_found_by_its_smarts() -> None:
    acid = pattern("C(=O)[OX2H1]")
    assert contains(ASPIRIN, acid) and not contains("CCO", acid) and not contains("nothing", acid)


@pytest.mark.parametrize("smarts", ["c1cc", "[", "", "C\n"])
def test_smarts_that_do_not_parse_are_told_in_a_line(smarts: str) -> None:
    with pytest.raises(ConfigError, match="wanted SMARTS such as c1ccncc1, got"):
        pattern(smarts)
