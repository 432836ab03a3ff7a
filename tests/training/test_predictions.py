"""Predictions of other systems: read, brought to the annotated sentences, refused with line and field."""

import json

import jsonschema
import numpy as np
import pytest

from communique.errors import PredictionsError
from communique.models.taxonomy import commitment_schema
from communique.training.corpus import AnnotatedDocument
from communique.training.predictions import (
    load_predictions,
    on_annotated_sentences,
    predictions_schema,
    write_predictions,
)

SCHEMA = commitment_schema()
TEXT = "They met. They agreed to trade."
SENTENCES = [
    {"start": 0, "end": 9, "types": ["consultation"]},
    {"start": 10, "end": 31, "types": ["agreement"]},
]
DOCUMENTS = [
    AnnotatedDocument.model_validate(
        {"id": name, "text": TEXT, "sentences": SENTENCES, "abstract": "They agreed to trade."}
    )
    for name in ("one", "two")
]
LABELS = [{"types": ["consultation"]}, {"types": ["call", "agreement"]}]


@pytest.fixture
def load(tmp_path):
    def _load(*lines):
        path = tmp_path / "rival.jsonl"
        path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
        return load_predictions(path, DOCUMENTS, SCHEMA)

    return _load


def test_labels_in_the_order_of_the_annotated_sentences(load):
    # The order of lines is free.
    predicted = load({"id": "two", "sentences": LABELS}, {"id": "one", "sentences": LABELS[:1] * 2})
    result = on_annotated_sentences(predicted, DOCUMENTS, SCHEMA)
    assert result.types == [[("consultation",)] * 2, [("consultation",), ("agreement", "call")]]
    assert result.confidence is None and result.salience is None and result.extra == [[], []]


def test_a_system_that_cuts_the_text_for_itself(load):
    labels = [{"start": 0, "end": 9, "types": ["call"], "confidence": 0.5, "salience": 0.1}]
    labels += [{"start": 10, "end": 21, "types": ["pledge"], "confidence": 0.9, "salience": 0.8}]
    predicted = load({"id": "one", "sentences": labels}, {"id": "two", "sentences": labels})
    result = on_annotated_sentences(predicted, DOCUMENTS, SCHEMA)
    assert result.types[0] == [("call",), ()]
    assert result.extra[0] == [("pledge",)]
    assert result.confidence[0][0] == 0.5 and np.isnan(result.confidence[0][1])
    assert result.salience[0][0] > result.salience[0][1]


def test_an_abstract_is_a_text_or_sentences_with_their_sources(load):
    predicted = load(
        {"id": "one", "abstract": "They met. They agreed."},
        {"id": "two", "abstract": [{"text": "They agreed.", "sources": [1]}]},
    )
    assert [part.text for part in predicted[0].abstract] == ["They met.", "They agreed."]
    assert predicted[0].abstract[0].sources is None and predicted[1].abstract[0].sources == (1,)
    assert on_annotated_sentences(predicted, DOCUMENTS, SCHEMA).types is None


def test_lines_follow_the_schema_that_is_printed():
    for line in ({"id": "one", "sentences": LABELS}, {"id": "one", "abstract": "They met."}):
        jsonschema.validate(line, predictions_schema())
    with pytest.raises(jsonschema.ValidationError, match="'score' was unexpected"):
        jsonschema.validate({"id": "one", "sentences": [{"types": [], "score": 1}]}, predictions_schema())


def test_what_is_written_is_read_back(load, tmp_path):
    predicted = load(
        {"id": "one", "sentences": LABELS, "abstract": "They agreed."},
        {"id": "two", "sentences": LABELS, "abstract": ""},
    )
    write_predictions(predicted, tmp_path / "again.jsonl")
    assert load_predictions(tmp_path / "again.jsonl", DOCUMENTS, SCHEMA) == predicted


GOOD = {"id": "one", "sentences": LABELS}


