import numpy as np
import pytest
from communique.models.taxonomy import commitment_schema
from communique.training.metrics import (
    RougeMetric,
    TypeMetric,
    accuracy_at_coverage,
    calibration_error,
    multi_hot,
    per_type_scores,
    rouge_scores,
)
from sklearn.metrics import f1_score

SCHEMA = commitment_schema()
REFERENCES = [["pledge"], ["decision", "activity"], ["call", "position"], ["background"]]
PREDICTIONS = [["pledge"], ["decision"], ["position"], ["consultation"]]


def test_types_by_hand():
    figures = TypeMetric(SCHEMA).compute(predictions=PREDICTIONS, references=REFERENCES)
    # Primary: pledge and decision right; call taken for position; background for consultation.
    # Of the six types that occur, two have F1 1 and four have 0 (position is given, call is expected ...).
    assert figures["primary_accuracy"] == 0.5
    # activity occurs in the sets only, so it counts as a type that is never primary.
    assert figures["primary_macro_f1"] == pytest.approx(2 / 7)
    # Pairs: 3 right, 1 wrong, 3 missed.
    assert figures["sets_micro_f1"] == pytest.approx(2 * 3 / (2 * 3 + 1 + 3))
    assert figures["sets_exact"] == 0.25
    assert figures["commitment_f1"] == 1
    assert figures["sentences"] == 4


def test_types_against_scikit_learn():
    random = np.random.default_rng(3)
    names = np.array(SCHEMA.names)
    references = [[str(names[random.integers(9)])] for _ in range(300)]
    predictions = [r if random.random() < 0.6 else [str(names[random.integers(9)])] for r in references]
    figures = TypeMetric(SCHEMA).compute(predictions=predictions, references=references)
    flat = [r[0] for r in references], [p[0] for p in predictions]
    assert figures["primary_macro_f1"] == pytest.approx(f1_score(*flat, average="macro"))
    assert figures["sets_micro_f1"] == pytest.approx(f1_score(*flat, average="micro"))


def test_perfect_and_unanimous():
    figures = TypeMetric(SCHEMA).compute(predictions=[["call"]] * 3, references=[["call"]] * 3)
    assert figures["primary_kappa"] == figures["primary_macro_f1"] == 1
    assert figures["commitment_f1"] == 0  # there is none to find


def test_per_type():
    scores = per_type_scores(PREDICTIONS, REFERENCES, SCHEMA)
    assert scores["position"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert scores["activity"]["recall"] == 0 and scores["resource"]["support"] == 0


def test_columns_are_in_order_of_strength():
    rows = multi_hot([["background"], ["position", "resource"]], SCHEMA)
    assert [SCHEMA.names[i] for i in rows.argmax(axis=1)] == ["background", "resource"]
    with pytest.raises(KeyError, match="did you mean 'pledge'"):
        multi_hot([["pledges"]], SCHEMA)


def test_rouge_by_hand():
    scores = RougeMetric().compute(predictions=["the cat sat"], references=["the cat ran away"])
    # Two of three words and of four words are shared: P 2/3, R 2/4.
    assert scores["rouge1"] == pytest.approx(2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4))
    assert scores["rouge2"] == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    assert rouge_scores(["a b\nc d"], ["c d\na b"])["rougeLsum"] == [pytest.approx(1)]
    assert rouge_scores(["a b\nc d"], ["c d\na b"])["rougeL"] == [pytest.approx(0.5)]


def test_calibration_error_worked_by_hand():
    # Bin 0.8 to 0.867: two answers, said 0.85 and 0.85, one right: gap 0.35. Bin 0.2 to 0.267: said 0.25, wrong: 0.25.
    confidence, right = np.array([0.85, 0.85, 0.25, 0.25]), np.array([1.0, 0.0, 0.0, 0.0])
    assert calibration_error(confidence, right) == pytest.approx(0.5 * 0.35 + 0.5 * 0.25)
    assert calibration_error(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 0
    assert calibration_error(np.array([1.0, 0.0]), np.array([0.0, 0.0])) == pytest.approx(0.5)


def test_accuracy_of_the_most_confident():
    confidence, right = np.array([0.9, 0.3, 0.8, 0.6]), np.array([1.0, 0.0, 1.0, 0.0])
    assert accuracy_at_coverage(confidence, right, 0.5) == 1
    assert accuracy_at_coverage(confidence, right, 0.75) == pytest.approx(2 / 3)
    assert accuracy_at_coverage(confidence, right, 1.0) == 0.5
