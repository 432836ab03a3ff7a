"""The sentence classifier: sentences in, types with calibrated probabilities and salience out.

An encoder reads a sentence, with the sentences before it as context, once; two heads give a logit for
each type and one for salience. The tokenizer is the same for every engine, and so is the numpy
interface, so that engines can be compared number by number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from .calibration import Calibration, Floats
from .folder import ModelFolder, open_model_folder
from .taxonomy import LabelSchema

Engine = Literal["auto", "openvino", "torch"]
WEIGHTS = "model.safetensors"
OPENVINO_MODEL = "openvino/model.xml"
TOKENIZER = "tokenizer.json"
CALIBRATION = "calibration.json"

POSITION_FEATURES = 3
BATCH_SIZE = 16
LIKE_LENGTH = 1.1
"""In a batch no window is longer than so many times the shortest: what is gained by full batches is lost in padding."""


@dataclass(frozen=True, slots=True)
class SentenceInput:
    """A sentence as the classifier sees it."""

    text: str
    context: str = ""
    """The sentences before it."""
    index: int = 0
    """Its place in the document, from 0."""
    count: int = 1
    """How many sentences the document has."""


@dataclass(frozen=True, slots=True)
class SentenceScores:
    """What the classifier says of a sentence."""

    types: tuple[str, ...]
    """Strongest first, never empty."""
    probabilities: dict[str, float]
    salience: float
    confidence: float
    """How likely the primary type is the right one."""
    commitment_probability: float
    """How likely the sentence records a commitment."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a sentence, with its context, that fits the encoder."""

    input_ids: list[int]
    token_type_ids: list[int]
    pooling_mask: list[int]
    """1 for the sentence's own tokens, over which the encoder's output is averaged."""
    owner: int
    """Index of the sentence."""


class ClassifierEngine(Protocol):
    """What runs the encoder."""

    def logits(self, batch: dict[str, NDArray[Any]]) -> Floats:
        """Return logits of shape (batch, types + 1), salience last, for what `padded_batch` made."""
        ...

    def embeddings(self, batch: dict[str, NDArray[Any]]) -> Floats:
        """Return the encoder's output averaged over each sentence's own tokens. Shape (batch, hidden)."""
        ...


