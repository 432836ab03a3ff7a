import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    cohen_kappa_score,
    f1_score,
    precision_recall_fscore_support,
)

from communique.models.taxonomy import commitment_schema
from communique.training.metrics import (
    CalibrationMetric,
    CommitmentRecallMetric,
    FactCoverageMetric,
    RougeMetric,
    SalienceMetric,
    SetAgreementMetric,
    TypeMetric,
    UnsupportedMetric,
    accuracy_at_coverage,
    confusion_matrix,
    krippendorff_alpha,
    masi_distance,
    multi_hot,
    per_type_scores,
    per_type_statistics,
    rouge_scores,
    type_statistics,
)

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


@pytest.fixture(scope="module")
def random_sets():
    """Sets of one or two types for 300 sentences, two of five predicted otherwise."""
    random = np.random.default_rng(3)

    def drawn():
        return [str(name) for name in random.choice(SCHEMA.names, random.integers(1, 3), replace=False)]

    references = [drawn() for _ in range(300)]
    return [names if random.random() < 0.6 else drawn() for names in references], references


def test_types_against_scikit_learn(random_sets):
    predictions, references = random_sets
    figures = TypeMetric(SCHEMA).compute(predictions=predictions, references=references)
    given, expected = multi_hot(predictions, SCHEMA), multi_hot(references, SCHEMA)
    primary = expected.argmax(axis=1), given.argmax(axis=1)
    commits = [label.kind == "commitment" for label in SCHEMA.types]
    assert figures == {
        "primary_macro_f1": pytest.approx(
            f1_score(*primary, average="macro", labels=range(9), zero_division=0)
        ),
        "primary_micro_f1": pytest.approx(f1_score(*primary, average="micro")),
        "primary_accuracy": pytest.approx(accuracy_score(*primary)),
        "primary_kappa": pytest.approx(cohen_kappa_score(*primary)),
        "sets_micro_f1": pytest.approx(f1_score(expected, given, average="micro")),
        "sets_macro_f1": pytest.approx(f1_score(expected, given, average="macro")),
        "sets_samples_f1": pytest.approx(f1_score(expected, given, average="samples")),
        "sets_exact": pytest.approx(accuracy_score(expected, given)),
        "commitment_f1": pytest.approx(
            f1_score(expected[:, commits].any(axis=1), given[:, commits].any(axis=1))
        ),
        "sentences": 300,
    }


def test_a_sentence_that_was_not_found_is_a_miss():
    figures = TypeMetric(SCHEMA).compute(predictions=[["call"], []], references=[["call"], ["pledge"]])
    assert figures["primary_accuracy"] == figures["sets_exact"] == figures["sets_samples_f1"] == 0.5
    # One of two is found, and everything that is found is right.
    assert figures["primary_micro_f1"] == figures["sets_micro_f1"] == pytest.approx(2 * 1 / (1 + 2))
    assert figures["commitment_f1"] == 0


def test_statistics_of_documents_add_up(random_sets):
    predictions, references = random_sets
    halves = type_statistics(
        [predictions[:100], predictions[100:]], [references[:100], references[100:]], SCHEMA
    )
    assert halves.values() == pytest.approx(type_statistics([predictions], [references], SCHEMA).values())
    alone = type_statistics([predictions[:100]], [references[:100]], SCHEMA).values()
    first = halves.figures(np.array([[1.0, 0.0]]) @ halves.per_document)
    assert {name: value[0] for name, value in first.items()} == pytest.approx(alone)


def test_perfect_and_unanimous():
    figures = TypeMetric(SCHEMA).compute(predictions=[["call"]] * 3, references=[["call"]] * 3)
    assert figures["primary_kappa"] == figures["primary_macro_f1"] == 1
    assert figures["commitment_f1"] == 0  # there is none to find


