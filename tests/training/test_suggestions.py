"""Suggestions are unsure sentences that differ, and the simulation counts what it says."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from communique.cli import app
from communique.errors import InputError
from communique.inference.results import Analysis, LabelledSentence
from communique.models.taxonomy import commitment_schema
from communique.models.text import Document, segment
from communique.training.examples import is_example_file, load_examples
from communique.training.labelling import Unit
from communique.training.labelling.items import items_of
from communique.training.suggestion_benchmark import (
    RANDOM,
    STRATEGIES,
    SUGGEST,
    Curve,
    SuggestionBenchmark,
    benchmark_suggestions,
    labels_needed,
    suggestion_tables,
    write_suggestion_benchmark,
)
from communique.training.suggestions import (
    pick,
    sentence_vectors,
    suggest_sentences,
    suggestion_drafts,
    suggestion_lines,
)

from ..conftest import write_corpus


class SentencesByLength:
    """Stands for an analyzer: the longer a sentence, the surer it is."""

    schema = commitment_schema()

    def analyze(self, documents, *, method):
        assert method is None
        for document in documents:
            sentences = tuple(
                LabelledSentence(
                    s.index, s.start, s.end, s.text, ("call",), "call", {}, False, 0.5, len(s.text) / 200, 0.1
                )
                for s in segment(document.text)
            )
            yield Analysis(document.identifier, document.title, sentences, None, {"classifier": "by length"})


FIRST = Document("Talks were held. He urged both sides to sign. He urged both sides to sign.", identifier="a")
SECOND = Document("They vowed to keep the port of Riga open to all.\n\nThey met.", identifier="b")


def suggested(count, labelled=()):
    return suggest_sentences(SentencesByLength(), [FIRST, SECOND], count, labelled)


def test_the_least_certain_come_first_and_nothing_twice():
    texts = [suggestion.sentence.text for suggestion in suggested(9)]
    assert texts[:2] == ["They met.", "Talks were held."] and len(texts) == 4
    assert texts.count("He urged both sides to sign.") == 1


def test_labelled_sentences_are_left_out(tmp_path):
    path = write_corpus(tmp_path / "corpus.jsonl", 1, "train")
    document = json.loads(path.read_text())
    document["text"] = f"They  met.{document['text'][10:]}"
    document["sentences"][0].update(start=0, end=10)
    path.write_text(json.dumps(document) + "\n")
    assert "They met." not in [suggestion.sentence.text for suggestion in suggested(9, [path])]


def test_near_repetitions_are_passed_over():
    vectors = sentence_vectors(["the envoys met in Riga", "the envoys met in Lima", "talks go on"])
    doubt = np.array([0.9, 0.8, 0.1])
    assert pick(vectors, doubt, 2) == [0, 2]
    assert pick(vectors, doubt, 9) == [0, 2, 1]


def test_no_document():
    with pytest.raises(InputError, match="no document"):
        suggest_sentences(SentencesByLength(), [], 3)


def test_a_suggestion_shows_its_document_before_it():
    (draft,) = [draft for draft in suggestion_drafts(suggested(2)) if draft.document.id == "b"]
    (item,) = items_of([draft], Unit.sentence)
    assert item.context == "They vowed to keep the port of Riga open to all."
    assert item.text == "They met." and item.predicted_by == "by length"
    assert draft.document.text == SECOND.text and draft.certainty[0].confidence == 9 / 200


def test_lines_of_suggestions_can_be_trained_with(tmp_path):
    path = tmp_path / "next.jsonl"
    path.write_text(suggestion_lines(suggested(2)))
    assert is_example_file(path)
    assert [document.text for document in load_examples(path)] == ["They met.", "Talks were held."]


def test_a_tool_needs_a_file():
    result = CliRunner().invoke(app, ["suggest", "a.txt", "--to", "doccano"])
    assert result.exit_code == 2 and "--output" in result.output


def test_the_simulation_starts_alike_and_learns(tmp_path):
    train = write_corpus(tmp_path / "train.jsonl", 12, "train")
    held_out = write_corpus(tmp_path / "validation.jsonl", 2, "validation", first=50)
    result = benchmark_suggestions([train], [held_out], seeds=2, batch=20, rounds=2)
    assert result.labels == (20, 40, 60) and (result.pool, result.judged) == (120, 20)
    starts = {curve.strategy: [values[0] for values in curve.macro_f1] for curve in result.curves}
    assert len(starts) == len(STRATEGIES) and all(start == starts[RANDOM] for start in starts.values())
    assert all(curve.mean[-1] > curve.mean[0] for curve in result.curves)
    paths = write_suggestion_benchmark(result, tmp_path / "out")
    assert [path.name for path in paths] == ["suggest.json", "suggest.md", "suggest.png"]
    assert paths[2].read_bytes().startswith(b"\x89PNG") and SUGGEST in paths[1].read_text()


def test_labels_needed_lie_between_rounds():
    curves = (
        Curve(RANDOM, ((0.1, 0.2, 0.3, 0.4),)),
        Curve(SUGGEST, ((0.1, 0.3, 0.5, 0.35), (0.1, 0.5, 0.5, 0.35))),
    )
    result = SuggestionBenchmark((100, 200, 300, 400), 1000, 50, curves)
    assert labels_needed(result, SUGGEST, 0.2) == pytest.approx(100 + 100 / 3)
    assert labels_needed(result, SUGGEST, 0.1) == 100
    assert labels_needed(result, RANDOM, 0.6) is None


def test_a_simulation_table_says_what_was_saved():
    curves = (
        Curve(STRATEGIES[0], ((0.1, 0.2, 0.3, 0.4),)),
        Curve(STRATEGIES[1], ((0.1, 0.1, 0.1, 0.1),)),
        Curve(STRATEGIES[2], ((0.1, 0.4, 0.4, 0.4),)),
    )
    table = suggestion_tables(SuggestionBenchmark((100, 200, 300, 400), 1000, 50, curves))
    assert "| 0.400 | 400 | not reached | 200 (-50%) |" in table
