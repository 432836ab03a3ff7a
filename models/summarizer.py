"""The summarizer: select the sentences worth telling, write an abstract of them, ground it in them.

Select: salience and types cut a text of any length down to a few sentences. Write: a fine-tuned causal
language model turns them into two or three sentences. Ground: every written sentence is held against
its sources; one that states something unsupported is not let through. The extractive method leaves
out the language model and picks sentences of the source.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from ..errors import ModelFolderError
from .classifier import Engine
from .folder import ModelFolder, in_cache, join_parts, open_model_folder
from .grounding import SourceIndex, Support
from .taxonomy import LabelSchema
from .text import segment
from .tidying import dangles, one_line, tidied

Method = Literal["abstractive", "extractive"]
Length = Literal["short", "medium", "long"]
TypesOf = Callable[[Sequence[str]], Sequence[tuple[str, ...]]]

GGUF_WEIGHTS = "model.gguf"
TRANSFORMERS_FOLDER = "transformers"
TRANSFORMERS_WEIGHTS = f"{TRANSFORMERS_FOLDER}/model.safetensors"

PROMPT_SENTENCES = 8
PROMPT_WORDS = 380
"""About 520 tokens; with the abstract it stays well inside the model's window."""
SALIENT = 0.3
"""From this salience on a commitment is worth telling whatever else there is."""
OPENING_BONUS = 0.3
"""Added to the salience of the opening sentence, which tells who met, where and when."""
SAME_TYPE_MALUS = 0.15
"""Taken from the salience of a sentence whose type has been told already, so that each kind of outcome has its turn."""
LONGEST_EXTRACT = 60
"""Words; a longer sentence is extracted only when there is nothing else."""
CANDIDATES = 3
MIN_FIDELITY = 0.6
"""See `Support.fidelity`; below it, written sentences were often wrong about who did what."""
FURNITURE = re.compile(r"^(?:endi\w*|ends?|\(?more\)?|-30-|###|reuters?|xinhua)\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LengthLimits:
    """How long an abstract is, and how much of the text it is made from."""

    sentences: int
    """Sentences of the text in it at most, where they are extracted."""
    words: int
    """At most, cut at the end of a sentence; the first sentence is kept whatever its length."""
    fewest_words: int
    """A shorter one is completed with sentences of the text."""
    prompts: int
    """The parts it is written in, if the text has enough to tell."""
    prompt_sentences: int
    """Of the text that a part is written from, at most."""
    prompt_words: int


MEDIUM = LengthLimits(4, 100, 60, 1, PROMPT_SENTENCES, PROMPT_WORDS)
LENGTHS: dict[Length, LengthLimits] = {
    "short": LengthLimits(2, 40, 18, 1, 5, 240),
    "medium": MEDIUM,
    "long": LengthLimits(7, 150, 115, 2, PROMPT_SENTENCES, PROMPT_WORDS),
}
"""About 30, 60 to 90, and 120 to 150 words. The model learned to write medium ones, so a long one has two parts."""


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """A sentence of the source with what the classifier said of it."""

    text: str
    types: tuple[str, ...]
    """Strongest first."""
    salience: float


@dataclass(frozen=True, slots=True)
class SourceText:
    """What an abstract is written of."""

    sentences: Sequence[SourceSentence]
    title: str | None


@dataclass(frozen=True, slots=True)
class AbstractSentence:
    """One sentence of an abstract."""

    text: str
    sources: tuple[int, ...]
    """Indices of the source sentences that support it."""
    extracted: bool
    """Whether it was taken from the source rather than written."""


@dataclass(frozen=True, slots=True)
class Abstract:
    """A short abstract in which every sentence names the sentences that support it."""

    text: str
    sentences: tuple[AbstractSentence, ...]
    method: Method
    """How it was made; "extractive" also when nothing that was written could be let through."""
    notes: tuple[str, ...] = ()
    """What grounding rejected or replaced."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class _Draft:
    """A draft that is wanted of the language model."""

    prompt: str
    max_new_tokens: int
    seed: int | None
    """None for the first, which is the likeliest."""


class TextGenerator(Protocol):
    """What runs the language model."""

    def generate(
        self,
        prompt: str,
        max_new_tokens: int,
        seed: int | None = None,
        on_text: Callable[[str], bool] | None = None,
    ) -> str:
        """Continue a prompt: the likeliest continuation, or with a seed a sampled one.

        Args:
            prompt: What to continue.
            max_new_tokens: Tokens to write at most.
            seed: Makes a sampled continuation repeatable.
            on_text: Called with what each token adds to the text, which may be nothing; when it returns True
                nothing further is written.
        """
        ...

    def generate_all(self, prompts: Sequence[str], max_new_tokens: int, seed: int | None = None) -> list[str]:
        """Continue several prompts, each as `generate` does it alone."""
        ...


class MeetingSummarizer:
    """A summarizer loaded from a model folder.

    Args:
        folder: An opened model folder of kind "summarizer".
        engine: "openvino", "torch", or "auto" for OpenVINO where the model has a GGUF file.
        threads: Processor threads; None for the engine's choice.

    Raises:
        ModelFolderError: If the model lacks what the engine needs, or a file was changed.
        MissingExtraError: If the torch engine is asked for and torch is not installed.
    """

    def __init__(self, folder: ModelFolder, engine: Engine = "auto", threads: int | None = None) -> None:
        self.folder = folder
        self.schema: LabelSchema = folder.schema
        self.tags: bool = folder.config["tags"]
        self.max_length: int = folder.config["max_length"]
        self.max_abstract_length: int = folder.config["max_abstract_length"]
        self.engine_name = _choose_engine(folder, engine)
        self._generator = _load_generator(folder, self.engine_name, threads)

    @classmethod
    def load(
        cls, model: str | Path = "summarizer", engine: Engine = "auto", threads: int | None = None
    ) -> MeetingSummarizer:
        """Load a summarizer by name or folder."""
        return cls(open_model_folder(model, "summarizer"), engine, threads)

    def summarize(
        self,
        sentences: Sequence[SourceSentence],
        title: str | None,
        types_of: TypesOf | None = None,
        *,
        length: Length = "medium",
        timeout: float | None = None,
        on_token: Callable[[str], None] | None = None,
    ) -> Abstract:
        """Write a grounded abstract.

        Args:
            sentences: The sentences of the source, in order, classified.
            title: The source's title, if it has one.
            types_of: Gives the types of sentences; with it, a written sentence that tells a commitment
                where its sources hold none is not let through.
            length: How long the abstract is; see `LENGTHS`.
            timeout: Seconds for writing. When they are over before a draft is finished, writing stops and the
                extractive abstract is returned, with a note that says so.
            on_token: Called with the pieces of the first draft as they are written. The abstract is what
                grounding lets through of the draft, or of another one.
        """
        watch = _Watch(timeout, on_token)
        writing = self._writing(SourceText(sentences, title), types_of, length, timeout)
        written: str | None = None
        while True:
            try:
                draft = writing.send(written)
            except StopIteration as end:
                abstract: Abstract = end.value
                return abstract
            written = self._generator.generate(
                draft.prompt,
                draft.max_new_tokens,
                draft.seed,
                watch.draft if draft.seed is None else watch.other_draft,
            )
            if watch.is_over():
                written = None

    def summarize_all(
        self, sources: Sequence[SourceText], types_of: TypesOf | None = None, *, length: Length = "medium"
    ) -> list[Abstract]:
        """Write abstracts of several texts: those that `summarize` writes, but sooner, because drafts are written together.

        Args:
            sources: The texts.
            types_of: As in `summarize`.
            length: As in `summarize`.
        """
        writings = [self._writing(source, types_of, length) for source in sources]
        abstracts: dict[int, Abstract] = {}
        written: dict[int, str | None] = dict.fromkeys(range(len(writings)))
        while written:
            drafts: dict[int, _Draft] = {}
            for index, text in written.items():
                try:
                    drafts[index] = writings[index].send(text)
                except StopIteration as end:
                    abstracts[index] = end.value
            written = {}
            for settings in dict.fromkeys((draft.max_new_tokens, draft.seed) for draft in drafts.values()):
                together = [
                    i for i, draft in drafts.items() if (draft.max_new_tokens, draft.seed) == settings
                ]
                texts = self._generator.generate_all([drafts[i].prompt for i in together], *settings)
                written.update(zip(together, texts, strict=True))
        return [abstracts[index] for index in range(len(sources))]

    def _writing(
        self, source: SourceText, types_of: TypesOf | None, length: Length, timeout: float | None = None
    ) -> Generator[_Draft, str | None, Abstract]:
        """Ask for drafts until there is an abstract. What is sent back is the draft; None when the time is over."""
        sentences, title = source.sentences, source.title
        limits = LENGTHS[length]
        # A word takes more than one token, and the abstract must fit in, too.
        prompt_words = min(limits.prompt_words, self.max_length // 2)
        chosen = select_sentences(
            sentences,
            title,
            self.schema,
            limits.prompts * limits.prompt_sentences,
            limits.prompts * prompt_words,
        )
        if not chosen:
            return Abstract("", (), "extractive", ("the text holds no sentence to tell",))
        judge = _Judge(sentences, self.schema, types_of)
        found: list[_Verdict] = []
        for part in _in_parts(chosen, limits.prompt_sentences):
            tokens = min(self.max_abstract_length, self.max_abstract_length * limits.words // MEDIUM.words)
            prompt = self._prompt(sentences, part, title)
            verdicts = yield from _best_draft(prompt, tokens, judge)
            if verdicts is None:
                note = f"the time of {timeout:g} s was over before the abstract was written; these are sentences of the text"
                return replace(extract(sentences, title, self.schema, length), notes=(note,))
            told = {source for verdict in found for source in verdict.support.sources}
            found += [v for v in verdicts if not (v.support.sources and told.issuperset(v.support.sources))]
        return _repaired(found, sentences, title, self.schema, length)

    def draft(self, sentences: Sequence[SourceSentence], title: str | None) -> str:
        """Return what the language model writes first, before grounding."""
        chosen = select_sentences(sentences, title, self.schema)
        return self._generator.generate(self._prompt(sentences, chosen, title), self.max_abstract_length)

    def _prompt(self, sentences: Sequence[SourceSentence], chosen: Sequence[int], title: str | None) -> str:
        tagged = [(sentences[i].types[0], sentences[i].text) for i in chosen]
        return build_prompt(title, tagged, tags=self.tags)


def _best_draft(
    prompt: str, max_new_tokens: int, judge: _Judge
) -> Generator[_Draft, str | None, list[_Verdict] | None]:
    """Ask for drafts until one has no fault; return the verdicts on the best, None if time was over before one."""
    best: list[_Verdict] | None = None
    for attempt in range(CANDIDATES):
        written = yield _Draft(prompt, max_new_tokens, attempt or None)
        if written is None:
            break
        verdicts = judge.verdicts(complete_sentences(written))
        if not best or (verdicts and _faults(verdicts) < _faults(best)):
            best = verdicts
        if best and not _faults(best):
            break
    return best


def build_prompt(title: str | None, tagged: Sequence[tuple[str, str]], *, tags: bool = True) -> str:
    """Build what the language model continues with an abstract.

    Args:
        title: The source's title, if it has one.
        tagged: Primary type and text of each selected sentence, in order.
        tags: Whether the types are shown.
    """
    lines = [f"Title: {one_line(title)}"] if title else []
    lines += [f"[{name}] {one_line(text)}" if tags else f"- {one_line(text)}" for name, text in tagged]
    return "\n".join([*lines, "Abstract:"])


def select_sentences(
    sentences: Sequence[SourceSentence],
    title: str | None,
    schema: LabelSchema,
    max_sentences: int = PROMPT_SENTENCES,
    max_words: int = PROMPT_WORDS,
) -> list[int]:
    """Choose the sentences that an abstract should be written from.

    The opening sentence (who met, where) is taken first, then the most salient sentence of each kind of
    commitment that is salient at all, then the rest by salience. The title is not chosen: the prompt
    has it anyway.

    Returns:
        Indices in the order of the text.
    """
    usable = [i for i, sentence in enumerate(sentences) if _is_tellable(sentence.text, title)]
    if not usable:
        return []
    by_salience = sorted(usable, key=lambda i: -sentences[i].salience)
    commitments = [label.name for label in schema.types if label.kind == "commitment"]
    strongest = [
        next(
            (i for i in by_salience if sentences[i].types[0] == name and sentences[i].salience >= SALIENT),
            None,
        )
        for name in commitments
    ]
    queue = [usable[0], *(i for i in strongest if i is not None), *by_salience]
    chosen: list[int] = []
    words = 0
    for index in dict.fromkeys(queue):
        length = len(sentences[index].text.split())
        if len(chosen) < max_sentences and (words + length <= max_words or not chosen):
            chosen.append(index)
            words += length
    return sorted(chosen)


def extract(
    sentences: Sequence[SourceSentence], title: str | None, schema: LabelSchema, length: Length = "medium"
) -> Abstract:
    """Make an abstract of sentences of the source, with no language model.

    The most salient sentences are taken, as many as the length allows, in the order of the text; the opening and
    types that were not told yet come a little sooner, and what sentences drag along from their place is trimmed
    off. A sentence with a pronoun for something told before is taken only together with the one before it, or
    where there is too little else; so is one of little salience.
    """
    limits = LENGTHS[length]
    texts = {i: tidied(s.text) for i, s in enumerate(sentences) if _is_tellable(s.text, title)}
    counts = {i: len(text.split()) for i, text in texts.items()}
    longest = min(LONGEST_EXTRACT, limits.words)
    usable = [i for i in texts if counts[i] <= longest] or list(texts)
    opening = min(texts, default=None)
    chosen: list[int] = []
    words = 0

    def worth(index: int) -> float:
        told = any(sentences[i].types[0] == sentences[index].types[0] for i in chosen)
        return sentences[index].salience + OPENING_BONUS * (index == opening) - SAME_TYPE_MALUS * told

    def can_follow(index: int, fills_up: bool) -> bool:
        enough = words >= limits.fewest_words
        if index in chosen or (enough and (fills_up or worth(index) < SALIENT)):
            return False
        if dangles(texts[index]) and not fills_up and index - 1 not in chosen:
            return False
        return words + counts[index] <= limits.words or not chosen

    for fills_up in (False, True):
        while len(chosen) < limits.sentences:
            index = max((i for i in usable if can_follow(i, fills_up)), key=worth, default=None)
            if index is None:
                break
            chosen.append(index)
            words += counts[index]
    parts = tuple(AbstractSentence(texts[i], (i,), extracted=True) for i in sorted(chosen))
    return Abstract(" ".join(part.text for part in parts), parts, "extractive")


def complete_sentences(written: str) -> list[str]:
    """Cut generated text into sentences; one that was broken off at the end is left out."""
    first_paragraph = written.strip().split("\n", 1)[0]
    texts = [sentence.text for sentence in segment(first_paragraph)]
    if texts and not re.search(r"[.!?][\"'”’)]*$", texts[-1]):
        texts.pop()
    return list(dict.fromkeys(texts))


def _in_parts(chosen: Sequence[int], size: int) -> list[Sequence[int]]:
    """Cut a selection into parts of like length, none longer than `size`."""
    count = -(-len(chosen) // size)
    each = -(-len(chosen) // count)
    return [chosen[start : start + each] for start in range(0, len(chosen), each)]


def _is_tellable(text: str, title: str | None) -> bool:
    """Leave out the title, closing words, captions and other scraps."""
    line = one_line(text)
    return line != one_line(title) and len(line.split()) >= 4 and not FURNITURE.match(line)


class _Watch:
    """Follows the writing: tells the time, and hands on what is written."""

    def __init__(self, timeout: float | None, on_token: Callable[[str], None] | None) -> None:
        self._end = None if timeout is None else time.monotonic() + timeout
        self._on_token = on_token

    def is_over(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def draft(self, piece: str) -> bool:
        """Follow a draft that is shown; return whether to stop."""
        if piece and self._on_token is not None:
            self._on_token(piece)
        return self.is_over()

    def other_draft(self, piece: str) -> bool:
        """Follow a draft that is not shown; return whether to stop."""
        return self.is_over()


def fault_of(support: Support) -> str | None:
    """Say why a written sentence cannot be let through; None if its source carries it."""
    if support.unsupported:
        item = support.unsupported[0]
        where = "not in the source" if item.source is None else "not what the source says"
        return f"the {item.kind} '{item.text}' is {where}"
    if not support.sources:
        return "no sentence of the source supports it"
    if not support.is_told:
        return "its wording is not in the source"
    if support.fidelity < MIN_FIDELITY:
        return "it joins the source's words in another way"
    return None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What grounding says of a written sentence."""

    support: Support
    fault: str | None
    """Why it cannot be let through."""


class _Judge:
    """Holds written sentences against their source."""

    def __init__(
        self, sentences: Sequence[SourceSentence], schema: LabelSchema, types_of: TypesOf | None
    ) -> None:
        self._sentences = sentences
        self._schema = schema
        self._types_of = types_of
        self._index = SourceIndex([sentence.text for sentence in sentences])

    def verdicts(self, written: Sequence[str]) -> list[_Verdict]:
        supports = [self._index.support(text) for text in written]
        types = self._types_of(written) if self._types_of is not None and written else [()] * len(written)
        verdicts = [
            _Verdict(support, self._fault(support, names))
            for support, names in zip(supports, types, strict=True)
        ]
        if verdicts and verdicts[0].fault is None and dangles(verdicts[0].support.text):
            verdicts[0] = replace(
                verdicts[0], fault="it opens the abstract with a word for something not told yet"
            )
        return verdicts

    def _fault(self, support: Support, types: tuple[str, ...]) -> str | None:
        if fault := fault_of(support):
            return fault
        committed = any(self._schema.is_commitment(self._sentences[i].types) for i in support.sources)
        if self._schema.is_commitment(types) and not committed:
            return f"it tells a {types[0]} where the source holds no commitment"
        return None


def _faults(verdicts: Sequence[_Verdict]) -> int:
    return sum(verdict.fault is not None for verdict in verdicts)


def _repaired(
    verdicts: Sequence[_Verdict],
    sentences: Sequence[SourceSentence],
    title: str | None,
    schema: LabelSchema,
    length: Length,
) -> Abstract:
    """Put the best source sentence in the place of each written one that cannot be let through."""
    limits = LENGTHS[length]
    parts: list[AbstractSentence] = []
    notes: list[str] = []
    told = {source for verdict in verdicts if verdict.fault is None for source in verdict.support.sources}
    for verdict in verdicts:
        support = verdict.support
        part = AbstractSentence(support.text, support.sources, extracted=False)
        note = None
        if verdict.fault is not None:
            # The strongest act among its sources is what the sentence most likely meant to tell.
            usable = [i for i in support.sources if i not in told and _stands_alone(sentences[i].text, title)]
            source = min(usable, key=lambda i: schema.names.index(sentences[i].types[0]), default=None)
            if source is None:
                notes.append(f"left out, because {verdict.fault}: {support.text}")
                continue
            part = AbstractSentence(tidied(sentences[source].text), (source,), extracted=True)
            note = f"replaced by its source, because {verdict.fault}: {support.text}"
        if parts and _words([*parts, part]) > limits.words:
            break
        told.update(part.sources)
        parts.append(part)
        notes += [note] if note else []
    if not any(not part.extracted for part in parts):
        return replace(extract(sentences, title, schema, length), notes=tuple(notes))
    for added in _completing(parts, sentences, title, schema, limits):
        later = (place for place, part in enumerate(parts) if min(part.sources) > added.sources[0])
        parts.insert(next(later, len(parts)), added)
    return Abstract(" ".join(part.text for part in parts), tuple(parts), "abstractive", tuple(notes))


def _completing(
    parts: Sequence[AbstractSentence],
    sentences: Sequence[SourceSentence],
    title: str | None,
    schema: LabelSchema,
    limits: LengthLimits,
) -> list[AbstractSentence]:
    """Find sentences of the source that bring a short abstract to a useful length.

    Salient commitments come first, by strength, then whatever is most salient.
    """
    told = {source for part in parts for source in part.sources}
    words = _words(parts)
    added: list[int] = []

    def rank(index: int) -> tuple[int, float]:
        sentence = sentences[index]
        salient = sentence.salience >= SALIENT and schema.is_commitment(sentence.types)
        return (schema.names.index(sentence.types[0]) if salient else len(schema.names), -sentence.salience)

    for index in sorted(range(len(sentences)), key=rank):
        count = len(sentences[index].text.split())
        if words >= limits.fewest_words or len(parts) + len(added) >= limits.sentences:
            break
        if (
            index not in told
            and words + count <= limits.words
            and _stands_alone(sentences[index].text, title)
        ):
            added.append(index)
            words += count
    return [AbstractSentence(tidied(sentences[i].text), (i,), extracted=True) for i in sorted(added)]


def _words(parts: Sequence[AbstractSentence]) -> int:
    return sum(len(part.text.split()) for part in parts)


def _stands_alone(text: str, title: str | None) -> bool:
    return _is_tellable(text, title) and not dangles(tidied(text)) and len(text.split()) <= LONGEST_EXTRACT


def _choose_engine(folder: ModelFolder, engine: Engine) -> Literal["openvino", "torch"]:
    if engine != "auto":
        return engine
    return "openvino" if folder.parts(GGUF_WEIGHTS) else "torch"


def _load_generator(
    folder: ModelFolder, engine: Literal["openvino", "torch"], threads: int | None
) -> TextGenerator:
    if engine == "openvino":
        from .engines.openvino_text import OpenVinoTextGenerator

        return OpenVinoTextGenerator(_gguf_parts(folder), threads)
    from .engines.torch_text import TorchTextGenerator

    if folder.has(TRANSFORMERS_WEIGHTS):
        folder.file(TRANSFORMERS_WEIGHTS)
        return TorchTextGenerator(folder.path / TRANSFORMERS_FOLDER, None, threads)
    joined = in_cache("gguf", _gguf_parts(folder), lambda work, parts: join_parts(parts, work / GGUF_WEIGHTS))
    return TorchTextGenerator(joined, GGUF_WEIGHTS, threads)


def _gguf_parts(folder: ModelFolder) -> list[Path]:
    parts = folder.parts(GGUF_WEIGHTS)
    if not parts:
        raise ModelFolderError(
            f"{folder.path}: has no {GGUF_WEIGHTS}, which the OpenVINO engine needs; use the torch engine"
        )
    return parts
