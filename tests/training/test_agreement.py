import pytest
from communique.errors import CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.agreement import agreement, krippendorff_alpha, masi_distance
from communique.training.corpus import AnnotatedDocument
from sklearn.metrics import cohen_kappa_score

SCHEMA = commitment_schema()


def document(*passes):
    text = "x" * len(passes)
    sentences = [
        {"start": i, "end": i + 1, "types": pair[0], "passes": pair} for i, pair in enumerate(passes)
    ]
    return AnnotatedDocument.model_validate({"id": "d", "text": text, "sentences": sentences})


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


def test_agreement():
    passes = [
        (["pledge"], ["pledge"]),
        (["call"], ["position"]),
        (["decision", "activity"], ["decision"]),
        (["background"], ["background"]),
    ]
    result = agreement([document(*passes)], SCHEMA)
    assert result.sentences == 4
    assert result.primary_accuracy == 0.75
    assert result.primary_kappa == pytest.approx(
        cohen_kappa_score(
            ["pledge", "call", "decision", "background"], ["pledge", "position", "decision", "background"]
        )
    )
    assert result.confusions == [("call", "position", 1)]
    assert result.per_type_f1["pledge"] == 1 and result.per_type_f1["activity"] == 0


def test_nothing_annotated_twice():
    once = AnnotatedDocument.model_validate(
        {"id": "d", "text": "x", "sentences": [{"start": 0, "end": 1, "types": ["call"]}]}
    )
    with pytest.raises(CorpusError, match="no sentence has two passes"):
        agreement([once], SCHEMA)