class SentenceClassifier:
    """A classifier loaded from a model folder.

    Args:
        folder: An opened model folder of kind "classifier".
        engine: "openvino", "torch", or "auto" for OpenVINO where the model has it.
        threads: Processor threads; None for the engine's choice.

    Raises:
        ModelFolderError: If the model lacks what the engine needs, or a file was changed.
        MissingExtraError: If the torch engine is asked for and torch is not installed.
    """

    def __init__(self, folder: ModelFolder, engine: Engine = "auto", threads: int | None = None) -> None:
        self.folder = folder
        self.schema: LabelSchema = folder.schema
        self.calibration = Calibration.from_dict(self.schema, folder.read_json(CALIBRATION))
        self.tokenizer = load_tokenizer(folder.file(TOKENIZER))
        self.padding_id = padding_id(folder.config["encoder"])
        self.max_length: int = folder.config["max_length"]
        self.context_length: int = folder.config["context_length"]
        self.context_sentences: int = folder.config["context_sentences"]
        self.engine_name = _choose_engine(folder, engine)
        self._engine = _load_engine(folder, self.engine_name, threads)

    @classmethod
    def load(
        cls, model: str | Path = "classifier", engine: Engine = "auto", threads: int | None = None
    ) -> SentenceClassifier:
        """Load a classifier by name or folder."""
        return cls(open_model_folder(model, "classifier"), engine, threads)

    def score_documents(self, documents: Sequence[Sequence[str]]) -> list[list[SentenceScores]]:
        """Score the sentences of several documents, batched together, each in its context."""
        inputs = [sentence_inputs(texts, self.context_sentences) for texts in documents]
        scores = iter(self.score([item for document in inputs for item in document]))
        return [[next(scores) for _ in document] for document in inputs]

    def score(self, inputs: Sequence[SentenceInput]) -> list[SentenceScores]:
        """Score sentences; the result does not depend on what else is in the list."""
        if not inputs:
            return []
        probabilities = self.calibration.probabilities(self.logits(inputs))
        types = self.calibration.decide(probabilities)
        rounded = probabilities.astype(float).round(4).tolist()
        confidence = self.calibration.confidence(probabilities).round(4).tolist()
        commitment = self.calibration.commitment(probabilities).round(4).tolist()
        return [
            SentenceScores(
                chosen, dict(zip(self.schema.names, row[:-1], strict=True)), row[-1], sure, commits
            )
            for chosen, row, sure, commits in zip(types, rounded, confidence, commitment, strict=True)
        ]

    def logits(self, inputs: Sequence[SentenceInput]) -> Floats:
        """Return the uncalibrated logits, salience last. Shape (sentences, types + 1)."""
        results, owners = self._run(self._engine.logits, inputs)
        return self._combined(results, owners, len(inputs))

    def embeddings(self, inputs: Sequence[SentenceInput]) -> Floats:
        """Return the encoder's output for each sentence, of unit length. Shape (sentences, hidden)."""
        results, owners = self._run(self._engine.embeddings, inputs)
        summed = np.zeros((len(inputs), results.shape[1]))
        np.add.at(summed, owners, results)
        normalized: Floats = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return normalized

    def _run(
        self, compute: Callable[[dict[str, NDArray[Any]]], Floats], inputs: Sequence[SentenceInput]
    ) -> tuple[Floats, NDArray[np.int_]]:
        """Compute something of every window; also return whose window each is."""
        windows = encode_windows(self.tokenizer, inputs, self.max_length, self.context_length)
        results: Floats = np.empty((len(windows), 0))
        for chosen in batches_of_like_length([len(window.input_ids) for window in windows]):
            batch = [windows[i] for i in chosen]
            positions = [position_features(inputs[window.owner]) for window in batch]
            computed = compute(padded_batch(batch, positions, self.padding_id))
            if not results.shape[1]:
                results = np.empty((len(windows), computed.shape[1]))
            results[chosen] = computed
        return results, np.array([window.owner for window in windows])

    def _combined(self, results: Floats, owners: NDArray[np.int_], count: int) -> Floats:
        """Join the windows of each sentence: a type is there if any window has it.

        The exclusive type says that nothing else is there, so it needs every window.
        """
        if len(owners) == count:
            return results
        combined = np.full((count, results.shape[1]), -np.inf)
        np.maximum.at(combined, owners, results)
        if self.schema.exclusive is not None:
            column = self.schema.names.index(self.schema.exclusive)
            combined[:, column] = np.inf
            np.minimum.at(combined[:, column], owners, results[:, column])
        return combined


def sentence_inputs(texts: Sequence[str], context_sentences: int) -> list[SentenceInput]:
    """Present each sentence of a document with the sentences before it."""
    return [
        SentenceInput(text, " ".join(texts[max(0, index - context_sentences) : index]), index, len(texts))
        for index, text in enumerate(texts)
    ]


def batches_of_like_length(lengths: Sequence[int]) -> list[list[int]]:
    """Put windows that need little padding beside each other into batches.

    Args:
        lengths: The length of each window.

    Returns:
        The windows' indices, shortest first, each once.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if (
            batches
            and len(batches[-1]) < BATCH_SIZE
            and lengths[index] <= LIKE_LENGTH * lengths[batches[-1][0]]
        ):
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def load_tokenizer(path: Path) -> Tokenizer:
    """Load a tokenizer without the truncation and padding that its file may ask for."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def encode_windows(
    tokenizer: Tokenizer, inputs: Sequence[SentenceInput], max_length: int, context_length: int
) -> list[Window]:
    """Tokenize sentences with their contexts.

    Nothing of a sentence is cut off: one that does not fit is read in windows that overlap by a
    quarter. Context is cut to its last `context_length` tokens.
    """
    sentences = tokenizer.encode_batch([_encodable(item.text) for item in inputs], add_special_tokens=False)
    contexts = tokenizer.encode_batch([_encodable(item.context) for item in inputs], add_special_tokens=False)
    return [
        _window(tokenizer, part, context, owner)
        for owner, (sentence, context) in enumerate(zip(sentences, contexts, strict=True))
        for part in _parts(tokenizer, sentence, context, max_length, context_length)
    ]


