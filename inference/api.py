"""classify, summarize, analyze: a text in gives one result, a list a list, an iterator an iterator."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, overload

from ..errors import ConfigError, InputError
from ..models.classifier import (
    Engine,
    SentenceClassifier,
    SentenceInput,
    SentenceScores,
    sentence_inputs,
)
from ..models.explanation import explain, strongest
from ..models.summarizer import (
    LENGTHS,
    Length,
    MeetingSummarizer,
    Method,
    SourceSentence,
    SourceText,
    extract,
)
from ..models.taxonomy import LabelSchema
from ..models.text import Document, Sentence, find_title, segment
from .results import Abstract, Analysis, LabelledSentence

if TYPE_CHECKING:
    from .comparison import Comparison

Text = str | Document
Result = TypeVar("Result")

CLASSIFIER = "classifier"
SUMMARIZER = "summarizer"
EXPLAINING_WORDS = 5
"""Words that an explanation names at most."""
DOCUMENTS_AT_ONCE = 16
"""Documents of an iterator that are classified together."""
SENTENCES_BETWEEN_REPORTS = 128


@dataclass(frozen=True, slots=True)
class _AbstractOptions:
    """What abstract is wanted; see `Analyzer.summarize`."""

    method: Method
    length: Length = "medium"
    timeout: float | None = None
    on_token: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        if self.method not in ("abstractive", "extractive"):
            raise ValueError(f"method = {self.method!r}; valid are 'abstractive' and 'extractive'")
        if self.length not in LENGTHS:
            raise ValueError(f"length = {self.length!r}; valid are {', '.join(map(repr, LENGTHS))}")
        if self.timeout is not None and not self.timeout > 0:
            raise ValueError(f"timeout = {self.timeout!r}; it must be more than 0 seconds")


class Analyzer:
    """Classifies and summarizes with chosen models, each loaded when it is first needed.

    Make one with `load`; `communique.classify` and its sisters are the methods of one that has the
    shipped models.
    """

    def __init__(
        self,
        load_classifier: Callable[[], SentenceClassifier],
        load_summarizer: Callable[[], MeetingSummarizer],
    ) -> None:
        self._load_classifier = load_classifier
        self._load_summarizer = load_summarizer
        self._lock = Lock()

    @cached_property
    def classifier(self) -> SentenceClassifier:
        """The sentence classifier."""
        with self._lock:
            return self._load_classifier()

    @cached_property
    def summarizer(self) -> MeetingSummarizer:
        """The summarizer."""
        with self._lock:
            return self._load_summarizer()

    @property
    def schema(self) -> LabelSchema:
        """The label schema of the classifier."""
        return self.classifier.schema

    @overload
    def classify(  # type: ignore[overload-overlap]
        self, text: Text, *, split: bool = True, explain: bool = False, min_confidence: float = 0.0
    ) -> list[LabelledSentence]: ...
    @overload
    def classify(
        self, text: Sequence[Text], *, split: bool = True, explain: bool = False, min_confidence: float = 0.0
    ) -> list[list[LabelledSentence]]: ...
    @overload
    def classify(
        self, text: Iterator[Text], *, split: bool = True, explain: bool = False, min_confidence: float = 0.0
    ) -> Iterator[list[LabelledSentence]]: ...
    def classify(self, text, *, split=True, explain=False, min_confidence=0.0):  # type: ignore[no-untyped-def]
        """Label every sentence of a text with its commitment types.

        Args:
            text: A text or `Document`, a list of them, or an iterator of them, which is read sixteen at a time.
            split: Cut the text into sentences. With False it is taken as one sentence, and one labelled
                sentence is returned for it.
            explain: Find the words that carried each primary type by hiding each word in turn. Every sentence
                is read once more for each of its words.
            min_confidence: Abstain from sentences whose primary type is less likely to be right than this: they
                get no type. 0 labels everything.

        Returns:
            The labelled sentences of a text; for a list a list of these, for an iterator an iterator.

        Raises:
            InputError: If a text is empty; of several, the message tells which.
            TypeError: If something is no text.
            ValueError: If `min_confidence` is not between 0 and 1.

        Examples:
            >>> [sentence.primary for sentence in communique.classify("The ministers met. They agreed to trade.")]
            ['consultation', 'agreement']
        """
        if not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence = {min_confidence!r}; it must be between 0 and 1")

        def finished(sentences: Sequence[LabelledSentence]) -> list[LabelledSentence]:
            labelled = self.explain(sentences) if explain else list(sentences)
            return abstain(labelled, min_confidence)

        if not split:
            return _one_or_many(text, lambda batch: [finished([s])[0] for s in self._label_whole(batch)])
        return _one_or_many(text, lambda batch: [finished(a.sentences) for a in self._warned(batch, None)])

    def explain(self, sentences: Sequence[LabelledSentence]) -> list[LabelledSentence]:
        """Return the labelled sentences of one text, all of them in order, with the words that carried each label."""
        inputs = sentence_inputs([s.text for s in sentences], self.classifier.context_sentences)
        evidence = explain(self.classifier, inputs, [s.primary or self.schema.names[-1] for s in sentences])
        return [
            replace(sentence, explanation=tuple(strongest(found, EXPLAINING_WORDS)))
            for sentence, found in zip(sentences, evidence, strict=True)
        ]

    @overload
    def summarize(  # type: ignore[overload-overlap]
        self,
        text: Text,
        *,
        method: Method = "abstractive",
        length: Length = "medium",
        timeout: float | None = None,
        on_token: Callable[[str], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Abstract: ...
    @overload
    def summarize(
        self,
        text: Sequence[Text],
        *,
        method: Method = "abstractive",
        length: Length = "medium",
        timeout: float | None = None,
    ) -> list[Abstract]: ...
    @overload
    def summarize(
        self,
        text: Iterator[Text],
        *,
        method: Method = "abstractive",
        length: Length = "medium",
        timeout: float | None = None,
    ) -> Iterator[Abstract]: ...
    def summarize(  # type: ignore[no-untyped-def]
        self,
        text,
        *,
        method="abstractive",
        length="medium",
        timeout=None,
        on_token=None,
        on_progress=None,
    ):
        """Write a short abstract in which every sentence names the sentences that support it.

        Args:
            text: A text or `Document`, a list of them, or an iterator of them.
            method: "abstractive" writes with the language model and lets nothing through that the text
                does not hold; "extractive" picks sentences of the text and needs no language model.
            length: "short" is one or two sentences of about 30 words, "medium" 60 to 90 words, "long" 120 to 150,
                made from a wider selection of the text. No abstract is longer than what the text has to tell.
            timeout: Seconds for writing each abstract, once its sentences are labelled. When they are over before
                a draft is finished, the writing stops and the extractive abstract is returned; a note says so. The
                clock is looked at with each token, the first of which takes longest.
            on_token: Called with pieces of the draft as the model writes them, perhaps from another thread. The
                draft is not yet held against the text: the returned abstract is what grounding let through of it, or
                of another draft, which is not shown. For a single text only.
            on_progress: Called with how many sentences of the text are labelled, and how many there are, now and then.
                For a single text only.

        Returns:
            The abstract; `str()` of it is its text. For a list a list, for an iterator an iterator.

        Raises:
            InputError: If a text is empty; of several, the message tells which.
            TypeError: If something is no text, or `on_token` or `on_progress` is given with several.
            ValueError: If `method`, `length` or `timeout` is not valid.
        """
        options = _AbstractOptions(method, length, timeout, on_token)
        _check_single(text, on_token, on_progress)
        return _one_or_many(
            text, lambda batch: [a.abstract for a in self._warned(batch, options, on_progress)]
        )

    @overload
    def analyze(  # type: ignore[overload-overlap]
        self,
        text: Text,
        *,
        method: Method | None = "abstractive",
        length: Length = "medium",
        timeout: float | None = None,
        facts: bool = False,
        on_token: Callable[[str], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Analysis: ...
    @overload
    def analyze(
        self,
        text: Sequence[Text],
        *,
        method: Method | None = "abstractive",
        length: Length = "medium",
        timeout: float | None = None,
        facts: bool = False,
    ) -> list[Analysis]: ...
    @overload
    def analyze(
        self,
        text: Iterator[Text],
        *,
        method: Method | None = "abstractive",
        length: Length = "medium",
        timeout: float | None = None,
        facts: bool = False,
    ) -> Iterator[Analysis]: ...
    def analyze(  # type: ignore[no-untyped-def]
        self,
        text,
        *,
        method="abstractive",
        length="medium",
        timeout=None,
        facts=False,
        on_token=None,
        on_progress=None,
    ):
        """Label a text and write its abstract.

        Args:
            text: A text or `Document`, a list of them, or an iterator of them.
            method: As in `summarize`; None leaves the abstract out.
            length: As in `summarize`.
            timeout: As in `summarize`.
            facts: Find actors, addressees, dates, deadlines and amounts too. A `Document` with a `date` tells from
                which day "next year" counts; without one, the first full date in the text does.
            on_token: As in `summarize`.
            on_progress: As in `summarize`.

        Returns:
            The analysis, with `to_dict()` and `to_json()`. For a list a list, for an iterator an iterator.

        Raises:
            InputError: If a text is empty; of several, the message tells which.
            TypeError: If something is no text, or `on_token` or `on_progress` is given with several.
            ValueError: If `method`, `length` or `timeout` is not valid.
        """
        options = None if method is None else _AbstractOptions(method, length, timeout, on_token)
        _check_single(text, on_token, on_progress)
        return _one_or_many(text, lambda batch: self._analyses(batch, options, on_progress, facts=facts))

    def compare(self, old: Text, new: Text) -> Comparison:
        """Compare two texts of one body: what became of the commitments and calls of the earlier in the later.

        Sentences that hold several acts are taken apart, and acts are paired one to one by the similarity of their
        words. A pair is stronger or weaker by its types, its wording, its amounts, deadlines, rhythm and actors.

        Args:
            old: The earlier text or `Document`.
            new: The later one. A `Document` with a `date` tells from which day "next year" counts.

        Returns:
            The comparison, with `to_dict()` and `to_json()`.

        Raises:
            InputError: If a text is empty; the message tells which.
            TypeError: If something is no text.
        """
        # Imported on demand: a comparison needs the tables of the facts.
        from .comparison import compare_texts

        return compare_texts(self, _checked(old, 0), _checked(new, 1))

    def _analyses(
        self,
        texts: Sequence[Text],
        options: _AbstractOptions | None,
        on_progress: Callable[[int, int], None] | None = None,
        *,
        facts: bool = False,
    ) -> list[Analysis]:
        documents = [text if isinstance(text, Document) else Document(text) for text in texts]
        sentences = [_segmented(document) for document in documents]
        if on_progress is None:
            scores = self.classifier.score_documents([[s.text for s in group] for group in sentences])
        else:
            scores = [self._scores(group, on_progress) for group in sentences]
        analyses = [self._analysis(*parts) for parts in zip(documents, sentences, scores, strict=True)]
        if options is not None:
            analyses = self._with_abstracts(analyses, options)
        if not facts:
            return analyses
        return [_with_facts(*parts) for parts in zip(analyses, documents, sentences, strict=True)]

    def _scores(
        self, sentences: Sequence[Sentence], on_progress: Callable[[int, int], None]
    ) -> list[SentenceScores]:
        """Score the sentences of a document in their order, reporting now and then."""
        inputs = sentence_inputs([s.text for s in sentences], self.classifier.context_sentences)
        scores: list[SentenceScores] = []
        for start in range(0, len(inputs), SENTENCES_BETWEEN_REPORTS):
            scores += self.classifier.score(inputs[start : start + SENTENCES_BETWEEN_REPORTS])
            on_progress(len(scores), len(inputs))
        return scores

    def _analysis(
        self,
        document: Document,
        sentences: list[Sentence],
        scores: list[SentenceScores],
    ) -> Analysis:
        title = document.title or find_title(document.text, sentences)
        labelled = tuple(
            self._labelled(sentence.index, sentence.start, sentence.text, score)
            for sentence, score in zip(sentences, scores, strict=True)
        )
        return Analysis(
            source=document.identifier,
            title=title,
            sentences=labelled,
            abstract=None,
            models={"classifier": self.classifier.folder.name},
            warnings=tuple(_warnings(document.text)),
            date=document.date,
            publisher=document.publisher,
        )

    def _with_abstracts(self, analyses: Sequence[Analysis], options: _AbstractOptions) -> list[Analysis]:
        """Add the abstracts; those of several texts are written together, unless each has a clock of its own."""
        sources = [
            SourceText(
                [SourceSentence(s.text, s.types, s.salience) for s in analysis.sentences], analysis.title
            )
            for analysis in analyses
        ]
        length = options.length
        if options.method == "extractive":
            abstracts = [extract(source.sentences, source.title, self.schema, length) for source in sources]
            return [replace(a, abstract=abstract) for a, abstract in zip(analyses, abstracts, strict=True)]
        if len(sources) > 1 and options.timeout is None:
            abstracts = self.summarizer.summarize_all(sources, self.types_of, length=length)
        else:
            abstracts = [
                self.summarizer.summarize(
                    source.sentences,
                    source.title,
                    self.types_of,
                    length=length,
                    timeout=options.timeout,
                    on_token=options.on_token,
                )
                for source in sources
            ]
        models = {"summarizer": self.summarizer.folder.name}
        return [
            replace(analysis, abstract=abstract, models={**analysis.models, **models})
            for analysis, abstract in zip(analyses, abstracts, strict=True)
        ]

    def _warned(
        self,
        texts: Sequence[Text],
        options: _AbstractOptions | None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Analysis]:
        """Analyse texts whose result has no place for warnings: issue them as Python warnings."""
        analyses = self._analyses(texts, options, on_progress)
        for analysis in analyses:
            for message in analysis.warnings:
                warnings.warn(message, stacklevel=5)
        return analyses

    def _label_whole(self, texts: Sequence[Text]) -> list[LabelledSentence]:
        plain = [text.text if isinstance(text, Document) else text for text in texts]
        for text in plain:
            _segmented(Document(text))
        scores = self.classifier.score([SentenceInput(text.strip()) for text in plain])
        return [
            self._labelled(0, len(text) - len(text.lstrip()), text.strip(), score)
            for text, score in zip(plain, scores, strict=True)
        ]

    def _labelled(self, index: int, start: int, text: str, score: SentenceScores) -> LabelledSentence:
        return LabelledSentence(
            index=index,
            start=start,
            end=start + len(text),
            text=text,
            types=score.types,
            primary=score.types[0],
            probabilities=score.probabilities,
            is_commitment=self.schema.is_commitment(score.types),
            salience=score.salience,
            confidence=score.confidence,
            commitment_probability=score.commitment_probability,
        )

    def types_of(self, sentences: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the types of sentences that follow one another."""
        return [score.types for score in self.classifier.score_documents([sentences])[0]]


