"""The benchmark measures what it says, and in processes that do not disturb one another."""

import json

import pytest
from communique.errors import CommuniqueError
from communique.models.taxonomy import commitment_schema
from communique.training.baselines import TFIDF, learned_types
from communique.training.benchmark import (
    OURS,
    _speed_in_own_process,
    benchmark_classifier,
    benchmark_tables,
    measure_speed,
    write_benchmark,
)
from communique.training.corpus import load_documents


def test_accuracy_and_speed_side_by_side(classifier_folder, corpus, tmp_path):
    steps = []
    result = benchmark_classifier(
        classifier_folder, [corpus["validation"]], sentences=50, threads=(1,), report=steps.append
    )
    (speed,) = result["speed"]
    assert speed["system"] == OURS and speed["threads"] == 1
    assert speed["sentences_per_second"] > 1
    assert 0 < speed["p50_milliseconds"] <= speed["p95_milliseconds"]
    assert speed["peak_memory_mb"] > 20
    assert len(steps) == 2
    json_file, tables, picture = write_benchmark(result, tmp_path / "out")
    assert json.loads(json_file.read_text()) == result
    assert OURS in tables.read_text() and "primary macro f1" in benchmark_tables(result)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("system", ["communique (torch)", "transformers pipeline, batches of 32"])
def test_every_way_to_run_is_timed(system, classifier_folder, corpus):
    speed = measure_speed(system, str(classifier_folder), [corpus["validation"]], 20, 1)
    assert speed.sentences_per_second > 1


def test_a_failed_measurement_is_an_error_with_its_reason(classifier_folder, tmp_path, monkeypatch):
    from communique.training import benchmark

    with pytest.raises(CommuniqueError, match="the measurement of"):
        benchmark._speed_in_own_process(OURS, classifier_folder, [tmp_path / "gone.jsonl"], 5, 1)


def test_the_learned_baseline_learns(corpus):
    schema = commitment_schema()
    training = load_documents([corpus["train"]], schema)
    asked = load_documents([corpus["validation"]], schema)
    given = learned_types(TFIDF, training, asked, schema)
    pairs = [
        (a, s.types)
        for group, d in zip(given, asked, strict=True)
        for a, s in zip(group, d.sentences, strict=True)
    ]
    assert sum(schema.primary(a) == schema.primary(b) for a, b in pairs) / len(pairs) > 0.9


def test_memory_is_the_process_s_own(classifier_folder, corpus):
    """A large process that starts the measurement must not count in it."""
    ballast = bytearray(700_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    speed = _speed_in_own_process(OURS, classifier_folder, [corpus["validation"]], 5, 1)
    assert len(ballast) / 1e6 > speed.peak_memory_mb
