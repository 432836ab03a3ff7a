"""Quality, speed and memory of the summarizer beside simpler systems, in one run on one machine.

Abstracts are written by `training.abstract_writers`, each system in a process of its own, and judged by the measures
of `training.evaluation` and a few more. All figures have 95 % intervals by bootstrap over documents, and every
system is compared with ours on the same documents.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..errors import CorpusError
from ..models.folder import file_hash, open_model_folder
from ..models.summarizer import MeetingSummarizer, SourceSentence
from ..models.taxonomy import LabelSchema
from .abstract_writers import (
    SYSTEMS,
    Assignment,
    Writings,
    documents_with_abstract,
)
from .baselines import sentence_embeddings
from .corpus import AnnotatedDocument, load_documents
from .evaluation import (
    ABSTRACT_MEASURES,
    WrittenAbstract,
    abstract_statistics,
    judge_abstracts,
    plain_intervals,
    system_differences,
    written_abstracts,
)
from .figures import abstract_scores
from .machine import machine_description, run_in_own_process
from .metrics import rouge_scores
from .predictions import PredictedAbstractSentence
from .report import difference_table, measure_table
from .significance import Statistics, intervals, joined, mean_statistics

MEASURES = (*ABSTRACT_MEASURES, "embedding_similarity", "novel_bigrams", "words", "compression", "seconds")
ENGINE_DOCUMENTS = 20


def benchmark_summarizer(
    summarizer: str | Path,
    data: Sequence[Path],
    *,
    classifier: str | Path = "classifier",
    systems: Sequence[str] = SYSTEMS,
    engines: bool = False,
    limit: int | None = None,
    threads: int = 2,
    untrained: str = "smollm2-135m",
    encoder: str = "minilm",
    report: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Judge abstracts, and measure what they take.

    Args:
        summarizer: A shipped summarizer's name, or a model folder.
        data: Files of annotated documents with abstracts that no model has learned from.
        classifier: The same as `summarizer`, of the classifier.
        systems: What to judge, of `SYSTEMS` (our two methods) and `BASELINES` (leading sentences, TextRank, LexRank and
            an untrained language model).
        engines: Compare what the OpenVINO engine and the torch engine write.
        limit: Judge so many of the documents, spread over all; None for all.
        threads: Processor threads of each system.
        untrained: The language model that is asked without training, as in a configuration.
        encoder: The encoder whose embeddings are compared, as in a configuration.
        report: Called with a line before each measurement.

    Returns:
        Plain data: `machine`, `systems` by name, each with `abstracts` (measure -> value, low, high), `load_seconds`,
        `peak_memory_mb` and `written`; `differences` of ours from the others; `outcomes` of each document; with
        `engines` what `compare_engines` returns.

    Raises:
        CorpusError: If a document is broken, or none has an abstract.
        ModelFolderError: If a model is damaged, or lacks what an engine needs.
        CommuniqueError: If a system fails.
    """
    schema = open_model_folder(classifier, "classifier").schema
    documents = documents_with_abstract(load_documents(data, schema), limit)
    if not documents:
        raise CorpusError(f"{', '.join(map(str, data))}: no document has an abstract to compare with")
    statistics: dict[str, Statistics] = {}
    judged: dict[str, Any] = {}
    for system in systems:
        report(f"abstracts by {system}")
        assignment = Assignment(
            system, str(classifier), str(summarizer), tuple(map(str, data)), limit, threads, untrained
        )
        writings = Writings(
            **run_in_own_process(
                "communique.training.abstract_writers", asdict(assignment), threads, f"'{system}'"
            )
        )
        written: list[WrittenAbstract | None] = [
            tuple(PredictedAbstractSentence(text=text, sources=sources) for text, sources in abstract)
            for abstract in writings.abstracts
        ]
        held = judge_abstracts(written, documents)
        statistics[system] = joined(
            abstract_statistics(held, schema),
            mean_statistics(_further_values(writings, documents, encoder)),
        )
        judged[system] = {
            "abstracts": plain_intervals(intervals(statistics[system])),
            "load_seconds": round(writings.load_seconds, 2),
            "peak_memory_mb": writings.peak_memory_mb,
            "written": written_abstracts(held),
        }
    result = {
        "communique": __version__,
        "machine": machine_description(),
        "threads": threads,
        "data": {path.name: file_hash(path) for path in data},
        "documents": len(documents),
        "classification_measures": [],
        "abstract_measures": list(MEASURES),
        "systems": judged,
        "differences": system_differences("abstracts", statistics),
        "outcomes": [_outcomes(document, schema) for document in documents],
    }
    if engines:
        report("drafts by both engines")
        result["engines"] = compare_engines(summarizer, documents[:ENGINE_DOCUMENTS], threads)
    return result