def _with_facts(analysis: Analysis, document: Document, sentences: Sequence[Sentence]) -> Analysis:
    """Add the facts of each sentence, and a warning where dates could not be resolved."""
    # Imported on demand: its tables cost a moment, which only those pay who ask for facts.
    from ..models.facts import document_date, find_facts

    found = find_facts(document, sentences)
    written = document_date(document)
    unresolved = [fact.text for group in found for fact in group if fact.value is None]
    warnings = analysis.warnings
    if unresolved:
        warnings += (
            f"the text does not tell its date, so {len(unresolved)} date(s) such as '{unresolved[0]}' have no value; "
            "give it as the document's date (--date on the command line)",
        )
    labelled = tuple(
        replace(sentence, facts=facts) for sentence, facts in zip(analysis.sentences, found, strict=True)
    )
    return replace(
        analysis,
        sentences=labelled,
        dates_counted_from=written.isoformat() if written else None,
        warnings=warnings,
    )


def abstain(sentences: Sequence[LabelledSentence], min_confidence: float) -> list[LabelledSentence]:
    """Take the types from sentences whose primary type is less likely to be right than `min_confidence`."""
    return [
        sentence
        if sentence.confidence >= min_confidence
        else replace(sentence, types=(), primary=None, is_commitment=False, explanation=())
        for sentence in sentences
    ]


