"""Systems that write abstracts, for comparison: ours, leading and central sentences, an untrained language model.

Each runs in a process of its own, `python -m communique.training.abstract_writers`, so that none warms up another
and each has its own peak of memory.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..inference.api import load
from ..models.calibration import Floats
from ..models.folder import open_model_folder
from ..models.summarizer import SourceSentence, TextGenerator, extract
from ..models.text import segment
from ..models.words import content_words
from .base_models import find_checkpoint
from .corpus import AnnotatedDocument, load_documents
from .machine import peak_memory_mb

OURS = "communique"
EXTRACTIVE = f"{OURS} extractive"
LEAD = "lead 3"
TEXT_RANK = "TextRank"
LEX_RANK = "LexRank"
ZERO_SHOT = "SmolLM2 zero-shot"
SYSTEMS = (OURS, EXTRACTIVE)
BASELINES = (LEAD, TEXT_RANK, LEX_RANK, ZERO_SHOT)

CENTRAL_SENTENCES = 3
DAMPING = 0.85
LEX_RANK_THRESHOLD = 0.1
ZERO_SHOT_TOKENS = 120
"""About 90 words, one sentence more than a medium abstract has."""

Writer = Callable[[AnnotatedDocument], list[tuple[str, tuple[int, ...] | None]]]
"""Gives the sentences of a document's abstract, each with its sources where the system names them."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a process is to write."""

    system: str
    classifier: str
    summarizer: str
    data: tuple[str, ...]
    """Files of annotated documents."""
    documents: int | None
    """Write for so many of those that have an abstract; None for all."""
    threads: int
    base: str
    """The language model that is asked without training."""


@dataclass(frozen=True, slots=True)
class Writings:
    """What one system wrote, and what it took."""

    abstracts: list[list[tuple[str, tuple[int, ...] | None]]]
    """The sentences of each document's abstract, with their sources where the system names them."""
    seconds: list[float]
    """Of each document from its sentences to its abstract, the models loaded and warm."""
    load_seconds: float
    peak_memory_mb: int


def write_abstracts(assignment: Assignment) -> Writings:
    """Write the abstracts of a system in this process."""
    started = time.perf_counter()
    write = _writer(assignment)
    load_seconds = time.perf_counter() - started
    schema = open_model_folder(assignment.classifier, "classifier").schema
    documents = documents_with_abstract(
        load_documents(map(Path, assignment.data), schema), assignment.documents
    )
    write(documents[0])
    abstracts, seconds = [], []
    for document in documents:
        started = time.perf_counter()
        abstracts.append(write(document))
        seconds.append(time.perf_counter() - started)
    return Writings(abstracts, seconds, load_seconds, peak_memory_mb())