def compare_engines(
    summarizer: str | Path, documents: Sequence[AnnotatedDocument], threads: int | None = None
) -> dict[str, Any]:
    """Compare the likeliest drafts of the two engines, written from the annotated types and salience.

    Returns:
        `documents`; `rouge_l` between the drafts, on average, and `lowest_rouge_l`; `identical`, the share of drafts
        that are the same; and each engine's `seconds` a draft.

    Raises:
        ModelFolderError: If the model lacks what an engine needs.
    """
    drafts: dict[str, list[str]] = {}
    seconds = {}
    for engine in ("openvino", "torch"):
        model = MeetingSummarizer.load(summarizer, engine, threads)
        sources = [_annotated_source(document, model.schema) for document in documents]
        model.draft(sources[0], documents[0].title)
        started = time.perf_counter()
        drafts[engine] = [
            model.draft(source, document.title).strip()
            for source, document in zip(sources, documents, strict=True)
        ]
        seconds[engine] = round((time.perf_counter() - started) / len(documents), 3)
    agreement = rouge_scores(drafts["openvino"], drafts["torch"])["rougeL"]
    same = [ours == reference for ours, reference in zip(drafts["openvino"], drafts["torch"], strict=True)]
    return {
        "documents": len(documents),
        "rouge_l": round(float(np.mean(agreement)), 4),
        "lowest_rouge_l": round(min(agreement), 4),
        "identical": round(float(np.mean(same)), 4),
        "seconds": seconds,
    }


