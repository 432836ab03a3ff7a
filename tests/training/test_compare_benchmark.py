import json
from collections import Counter

import pytest
from typer.testing import CliRunner

import communique
from communique.cli import app
from communique.models.taxonomy import commitment_schema
from communique.models.text import segment
from communique.training.compare_benchmark import (
    TextPair,
    _statistics,
    benchmark_comparison,
    comparison_benchmark_table,
    load_pairs,
)
from communique.training.config import data_path

SHIPPED = "package:seeds/comparisons/pairs.jsonl"


@pytest.fixture(scope="module")
def pairs():
    return load_pairs([data_path(SHIPPED)])


def test_shipped_pairs_follow_the_guideline(pairs):
    schema = commitment_schema()
    assert Counter(pair.tuning for pair in pairs) == {True: 8, False: 12}
    for pair in pairs:
        for side, document in (("old", pair.old), ("new", pair.new)):
            assert not any(schema.problem_with(sentence.types) for sentence in document.sentences), pair.id
            assert [sentence.text for sentence in segment(document.text)] == document.sentence_texts()
            judged = {getattr(entry, side) for entry in pair.alignment}
            for index, sentence in enumerate(document.sentences[1:], start=1):
                binds = any(schema.type_named(name).kind != "statement" for name in sentence.types)
                assert not binds or index in judged, (pair.id, side, index)


def test_figures_by_hand(pairs):
    pair = pairs[0]  # one entry is new, eight link two sentences
    right = [(entry.old, entry.new, entry.verdict) for entry in pair.alignment]
    assert _statistics([pair], [right]).values()["accuracy"] == 1.0
    wrong = [
        *right[1:],
        (2, 2, "weakened"),
        (None, 5, "new"),
    ]  # instead of (2, 2, "repeated"), and one too many
    figures = _statistics([pair], [wrong]).values()
    assert figures["accuracy"] == pytest.approx((len(right) - 1) / len(right))
    assert figures["links, precision"] == figures["links, recall"] == 1.0
    assert figures["new, F1"] == pytest.approx(2 / 3)


def test_broken_pairs_are_named(pairs, tmp_path):
    path = tmp_path / "pairs.jsonl"
    data = json.loads(pairs[0].model_dump_json())
    data["alignment"] = [{"old": 99, "new": 0, "verdict": "new"}]
    path.write_text(json.dumps(data) + '\n{"id": "x"}\n')
    with pytest.raises(communique.CommuniqueError) as caught:
        load_pairs([path])
    message = str(caught.value)
    assert f"{path}:1: entry 1: old = 99, but the old text has" in message
    assert "the verdict new does not fit" in message and f"{path}:2: tuning: Field required" in message
    path.write_text(TextPair.model_validate(pairs[0]).model_dump_json() + "\n")
    with pytest.raises(communique.CommuniqueError, match="no pair for judging"):
        benchmark_comparison([path], communique.load, tuning=False)  # type: ignore[arg-type]


def test_on_the_command_line(classifier_folder, pairs, tmp_path):
    data, output = tmp_path / "pairs.jsonl", tmp_path / "result.json"
    data.write_text("".join(pair.model_dump_json() + "\n" for pair in pairs[:2]))
    command = ["benchmark", "compare", "--data", str(data), "--tuning", "--examples", "--output", str(output)]
    result = CliRunner().invoke(app, [*command, "--classifier", str(classifier_folder)])
    assert result.exit_code == 0, result.output
    written = json.loads(output.read_text())
    assert written["pairs"] == 2 and set(written["systems"]) == {"communique", "TF-IDF and primary type"}
    assert "| links, F1 |" in result.stdout and comparison_benchmark_table(written) in result.stdout
