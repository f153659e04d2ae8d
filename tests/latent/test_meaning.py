"""What codes mean and whether classes are obeyed: planted behaviour is found, and told in words."""

import pytest
import torch

from ganworks.evaluation.learned import learned
from ganworks.evaluation.subject import Subject
from ganworks.latent import asked, codes
from ganworks.latent.codes import matched, shapes
from ganworks.launch import open_data
from ganworks.model import Model
from ganworks.settings import ConfigError

from .conftest import SMALL, Leans


def test_the_best_matching_is_found_also_where_sizes_differ() -> None:
    values = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
    labels = torch.tensor([1, 1, 0, 0, 0, 1, 1, 1])
    # 0 -> 0 and 2 -> 1 give 1 + 3; 1 -> 0 and 2 -> 1 give 2 + 3; value 0 is left without a class.
    share, found = matched(values, labels, (3, 2))
    assert share == 5 / 8 and found == [None, 0, 1]


def test_measures_of_shape_tell_where_how_wide_and_how_slanted() -> None:
    x = -torch.ones(4, 1, 20, 20)
    x[0, 0, 5:15, 8:10] = 1
    x[1, 0, 5:15, 12:14] = 1
    x[2, 0, 5:15, 6:12] = 1
    for row in range(5, 15):
        x[3, 0, row, 18 - row : 20 - row] = 1
    found = shapes(x)
    assert found["across"].tolist()[:2] == [8.5, 12.5] and float(found["down"][0]) == 9.5
    assert found["width"][2] > found["width"][0] and float(found["mass"][2]) == pytest.approx(
        3 * float(found["mass"][0])
    )
    assert found["slant"].numpy().round(3).tolist() == [0, 0, 0, 1]


def test_numbers_are_told_by_the_shape_that_follows_them(built) -> None:
    model = built("infogan", "generator.latent=20")
    model = Model(model.run, model.codec.model_copy(update={"height": 28, "width": 28}), Leans(), 0)
    report = codes.measure(model, None, count=64)
    lean, thick = report.numbers
    assert report.categories[0].accuracy is None and report.judge is None
    assert lean.follows == "slant" and lean.correlation > 0.95 and lean.others < 0.1
    assert thick.follows in ("mass", "width") and thick.correlation > 0.95 and thick.others < 0.3
    assert any("slant follows it" in line for line in report.lines())


def test_a_code_that_is_the_class_is_found_under_any_numbering(digits) -> None:
    model = digits("infogan", instead={each: (each + 3) % 10 for each in range(10)})
    report = codes.measure(model, open_data(model.run), count=600)
    (category,) = report.categories
    assert report.judge == "digits" and category.accuracy > 0.97
    assert category.classes == tuple(str((each + 3) % 10) for each in range(10))
    assert report.numbers[0].change == 0


def test_a_class_that_is_drawn_wrongly_is_named(digits) -> None:
    model = digits("conditional", instead={3: 5})
    found = asked.measure(model, open_data(model.run), count=500, learn=False)
    assert found.worst_class == "3" and found.worst < 0.05 and 0.85 < found.share < 0.92
    assert found.real > 0.97 and found.fakes_only is None
    told = learned(Subject(None, model, open_data(model.run)), 500, False, lambda line: None)
    (finding,) = told.findings
    assert finding.kind == "asked" and finding.level == "warning" and "the worst class is 3" in finding.line


def test_samples_teach_a_classifier_what_they_know(digits, monkeypatch) -> None:
    for module in ("classifier", "asked"):
        monkeypatch.setattr(f"ganworks.latent.{module}.LEARN_FROM", 600)
    monkeypatch.setattr("ganworks.latent.classifier.STEPS", 25)
    model = digits("conditional", instead={3: 5})
    found = asked.measure(model, open_data(model.run), count=100)
    assert 0.5 < found.fakes_only < found.reals_only


def test_models_without_classes_or_codes_are_refused_in_one_line(built) -> None:
    model = built("lean-28", *SMALL)
    with pytest.raises(ConfigError, match="was not trained on classes"):
        asked.measure(model, open_data(model.run))
    with pytest.raises(ConfigError, match="have no codes; those of the recipe infogan have"):
        codes.measure(model, None)
    found = learned(Subject(None, model, open_data(model.run)), 100, True, lambda line: None)
    assert found.record() == {"asked": None, "attributes": None, "codes": None, "learned": []} and not found.findings


def test_short_evaluations_train_no_classifier(built) -> None:
    model = built("conditional", *SMALL)
    found = learned(Subject(None, model, open_data(model.run)), 100, False, lambda line: None)
    assert found.asked is None and not found.findings and "is not measured in short" in found.notes[0]