def documents_with_abstract(
    documents: Sequence[AnnotatedDocument], limit: int | None
) -> list[AnnotatedDocument]:
    """Return the documents that have an abstract to compare with, at most `limit` of them, spread over all."""
    having = [document for document in documents if document.abstract]
    if limit is None or limit >= len(having):
        return having
    return [having[i * len(having) // limit] for i in range(limit)]


def _writer(assignment: Assignment) -> Writer:
    if assignment.system in SYSTEMS:
        return _our_writer(assignment)
    if assignment.system == LEAD:
        return _leading
    if assignment.system == TEXT_RANK:
        return _central(text_rank_scores)
    if assignment.system == LEX_RANK:
        return _central(lex_rank_scores)
    return _zero_shot(assignment.base, assignment.threads)


def _our_writer(assignment: Assignment) -> Writer:
    analyzer = load(assignment.classifier, assignment.summarizer, threads=assignment.threads)
    summarizer = None if assignment.system == EXTRACTIVE else analyzer.summarizer

    def write(document: AnnotatedDocument) -> list[tuple[str, tuple[int, ...] | None]]:
        texts = document.sentence_texts()
        scores = analyzer.classifier.score_documents([texts])[0]
        source = [
            SourceSentence(text, score.types, score.salience)
            for text, score in zip(texts, scores, strict=True)
        ]
        if summarizer is None:
            abstract = extract(source, document.title, analyzer.schema)
        else:
            abstract = summarizer.summarize(source, document.title, analyzer.types_of)
        return [(part.text, part.sources) for part in abstract.sentences]

    return write


def _leading(document: AnnotatedDocument) -> list[tuple[str, tuple[int, ...] | None]]:
    from .baselines import lead

    return [(text, None) for text in lead(document.sentence_texts(), document.title)]


def _central(scores: Callable[[Sequence[str]], Sequence[float]]) -> Writer:
    """Take the sentences with the highest scores, in the order of the text; the title is none of them."""

    def write(document: AnnotatedDocument) -> list[tuple[str, tuple[int, ...] | None]]:
        texts = document.sentence_texts()
        body = [i for i, text in enumerate(texts) if text != document.title]
        ranking = scores([texts[i] for i in body])
        best = sorted(range(len(body)), key=lambda place: -ranking[place])[:CENTRAL_SENTENCES]
        return [(texts[body[place]], (body[place],)) for place in sorted(best)]

    return write


def text_rank_scores(sentences: Sequence[str]) -> list[float]:
    """Score sentences by PageRank over the words that they share (Mihalcea and Tarau, 2004)."""
    words = [{word.stem for word in content_words(sentence)} for sentence in sentences]
    # The logarithm of 1 would divide by zero; such a sentence is like no other.
    lengths = np.log([max(1, len(group)) for group in words])
    shared = np.array([[float(len(one & other)) for other in words] for one in words])
    norms = lengths[:, None] + lengths[None, :]
    similarity = np.divide(shared, norms, out=np.zeros_like(shared), where=norms > 0)
    np.fill_diagonal(similarity, 0.0)
    return _page_rank(similarity)


def lex_rank_scores(sentences: Sequence[str]) -> list[float]:
    """Score sentences by PageRank over those with a TF-IDF cosine above 0.1 (Erkan and Radev, 2004)."""
    counts = [Counter(word.stem for word in content_words(sentence)) for sentence in sentences]
    frequency = Counter(word for group in counts for word in group)
    columns = {word: i for i, word in enumerate(frequency)}
    vectors = np.zeros((len(sentences), max(1, len(columns))))
    for row, group in enumerate(counts):
        for word, count in group.items():
            vectors[row, columns[word]] = count * np.log(len(sentences) / frequency[word])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return _page_rank((unit @ unit.T > LEX_RANK_THRESHOLD).astype(float))


def _page_rank(weights: Floats) -> list[float]:
    """Return the stationary distribution of a walk over the weights that starts anew with probability 0.15."""
    count = len(weights)
    totals = weights.sum(axis=1, keepdims=True)
    steps = np.divide(weights, totals, out=np.full_like(weights, 1 / max(1, count)), where=totals > 0)
    ranks = np.full(count, 1 / max(1, count))
    for _ in range(100):
        further = (1 - DAMPING) / count + DAMPING * ranks @ steps
        if np.abs(further - ranks).sum() < 1e-8:
            break
        ranks = further
    return [float(rank) for rank in ranks]


def _zero_shot(base: str, threads: int) -> Writer:
    generator, is_chat = _untrained(base, threads)

    def write(document: AnnotatedDocument) -> list[tuple[str, tuple[int, ...] | None]]:
        request = f"Summarize this text in three sentences.\n\n{document.text}"
        prompt = (
            f"<|im_start|>user\n{request}<|im_end|>\n<|im_start|>assistant\n"
            if is_chat
            else f"{request}\n\nSummary:"
        )
        written = generator.generate(prompt, ZERO_SHOT_TOKENS)
        return [(sentence.text, None) for sentence in segment(" ".join(written.split()))]

    return write


def _untrained(base: str, threads: int) -> tuple[TextGenerator, bool]:
    """Load a language model as it is; say whether it is the chat model of `BASE_MODELS`."""
    checkpoint = find_checkpoint(base)
    if checkpoint.gguf_file is not None:
        from ..models.engines.openvino_text import OpenVinoTextGenerator

        return OpenVinoTextGenerator([Path(checkpoint.source) / checkpoint.gguf_file], threads), True
    from ..models.engines.torch_text import TorchTextGenerator

    return TorchTextGenerator(Path(checkpoint.source), None, threads), False


if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps(asdict(write_abstracts(Assignment(**settings)))) + "\n")