def write_summarizer_benchmark(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write `benchmark.json`, `benchmark.md`, `benchmark.png`, and `abstracts.md` to read; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    data, tables, picture, abstracts = (
        folder / name for name in ("benchmark.json", "benchmark.md", "benchmark.png", "abstracts.md")
    )
    data.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    tables.write_text(summarizer_benchmark_tables(result) + "\n", encoding="utf-8")
    abstracts.write_text(abstracts_to_read(result), encoding="utf-8")
    abstract_scores(result, picture)
    return [data, tables, picture, abstracts]


def summarizer_benchmark_tables(result: dict[str, Any]) -> str:
    """Write a benchmark as Markdown tables."""
    machine = result["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {result['threads']} thread(s); {result['documents']} "
        "documents; 95 % intervals by document. Unsupported items are counted by `check_support`, which our "
        "summarizer itself uses, so that its 0 is by construction. Seconds are a document's, from its sentences to its "
        "abstract, with the models loaded.",
        "",
        *measure_table(result, "abstracts", result["abstract_measures"]),
        "",
        "| system | load s | peak MB |",
        "|---|---|---|",
    ]
    for name, system in result["systems"].items():
        lines.append(f"| {name} | {system['load_seconds']:.2f} | {system['peak_memory_mb']} |")
    lines += ["", *difference_table(result)]
    if "engines" in result:
        engines = result["engines"]
        lines += [
            "",
            f"Drafts of {engines['documents']} documents by both engines: ROUGE-L between them "
            f"{engines['rouge_l']:.3f} (lowest {engines['lowest_rouge_l']:.3f}), identical {engines['identical']:.2f}; "
            + ", ".join(f"{name} {value:.2f} s" for name, value in engines["seconds"].items()),
        ]
    return "\n".join(lines)


def abstracts_to_read(result: dict[str, Any]) -> str:
    """Write every abstract beside its text's outcomes, in Markdown, for people to read."""
    lines = [
        "# Abstracts beside their texts' outcomes",
        "",
        "Numbers in brackets are sentences of the text, from 1. ⚠ marks what `check_support` does not find there.",
        "",
    ]
    for place, outcomes in enumerate(result["outcomes"]):
        document = next(iter(result["systems"].values()))["written"][place]
        lines += [f"## {document['title'] or document['document']}", "", f"`{document['document']}`", ""]
        lines += ["Outcomes in the text:", ""]
        lines += [
            f"- [{outcome['sentence'] + 1}] **{', '.join(outcome['types'])}** {outcome['text']}"
            for outcome in outcomes
        ] or ["- none"]
        lines += ["", f"**Reference**: {document['reference']}", ""]
        for name, system in result["systems"].items():
            lines += [f"**{name}**: {_readable(system['written'][place]['sentences'])}", ""]
    return "\n".join(lines)


def _readable(sentences: Sequence[dict[str, Any]]) -> str:
    parts = []
    for sentence in sentences:
        sources = ", ".join(str(source["sentence"] + 1) for source in sentence["sources"])
        faults = ", ".join(f"{item['kind']} '{item['text']}'" for item in sentence["unsupported"])
        parts.append(f"{sentence['text']} [{sources}]" + (f" ⚠ {faults}" if faults else ""))
    return " ".join(parts) or "(nothing)"


def _outcomes(document: AnnotatedDocument, schema: LabelSchema) -> list[dict[str, Any]]:
    """Return the annotated sentences of a document that bind somebody or call on somebody."""
    statements = {label.name for label in schema.types if label.kind == "statement"}
    return [
        {"sentence": i, "types": list(schema.ordered(sentence.types)), "text": " ".join(text.split())}
        for i, (sentence, text) in enumerate(zip(document.sentences, document.sentence_texts(), strict=True))
        if not statements.issuperset(sentence.types)
    ]


def _annotated_source(document: AnnotatedDocument, schema: LabelSchema) -> list[SourceSentence]:
    return [
        SourceSentence(text, schema.ordered(sentence.types), float(bool(sentence.salient)))
        for text, sentence in zip(document.sentence_texts(), document.sentences, strict=True)
    ]


def _further_values(
    writings: Writings, documents: Sequence[AnnotatedDocument], encoder: str
) -> dict[str, Sequence[float]]:
    """Compute the measures that `abstract_statistics` lacks, a value for each document."""
    texts = [" ".join(text for text, _ in abstract) for abstract in writings.abstracts]
    vectors = sentence_embeddings(
        [*(text or "." for text in texts), *(d.abstract or "" for d in documents)], encoder
    )
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    ours, references = np.split(unit, 2)
    words = [len(text.split()) for text in texts]
    return {
        "embedding_similarity": [float(value) for value in (ours * references).sum(axis=1)],
        "novel_bigrams": [
            novel_bigrams(text, document.text) for text, document in zip(texts, documents, strict=True)
        ],
        "words": words,
        "compression": [
            count / len(document.text.split()) for count, document in zip(words, documents, strict=True)
        ],
        "seconds": writings.seconds,
    }


def novel_bigrams(abstract: str, source: str) -> float:
    """Return the share of an abstract's pairs of neighbouring words that its source does not have (See et al., 2017)."""
    pairs = _bigrams(abstract)
    return len(pairs - _bigrams(source)) / len(pairs) if pairs else 0.0


def _bigrams(text: str) -> set[tuple[str, str]]:
    return set(pairwise(word.strip(".,;:!?\"'“”‘’()").lower() for word in text.split()))
