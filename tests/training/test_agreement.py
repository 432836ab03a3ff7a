import pytest
from sklearn.metrics import cohen_kappa_score

from communique.errors import CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.agreement import agreement
from communique.training.corpus import AnnotatedDocument

SCHEMA = commitment_schema()


def document(*passes):
    text = "x" * len(passes)
    sentences = [
        {"start": i, "end": i + 1, "types": pair[0], "passes": pair} for i, pair in enumerate(passes)
    ]
    return AnnotatedDocument.model_validate({"id": "d", "text": text, "sentences": sentences})


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
