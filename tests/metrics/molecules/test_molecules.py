"""Metrics of molecules against numbers worked out by hand and against rdkit's own."""

import math

import numpy as np
import pytest
from rdkit import DataStructs
from rdkit.Chem import MolFromSmiles
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator

from ganworks.metrics.molecules import (
    compared,
    cosine,
    fingerprints,
    fragments,
    internal_diversity,
    nearest,
    novelty,
    scaffolds,
    uniqueness,
    validity,
    values,
)
from ganworks.settings import DataError

SOME = ["CCO", "c1ccccc1C", "CC(=O)Oc1ccccc1C(=O)O", "C1CCNCC1"]
OTHERS = ["CCN", "c1ccccc1", "C1CCOCC1"]


def test_shares_carry_what_they_are_shares_of() -> None:
    share, valid = validity(["OCC", "CCO", "c1ccccc1", "C(C", "", "CCN"])
    assert (share.found, share.of) == (4, 6) and valid == ["CCO", "CCO", "c1ccccc1", "CCN"]
    assert uniqueness(valid, 1000)[:] == (3, 4) and uniqueness(valid, 2)[:] == (1, 2)
    assert novelty(valid, ["CCO"])[:] == (2, 3)
    assert str(share) == "66.7 % of 6" and str(uniqueness([], 10)) == "none of 0"


def test_similarities_are_rdkits() -> None:
    makes = GetMorganGenerator(radius=2, fpSize=1024)
    one, other = ([makes.GetFingerprint(MolFromSmiles(each)) for each in each_set] for each_set in (SOME, OTHERS))
    near = [max(DataStructs.BulkTanimotoSimilarity(each, other)) for each in one]
    np.testing.assert_allclose(nearest(fingerprints(SOME), fingerprints(OTHERS)), near, atol=1e-6)
    every = np.mean([DataStructs.BulkTanimotoSimilarity(each, one) for each in one])
    assert internal_diversity(fingerprints(SOME)) == pytest.approx(1 - every, abs=1e-6)


def test_copies_of_one_molecule_have_no_diversity() -> None:
    assert internal_diversity(fingerprints(["CCO"] * 5)) == pytest.approx(0, abs=1e-6)


def test_scaffolds_are_rings_and_what_joins_them() -> None:
    assert scaffolds(SOME) == {"c1ccccc1": 2, "C1CCNCC1": 1}


def test_fragments_are_what_retrosynthesis_leaves() -> None:
    found = fragments(["CC(=O)Nc1ccccc1", "CC(=O)NCC"])
    assert found["[1*]C(C)=O"] == 2 and sum(found.values()) == 6 and fragments(["C(C"]) == {}


def test_the_cosine_of_counts_is_worked_out_by_hand() -> None:
    assert cosine({"a": 3, "b": 4}, {"a": 4, "c": 3}) == pytest.approx(12 / 25)
    assert cosine({"a": 2}, {"a": 5}) == pytest.approx(1) and math.isnan(cosine({}, {"a": 1}))


def test_distances_are_how_far_values_have_to_be_moved() -> None:
    assert compared(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == pytest.approx(2)
    assert compared(values(SOME, "weight"), values(SOME[::-1], "weight")) == 0


def test_nothing_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="at least one molecule"):
        internal_diversity(fingerprints([]))
    with pytest.raises(DataError, match="nearest of none"):
        nearest(fingerprints(SOME), fingerprints([]))
    with pytest.raises(DataError, match="two sets of values, got 0"):
        compared(np.array([]), np.array([1.0]))
    with pytest.raises(DataError, match="fingerprints are of molecules, got 'C\\(C'"):
        fingerprints(["C(C"])


def test_real_molecules_are_near_other_real_ones(real_data) -> None:
    one, other = (
        [line.strip() for line in (real_data("molecules") / name).open()][:300]
        for name in ("zinc_valid.txt", "zinc_test.txt")
    )
    assert validity(one)[0].share == 1 and internal_diversity(fingerprints(one)) == pytest.approx(0.87, abs=0.02)
    assert compared(values(one, "logp"), values(other, "logp")) < 0.4