def load(
    classifier: str | Path = CLASSIFIER,
    summarizer: str | Path = SUMMARIZER,
    *,
    engine: Engine = "auto",
    threads: int | None = None,
    schema: LabelSchema | str | Path | None = None,
) -> Analyzer:
    """Load models and return an object with `classify`, `summarize` and `analyze`.

    Args:
        classifier: A shipped model's name, or a model folder.
        summarizer: The same; loaded when an abstract is first written.
        engine: "openvino", "torch", or "auto" for the fastest that each model has.
        threads: Processor threads; None for the engine's choice.
        schema: The label set that you expect, or its YAML file; a classifier with another is refused.

    Raises:
        ModelFolderError: If a model is unknown, damaged, or lacks what the engine needs.
        ConfigError: If the classifier has another label set than `schema`.
        MissingExtraError: If the torch engine is asked for and torch is not installed.
    """
    analyzer = Analyzer(
        lambda: SentenceClassifier.load(classifier, engine, threads),
        lambda: MeetingSummarizer.load(summarizer, engine, threads),
    )
    loaded = analyzer.classifier
    if schema is not None:
        expected = schema if isinstance(schema, LabelSchema) else LabelSchema.from_yaml(schema)
        if expected.names != loaded.schema.names:
            raise ConfigError(
                f"model '{loaded.folder.name}' has the types {loaded.schema.names}, "
                f"the schema '{expected.name}' has {expected.names}; train a classifier on that schema"
            )
    return analyzer


