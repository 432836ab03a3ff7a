"""Errors are planted as described, and the benchmark counts what it says."""

import json

import pytest
from typer.testing import CliRunner

from communique.cli import app
from communique.models.taxonomy import commitment_schema
from communique.training.config import data_path
from communique.training.corpus import load_documents
from communique.training.planted_errors import ERROR_KINDS, plant_errors
from communique.training.support_benchmark import NOT_IN_THE_TEXT, benchmark_support, support_tables

VALIDATION = "package:seeds/corpus/validation.jsonl"


@pytest.fixture(scope="module")
def documents():
    return load_documents([data_path(VALIDATION)], commitment_schema())


def test_one_error_in_each_sentence(documents):
    planted = plant_errors(documents, 5)
    assert [error.kind for error in planted] == [kind for kind in ERROR_KINDS for _ in range(5)]
    for error in planted:
        tail = len(error.planted) - error.end
        assert error.planted != error.correct
        assert error.correct[: error.start] == error.planted[: error.start]
        assert tail == 0 or error.correct.endswith(error.planted[error.end :])
        assert error.correct in error.document.abstract


def test_equal_seeds_plant_equal_errors(documents):
    texts = [[error.planted for error in plant_errors(documents, 3, seed)] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_sentences_left_out_are_in_the_corpus(documents):
    abstracts = {document.id: document.abstract for document in documents}
    for identifier, words in NOT_IN_THE_TEXT.items():
        assert words in abstracts[identifier]


def test_recall_and_false_alarms(documents, tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text("".join(document.model_dump_json() + "\n" for document in documents[:25]))
    result = benchmark_support([path], errors=8)
    assert result.recall.of == sum(share.of for share in result.recall_by_kind.values())
    assert result.recall.value >= 0.7 and result.false_alarms.value <= 0.1
    assert len(result.missed) == result.recall.of - result.recall.found
    assert len(result.alarms) == result.false_alarms.found
    tables = support_tables(result, examples=True)
    assert f"| all | {result.recall} |" in tables and "False alarms:" in tables
    assert result.to_dict()["recall"] == {"found": result.recall.found, "of": result.recall.of}


def test_on_the_command_line(documents, tmp_path):
    data, output = tmp_path / "some.jsonl", tmp_path / "result.json"
    data.write_text("".join(document.model_dump_json() + "\n" for document in documents[:5]))
    command = ["benchmark", "support", "--data", str(data), "--errors", "1", "--output", str(output)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0 and "| planted error | found |" in result.output
    assert json.loads(output.read_text())["recall"]["of"] == 6
