"""The benchmark of batch runs measures what it says."""

import json
from dataclasses import asdict

import pytest

from communique.errors import CommuniqueError, InputError
from communique.training import batch_benchmark
from communique.training.batch_benchmark import (
    DATASETS,
    LOCAL,
    LOOP,
    Throughput,
    batch_table,
    benchmark_batch,
    measure,
)


def test_batch_runs_are_measured_in_processes_of_their_own(classifier_folder, corpus, monkeypatch):
    monkeypatch.setattr(batch_benchmark.importlib.util, "find_spec", lambda name: None)
    steps = []
    result = benchmark_batch(
        [corpus["validation"]],
        classifier=str(classifier_folder),
        documents=6,
        methods=["types"],
        workers=[1],
        report=steps.append,
    )
    (row,) = result["throughput"]
    assert (row["system"], row["method"], row["workers"]) == (LOCAL, "types", 1)
    assert row["documents"] == 6 and row["sentences"] == 60
    assert row["memory"][-1][0] == 6 and row["memory"][-1][1] > 20
    assert steps[0] == "communique batch, types, 1 worker(s)" and " documents/s, " in steps[1]
    assert f"| {LOCAL} | types | 1 | 6 |" in batch_table(json.loads(json.dumps(result)))


def test_the_pipeline_meets_a_sentence_longer_than_its_window(classifier_folder, tmp_path):
    (tmp_path / "long.txt").write_text(f"They agreed to {'trade and ' * 1000}fish.")
    measured = measure(DATASETS, "types", 1, str(tmp_path / "long.txt"), str(classifier_folder), "summarizer")
    assert measured.sentences == 1


@pytest.mark.parametrize(("system", "method"), [(LOOP, "types"), (LOOP, "extractive"), (DATASETS, "types")])
def test_what_stands_beside_it(classifier_folder, corpus, system, method):
    measured = measure(system, method, 1, str(corpus["validation"]), str(classifier_folder), "summarizer")
    assert (measured.documents, measured.sentences) == (4, 40)
    assert measured.memory[-1][0] == 4


def test_figures():
    measured = Throughput(LOCAL, "types", 1, 100, 2000, 10.0, ((5, 300), (10, 400), (100, 440)))
    assert measured.documents_per_second == 10 and measured.sentences_per_second == 200
    assert measured.memory_growth == pytest.approx(1.1)


def test_rates_stand_in_proportion_to_the_loop():
    memory = ((100, 300),)
    rows = [
        Throughput(LOCAL, "types", 1, 100, 2000, 10.0, memory),
        Throughput(LOOP, "types", 1, 100, 2000, 15.0, memory),
        Throughput(LOCAL, "extractive", 1, 100, 2000, 10.0, memory),
    ]
    machine = {"processor": "one", "cores": 2}
    table = batch_table(
        {"machine": machine, "classifier": "small", "throughput": [asdict(row) for row in rows]}
    )
    proportions = [line.split(" | ")[5] for line in table.splitlines()[4:]]
    assert proportions == ["1.50", "1.00", ""]


def test_what_cannot_be_measured(classifier_folder, tmp_path, corpus):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(InputError, match=r"there is no document that can be read"):
        benchmark_batch([tmp_path / "a.txt"])
    with pytest.raises(CommuniqueError, match="the measurement of 'communique batch' failed"):
        benchmark_batch(
            [corpus["validation"]], classifier=str(tmp_path), documents=1, methods=["types"], workers=[1]
        )