def labelled(first, second=LABELS[1]):
    return {"id": "two", "sentences": [first, second]}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"rival.jsonl:2: is not JSON \(column 2"),
        ({"id": "two"}, r"rival.jsonl:2: field 'sentences': is missing, while other documents have it"),
        ({"id": "three", "sentences": LABELS}, r":2: field 'id': the data hold no document 'three'"),
        (GOOD, r":2: field 'id': 'one' stands in line 1 already"),
        ({"id": "two", "sentence": []}, r":2: unknown field 'sentence'; did you mean 'sentences'\?"),
        (labelled({"type": ["call"]}), r":2: field 'sentences\[0\]\.types': is missing"),
        (
            labelled({"types": ["call"], "score": 1}),
            r":2: unknown field 'sentences\[0\]\.score'.*confidence",
        ),
        (
            labelled({"types": ["pledges"]}),
            r":2: field 'sentences\[0\]\.types': unknown type 'pledges'; did you",
        ),
        (labelled({"types": []}), r":2: field 'sentences\[0\]\.types': a sentence has no type"),
        (
            labelled({"types": ["call"], "confidence": 1.5}),
            r":2: field 'sentences\[0\]\.confidence': .*less than",
        ),
        ({"id": "two", "sentences": LABELS[:1]}, r":2: field 'sentences': has 1 sentence\(s\).*has 2; give"),
        (labelled({"types": ["call"], "start": 0}), r":2: field 'sentences\[0\]': 'start' and 'end' belong"),
        (
            labelled({"types": ["call"], "start": 0, "end": 9}),
            r":2: field 'sentences\[1\]\.start': is missing, while other sentences have it",
        ),
        (
            {"id": "two", "sentences": [{"types": ["call"], "start": 0, "end": 99}]},
            r":2: field 'sentences\[0\]\.end': \[0:99\] does not fit a text of 31 characters",
        ),
        (
            {**GOOD, "id": "two", "abstract": [{"text": "They met.", "sources": [2]}]},
            r":2: field 'abstract\[0\]\.sources': document 'two' has no sentence 2",
        ),
        ({**GOOD, "id": "two", "abstract": "They met."}, r":1: field 'abstract': is missing, while other"),
        ([GOOD], r":2: field '\(the whole line\)': \[\{.*… is no object with fields"),
        ("[", r":2: begins a list; a file of predictions is no list, but one document a line"),
        (json.dumps(GOOD) + ",", r":2: goes on after a document \(column \d+\); one document a line"),
        (labelled({"types": "call"}), r":2: field 'sentences\[0\]\.types': 'call' is no list"),
        (labelled("call"), r":2: field 'sentences\[0\]': 'call' is no object with fields"),
        ({"id": 2, "sentences": LABELS}, r":2: field 'id': 2 is no text in quotation marks"),
        ({"sentences": LABELS}, r":2: field 'id': is missing"),
        ({**GOOD, "id": "two", "abstract": 5}, r":2: field 'abstract': 5 is no list"),
        (
            labelled({"types": ["call"], "confidence": "high"}),
            r":2: field 'sentences\[0\]\.confidence': 'high' should be a valid number",
        ),
        (
            labelled({"types": ["call"], "salience": float("inf")}),
            r":2: field 'sentences\[0\]\.salience': inf should be a finite number",
        ),
        (
            labelled({"types": ["call"], "salience": 0.5}),
            r":1: field 'sentences\[0\]\.salience': is missing, while other sentences have it",
        ),
        (
            labelled(LABELS[0], {"types": ["call"], "confidence": 0.5}),
            r":2: field 'sentences\[0\]\.confidence': is missing, while other sentences have it",
        ),
    ],
)
def test_a_wrong_line_is_named_with_its_field(load, line, message):
    with pytest.raises(PredictionsError, match=message):
        load(GOOD, line)


def test_a_partial_file_is_refused(load):
    with pytest.raises(PredictionsError, match=r"1 of 2 documents have no prediction, such as 'two'"):
        load(GOOD)
    with pytest.raises(
        PredictionsError, match=r"no document has it, nor 'abstract'; there is nothing to judge"
    ):
        load({"id": "one"}, {"id": "two"})


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(PredictionsError, match=r"gone.jsonl: cannot be read"):
        load_predictions(tmp_path / "gone.jsonl", DOCUMENTS, SCHEMA)
    with pytest.raises(PredictionsError, match=r"the data hold 1 id\(s\) twice, such as 'one'"):
        load_predictions(tmp_path / "any.jsonl", [*DOCUMENTS, DOCUMENTS[0]], SCHEMA)