default = Analyzer(lambda: SentenceClassifier.load(CLASSIFIER), lambda: MeetingSummarizer.load(SUMMARIZER))
"""The analyzer behind `communique.classify`, `summarize` and `analyze`."""


def _one_or_many(text, work: Callable[[Sequence[Text]], list[Result]]):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Apply `work`, which takes a batch, to one text, a sequence, or an iterator in batches."""
    if isinstance(text, (str, Document)):
        return work([text])[0]
    if isinstance(text, Sequence) and not isinstance(text, (bytes, bytearray)):
        return work([_checked(item, index) for index, item in enumerate(text)]) if text else []
    if isinstance(text, Iterator):
        return _streamed(text, work)
    raise TypeError(
        f"a text, a list of texts or an iterator of texts is needed, not {type(text).__name__}"
        + ("; decode it first" if isinstance(text, (bytes, bytearray)) else "")
    )


def _streamed(texts: Iterable[Text], work: Callable[[Sequence[Text]], list[Result]]) -> Iterator[Result]:
    numbered = (_checked(item, index) for index, item in enumerate(texts))
    while batch := list(islice(numbered, DOCUMENTS_AT_ONCE)):
        yield from work(batch)


def _checked(item: Text, index: int) -> Text:
    """Refuse what is no text, naming its place."""
    if not isinstance(item, (str, Document)):
        raise TypeError(f"item {index} is {type(item).__name__}, not a text")
    if not (item.text if isinstance(item, Document) else item).strip():
        raise InputError(f"item {index}: the text is empty")
    return item


def _segmented(document: Document) -> list[Sentence]:
    sentences = segment(document.text)
    if not sentences:
        place = f"{document.identifier}: " if document.identifier else ""
        raise InputError(f"{place}the text is empty")
    return sentences


def _check_single(text: object, *callbacks: object) -> None:
    """Refuse callbacks that could not tell which of several texts they are called for."""
    if any(callback is not None for callback in callbacks) and not isinstance(text, (str, Document)):
        raise TypeError("on_token and on_progress follow a single text; call once for each of several texts")


_COMMON_ENGLISH = frozenset(
    "the of and to in a that is was for on with as by at from it its be are were has have had said will would this"
    " not or an which we our their they he she also should must".split()
)
_LANGUAGE_SAMPLE = 400
_ENGLISH_SHARE = 0.15


def _warnings(text: str) -> Iterator[str]:
    words = re.findall(r"[^\W\d_]+", text[: _LANGUAGE_SAMPLE * 12].lower())[:_LANGUAGE_SAMPLE]
    if len(words) >= 12 and sum(word in _COMMON_ENGLISH for word in words) < _ENGLISH_SHARE * len(words):
        yield "the text does not look like English, the only language the models know; do not rely on the result"
