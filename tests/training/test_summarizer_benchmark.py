"""The benchmark of abstracts: every system is judged on the same documents, and what it wrote can be read."""

import json

import pytest

from communique.errors import CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.abstract_writers import (
    BASELINES,
    EXTRACTIVE,
    LEX_RANK,
    OURS,
    SYSTEMS,
    ZERO_SHOT,
    Assignment,
    documents_with_abstract,
    lex_rank_scores,
    text_rank_scores,
    write_abstracts,
)
from communique.training.corpus import load_documents
from communique.training.summarizer_benchmark import (
    MEASURES,
    benchmark_summarizer,
    novel_bigrams,
    summarizer_benchmark_tables,
    write_summarizer_benchmark,
)

SENTENCES = [
    "The ferry council approved a plan for the port of Riga.",
    "The port of Riga will get a new ferry under the plan.",
    "The plan for the port was praised by the ferry council.",
    "Rain fell in Lima.",
]


@pytest.mark.parametrize("scores", [text_rank_scores, lex_rank_scores])
def test_what_shares_words_with_the_rest_is_central(scores):
    ranking = scores(SENTENCES)
    assert max(ranking) == ranking[0]
    assert scores(["Rain fell in Lima."]) == pytest.approx([1.0])


def test_novel_bigrams():
    assert (
        novel_bigrams("The council met in Riga.", "Last week the council met. Nobody knows, in Riga") == 0.25
    )
    assert novel_bigrams("", "x y") == 0


@pytest.fixture
def in_this_process(monkeypatch):
    """Without the start of a process for each system; one of them is started below."""
    from dataclasses import asdict

    from communique.training import summarizer_benchmark

    def run(module, arguments, threads, name):
        return json.loads(json.dumps(asdict(write_abstracts(Assignment(**arguments)))))

    monkeypatch.setattr(summarizer_benchmark, "run_in_own_process", run)


def test_systems_side_by_side(classifier_folder, summarizer_folder, corpus, tmp_path, in_this_process):
    steps = []
    result = benchmark_summarizer(
        summarizer_folder,
        [corpus["validation"]],
        classifier=classifier_folder,
        systems=(*SYSTEMS, *BASELINES),
        limit=3,
        threads=1,
        untrained="tiny-decoder",
        encoder="tiny-encoder",
        report=steps.append,
    )
    assert list(result["systems"]) == [*SYSTEMS, *BASELINES] and len(steps) == 6
    for name, system in result["systems"].items():
        assert set(system["abstracts"]) == set(MEASURES)
        assert len(system["written"]) == result["documents"] == 3
        assert system["peak_memory_mb"] > 20, name
    assert result["systems"][OURS]["abstracts"]["seconds"]["value"] > 0
    assert result["systems"][LEX_RANK]["abstracts"]["novel_bigrams"]["value"] < 0.1
    assert {row["against"] for row in result["differences"]} == {EXTRACTIVE, *BASELINES}
    files = write_summarizer_benchmark(result, tmp_path / "out")
    assert [file.name for file in files] == [
        "benchmark.json",
        "benchmark.md",
        "benchmark.png",
        "abstracts.md",
    ]
    assert json.loads(files[0].read_text(encoding="utf-8")) == result
    assert f"| {ZERO_SHOT} |" in summarizer_benchmark_tables(result)
    assert files[2].read_bytes().startswith(b"\x89PNG")
    read = files[3].read_text(encoding="utf-8")
    assert "**decision**" in read and "**consultation**" not in read
    assert read.count(f"**{OURS}**: ") == 3


def test_a_system_in_a_process_of_its_own(classifier_folder, corpus):
    result = benchmark_summarizer(
        "/no/such/model",
        [corpus["validation"]],
        classifier=classifier_folder,
        limit=1,
        threads=1,
        encoder="tiny-encoder",
        systems=(EXTRACTIVE,),
    )
    assert result["systems"][EXTRACTIVE]["written"][0]["sentences"]


def test_documents_are_spread_over_all(corpus):
    documents = load_documents([corpus["train"]], commitment_schema())
    assert [d.id for d in documents_with_abstract(documents, 3)] == ["train-0", "train-8", "train-16"]
    assert documents_with_abstract(documents, None) == documents


def test_without_abstracts_there_is_nothing_to_judge(classifier_folder, tmp_path, corpus):
    document = json.loads(corpus["train"].read_text(encoding="utf-8").split("\n")[0])
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({**document, "abstract": None}), encoding="utf-8")
    with pytest.raises(CorpusError, match="no document has an abstract"):
        benchmark_summarizer("summarizer", [path], classifier=classifier_folder)