def test_per_type():
    scores = per_type_scores(PREDICTIONS, REFERENCES, SCHEMA)
    assert scores["position"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert scores["activity"]["recall"] == 0 and scores["resource"]["support"] == 0


def test_per_type_against_scikit_learn(random_sets):
    predictions, references = random_sets
    values = per_type_statistics([predictions], [references], SCHEMA).values()
    expected = precision_recall_fscore_support(multi_hot(references, SCHEMA), multi_hot(predictions, SCHEMA))
    for measure, column in zip(("precision", "recall", "f1"), expected, strict=False):
        assert [values[f"{name}.{measure}"] for name in SCHEMA.names] == pytest.approx(column)


def test_confusion_of_primary_types():
    matrix = confusion_matrix([*PREDICTIONS, []], [*REFERENCES, ["pledge"]], SCHEMA)
    call, position, pledge = (SCHEMA.names.index(name) for name in ("call", "position", "pledge"))
    assert matrix[call][position] == 1 and matrix[pledge][pledge] == 1
    assert matrix[pledge][len(SCHEMA.names)] == 1  # no type was given
    assert sum(map(sum, matrix)) == 5


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


def test_rouge_against_rouge_score():
    written, reference = ["They agreed to trade.\nThey met."], ["The two agreed on trade.\nThey will meet."]
    scores = RougeMetric().compute(predictions=written, references=reference)
    expected = RougeScorer(list(scores), use_stemmer=True).score(reference[0], written[0])
    assert scores == {name: pytest.approx(score.fmeasure) for name, score in expected.items()}


def test_calibration_worked_by_hand():
    # Bin 0.8 to 0.867: two answers, said 0.85 and 0.85, one right: gap 0.35. Bin 0.2 to 0.267: said 0.25, wrong: 0.25.
    confidence, right = [0.85, 0.85, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0]
    figures = CalibrationMetric().compute(predictions=confidence, references=right)
    assert figures["calibration_error"] == pytest.approx(0.5 * 0.35 + 0.5 * 0.25)
    assert figures["brier"] == pytest.approx((0.15**2 + 0.85**2 + 0.25**2 + 0.25**2) / 4)
    assert figures["brier"] == pytest.approx(brier_score_loss(right, confidence))
    certain = CalibrationMetric().compute(predictions=[1.0, 1.0], references=[1.0, 1.0])
    assert certain == {"calibration_error": 0, "brier": 0}
    half = CalibrationMetric().compute(predictions=[1.0, 0.0], references=[0.0, 0.0])
    assert half["calibration_error"] == half["brier"] == pytest.approx(0.5)


def test_average_precision_of_salience():
    # The first document's salient sentences come first and third: (1/1 + 2/3) / 2. The third has none.
    salience, gold = [[0.9, 0.5, 0.4], [0.2, 0.8], [0.3]], [[1, 0, 1], [0, 1], [0]]
    figures = SalienceMetric().compute(predictions=salience, references=gold)
    assert figures["average_precision"] == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)
    assert average_precision_score(gold[0], salience[0]) == pytest.approx((1 + 2 / 3) / 2)


def test_masi_by_hand():
    a, b = frozenset("ab"), frozenset("bc")
    assert masi_distance(a, a) == 0
    assert masi_distance(a, frozenset("c")) == 1
    assert masi_distance(a, frozenset("a")) == pytest.approx(1 - 1 / 2 * 2 / 3)
    assert masi_distance(a, b) == pytest.approx(1 - 1 / 3 * 1 / 3)


def test_alpha_by_hand():
    # Four units, values p p | p q | q q | q q: one disagreement of four; pooled 3 p and 5 q.
    p, q = frozenset("p"), frozenset("q")
    expected = 1 - (1 / 4) / (2 * 3 * 5 / (8 * 7))
    assert krippendorff_alpha([(p, p), (p, q), (q, q), (q, q)]) == pytest.approx(expected)
    assert krippendorff_alpha([(p, p), (p, p)]) == 1
    figures = SetAgreementMetric().compute(
        predictions=[["p"], ["p"], ["q"], ["q"]], references=[["p"], ["q"], ["q"], ["q"]]
    )
    assert figures["sets_alpha"] == pytest.approx(expected)


def test_facts_of_the_reference_that_are_told():
    # Lima, Quito, 30 and March; the abstract tells Lima and the number.
    reference = ["Envoys from Lima and Quito pledged 30 boats by March."]
    figures = FactCoverageMetric().compute(
        predictions=[["Lima gives thirty boats, that is 30."]], references=[reference]
    )
    assert figures["fact_coverage"] == pytest.approx(2 / 4)
    nothing = FactCoverageMetric().compute(predictions=[["They met."]], references=[["They agreed."]])
    assert nothing["fact_coverage"] == 1


def test_unsupported_items_are_counted():
    source = ["The council in Lima approved a plan of 9 points.", "Delegates from Peru spoke."]
    figures = UnsupportedMetric().compute(
        predictions=[["The council in Lima approved a plan of 12 points."], [source[0]]],
        references=[source, source],
    )
    assert figures["unsupported"] == 0.5  # 12 points in the first, nothing in the second


def test_commitments_that_abstracts_cite():
    # Of five commitments in two texts, two are cited; citing another sentence neither helps nor harms.
    figures = CommitmentRecallMetric().compute(predictions=[[0, 3, 7], [1]], references=[[0, 2, 3], [4, 5]])
    assert figures["commitment_recall"] == pytest.approx(2 / 5)
    assert CommitmentRecallMetric().compute(predictions=[[1]], references=[[]])["commitment_recall"] == 0


def test_accuracy_of_the_most_confident():
    confidence, right = np.array([0.9, 0.3, 0.8, 0.6]), np.array([1.0, 0.0, 1.0, 0.0])
    assert accuracy_at_coverage(confidence, right, [0.5, 0.75, 1.0]) == pytest.approx([1, 2 / 3, 0.5])
    assert accuracy_at_coverage(confidence, right, [0.01]) == [1]