def _encodable(text: str) -> str:
    """Replace lone surrogates, which Python allows in a string and tokenizers do not."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _parts(
    tokenizer: Tokenizer, sentence: Encoding, context: Encoding, max_length: int, context_length: int
) -> list[Encoding]:
    context.truncate(min(context_length, max_length // 3), direction="left")
    room = max_length - len(context.ids) - tokenizer.num_special_tokens_to_add(bool(context.ids))
    sentence.truncate(room, stride=room // 4)
    return [sentence, *sentence.overflowing]


def _window(tokenizer: Tokenizer, part: Encoding, context: Encoding, owner: int) -> Window:
    encoding = tokenizer.post_process(part, context if context.ids else None)
    own = [int(sequence == 0) for sequence in encoding.sequence_ids]
    # A sentence of characters that the tokenizer drops has no token of its own.
    return Window(encoding.ids, encoding.type_ids, own if any(own) else [1] * len(own), owner)


def padding_id(encoder: dict[str, Any]) -> int:
    """Return the token an encoder takes for padding, from its configuration.

    Encoders of the RoBERTa and MPNet families count positions by it, so that another one would shift them.
    """
    value = encoder.get("pad_token_id")
    return 0 if value is None else int(value)


def padded_batch(
    windows: Sequence[Window], positions: Sequence[list[float]], padding: int, multiple: int = 1
) -> dict[str, NDArray[Any]]:
    """Pad windows to the longest of them.

    Args:
        windows: What to put into one batch.
        positions: The `position_features` of each window's sentence.
        padding: The encoder's `padding_id`.
        multiple: Pad further, to a multiple of so many tokens.

    Returns:
        `input_ids`, `attention_mask`, `token_type_ids` and `pooling_mask` of shape (batch, length),
        and `position` of shape (batch, 3).
    """
    longest = max(len(window.input_ids) for window in windows)
    length = -(-longest // multiple) * multiple

    def pad(rows: list[list[int]], value: int = 0) -> NDArray[np.int64]:
        return np.array([row + [value] * (length - len(row)) for row in rows], dtype=np.int64)

    return {
        "input_ids": pad([window.input_ids for window in windows], padding),
        "attention_mask": pad([[1] * len(window.input_ids) for window in windows]),
        "token_type_ids": pad([window.token_type_ids for window in windows]),
        "pooling_mask": pad([window.pooling_mask for window in windows]),
        "position": np.array(positions, dtype=np.float32),
    }


def position_features(item: SentenceInput) -> list[float]:
    """Describe where a sentence stands: near the top, how far down, in how long a document."""
    return [1 / (1 + item.index), item.index / max(1, item.count - 1), float(np.log1p(item.count)) / 5]


def _choose_engine(folder: ModelFolder, engine: Engine) -> Literal["openvino", "torch"]:
    if engine != "auto":
        return engine
    return "openvino" if folder.has(OPENVINO_MODEL) else "torch"


def _load_engine(
    folder: ModelFolder, engine: Literal["openvino", "torch"], threads: int | None
) -> ClassifierEngine:
    if engine == "openvino":
        from .engines.openvino import OpenVinoClassifierEngine

        folder.file(OPENVINO_MODEL.replace(".xml", ".bin"))
        return OpenVinoClassifierEngine(folder.file(OPENVINO_MODEL), threads)
    from .engines.torch import TorchClassifierEngine

    return TorchClassifierEngine(folder.config, folder.file(WEIGHTS), len(folder.schema.names), threads)
