"""Likely label errors of annotated documents, for a person to look at, and their corrections merged back.

Simple classifiers learn from four fifths of the documents and give the rest the probability of every type. A sentence
whose annotated types they find improbable is suspect (self-confidence; Northcutt, Jiang and Chuang, 2021, "Confident
Learning: Estimating Uncertainty in Dataset Labels"). Its score is the least self-confidence of its types, present and
absent ones alike, because one wrong type makes a wrong set.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from ..errors import CorpusError
from ..models.calibration import Calibration
from ..models.taxonomy import LabelSchema
from ..models.validation import nearest
from .baselines import sentence_embeddings
from .corpus import AnnotatedDocument, load_documents, numbered_lines
from .metrics import multi_hot
from .significance import Floats

FOLDS = 5
SEED = 13
REGULARIZATION = 3.0
"""The inverse strength C of the logistic regressions."""
SHOWN_PROBLEMS = 20


class Suspect(BaseModel):
    """A sentence whose types may be wrong, a line of the file that a person edits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: str
    """File and line of its document."""
    document: str
    """The document's id."""
    sentence: int = Field(ge=0)
    """Its index among the document's sentences, from 0."""
    score: float
    """How probable its types are, between 0 and 1; the least probable ones stand first."""
    before: str = ""
    """The sentence before it."""
    text: str
    given: tuple[str, ...]
    """The annotated types."""
    suggested: tuple[str, ...]
    """The types that the other documents suggest."""
    types: tuple[str, ...]
    """The types that it shall have: the given ones until somebody edits them."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What became of a corpus file."""

    content: str
    """The corrected file."""
    changed: int
    """Sentences that have other types now."""
    kept: int
    """Lines whose types nobody edited."""
    elsewhere: int
    """Lines of documents that the file does not hold."""


def find_suspects(
    paths: Sequence[Path], schema: LabelSchema, *, base: str = "minilm", limit: int = 100
) -> list[Suspect]:
    """Find the sentences whose annotated types are the least probable, given all other documents.

    Args:
        paths: Files of annotated documents.
        schema: The labels.
        base: An encoder, as in a configuration; its weights stay as they are.
        limit: How many sentences to return at most.

    Returns:
        The sentences that other types suit better, most suspect first.

    Raises:
        CorpusError: If a document is broken, or there are too few to learn from some and judge others.
    """
    # File by file: a line is found again by the number of its document.
    groups = [(path, load_documents([path], schema)) for path in paths]
    documents = [document for _, group in groups for document in group]
    places = [
        f"{path}:{line}"
        for path, group in groups
        for (line, _), _ in zip(numbered_lines(path), group, strict=True)
    ]
    probabilities = held_out_probabilities(documents, schema, base)
    given = [sentence.types for document in documents for sentence in document.sentences]
    scores = label_quality(probabilities, given, schema)
    suggested = Calibration.identity(schema).decide(probabilities)
    owners = [(d, s) for d, document in enumerate(documents) for s in range(len(document.sentences))]
    texts = [document.sentence_texts() for document in documents]
    suspects = []
    for index in np.argsort(scores, kind="stable"):
        if set(suggested[index]) == set(given[index]):
            continue
        d, s = owners[index]
        types = schema.ordered(given[index])
        suspects.append(
            Suspect(
                place=places[d],
                document=documents[d].id,
                sentence=s,
                score=round(float(scores[index]), 4),
                before=texts[d][s - 1] if s else "",
                text=texts[d][s],
                given=types,
                suggested=suggested[index],
                types=types,
            )
        )
        if len(suspects) == limit:
            break
    return suspects


def label_quality(probabilities: Floats, given: Sequence[Sequence[str]], schema: LabelSchema) -> Floats:
    """Score sets of types: the least self-confidence of a type, that of an absent one being 1 minus its probability.

    Of the ways to join the types' self-confidences it finds planted errors best: mean, product and margin do worse.

    Args:
        probabilities: Of each type for each sentence, from models that did not see it. Shape (sentences, types).
        given: The types of each sentence.
        schema: The labels, in the order of the columns.

    Returns:
        A score between 0 and 1 for each sentence; the lower, the likelier is an error. Shape (sentences,).
    """
    present = multi_hot(given, schema)
    quality: Floats = np.where(present, probabilities, 1 - probabilities).min(axis=1)
    return quality


def held_out_probabilities(
    documents: Sequence[AnnotatedDocument], schema: LabelSchema, base: str = "minilm"
) -> Floats:
    """Give each sentence the probability of every type, by classifiers that learned from other documents only.

    One logistic regression a type, on the words and on the embedding of the sentence. The two sides of a contrast
    pair, nearly the same text, stay together.

    Returns:
        Shape (sentences, types).

    Raises:
        CorpusError: If there are fewer than two documents.
    """
    owners = [document.pair or document.id for document in documents for _ in document.sentences]
    folds = min(FOLDS, len(set(owners)))
    if folds < 2:
        raise CorpusError(
            "labels are judged by what other documents teach, and there is only one with sentences; name more"
        )
    texts = [text for document in documents for text in document.sentence_texts()]
    present = multi_hot([s.types for document in documents for s in document.sentences], schema)
    embedded = sentence_embeddings(texts, base)
    embedded /= np.maximum(np.linalg.norm(embedded, axis=1, keepdims=True), 1e-9)
    result = np.empty(present.shape)
    splitter = GroupKFold(folds, shuffle=True, random_state=SEED)
    for known, asked in splitter.split(texts, groups=owners):
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        words.fit([texts[i] for i in known])
        features = hstack([words.transform(texts), csr_matrix(embedded)]).tocsr()
        for column in range(present.shape[1]):
            targets = present[known, column]
            if targets.all() or not targets.any():
                # There is nothing to tell apart.
                result[asked, column] = targets[0]
                continue
            model = LogisticRegression(C=REGULARIZATION, max_iter=1000).fit(features[known], targets)
            result[asked, column] = model.predict_proba(features[asked])[:, 1]
    return result


def suspects_text(suspects: Sequence[Suspect]) -> str:
    """Write suspects as JSON Lines."""
    return "".join(
        json.dumps(suspect.model_dump(mode="json"), ensure_ascii=False) + "\n" for suspect in suspects
    )


def corrected(path: Path, suspects_file: Path, schema: LabelSchema) -> Correction:
    """Give the sentences of a corpus file the types that somebody wrote into a file of suspects.

    Documents without a correction keep their lines byte for byte.

    Args:
        path: A file of annotated documents.
        suspects_file: What `suspects_text` wrote, with `types` edited.
        schema: The labels.

    Raises:
        CorpusError: Listing with file and line what does not fit: a line that is no suspect, an unknown type, a
            sentence whose text or types have changed since, no line at all of this file's documents.
    """
    documents = load_documents([path], schema)
    places = {document.id: index for index, document in enumerate(documents)}
    if len(places) < len(documents):
        raise CorpusError(f"{path}: some id is there twice; see `communique corpus check {path}`")
    wanted: dict[tuple[str, int], tuple[int, Suspect]] = {}
    problems: list[str] = []
    kept = elsewhere = total = 0
    for number, content in numbered_lines(suspects_file):
        total += 1
        suspect, found = _suspect(content, schema)
        if suspect is not None and suspect.document not in places:
            elsewhere += 1
            continue
        if suspect is not None:
            found += _misfits(suspect, documents[places[suspect.document]], schema)
            key = (suspect.document, suspect.sentence)
            if key in wanted:
                found.append(f"the sentence stands in line {wanted[key][0]} already; keep one")
            wanted[key] = (number, suspect)
            kept += set(suspect.types) == set(suspect.given)
        problems += [f"{suspects_file}:{number}: {message}" for message in found]
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        raise CorpusError("\n".join(problems[:SHOWN_PROBLEMS]) + (f"\n… and {more} more" if more > 0 else ""))
    if not wanted:
        raise CorpusError(
            f"{suspects_file}: none of its {total} line(s) is of a document in {path}; is it the right file?"
        )
    changes: dict[str, dict[int, tuple[str, ...]]] = {}
    for (document, sentence), (_, suspect) in wanted.items():
        if set(suspect.types) != set(suspect.given):
            changes.setdefault(document, {})[sentence] = schema.ordered(suspect.types)
    lines = [
        _with_types(content, changes[document.id]) if document.id in changes else content
        for (_, content), document in zip(numbered_lines(path), documents, strict=True)
    ]
    return Correction("\n".join(lines) + "\n", sum(map(len, changes.values())), kept, elsewhere)


def _suspect(content: str, schema: LabelSchema) -> tuple[Suspect | None, list[str]]:
    try:
        suspect = Suspect.model_validate(json.loads(content))
    except json.JSONDecodeError as error:
        return None, [f"is not JSON (column {error.colno}: {error.msg}); one sentence a line"]
    except ValidationError as error:
        return None, [_validation_message(problem) for problem in error.errors()]
    problem = schema.problem_with(suspect.types)
    return suspect, [f"field 'types': {problem}"] if problem else []


def _validation_message(problem: Any) -> str:  # noqa: ANN401 - pydantic's error details
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown field '{field}'{nearest(field, list(Suspect.model_fields))}"
    return f"field '{field}': {problem['msg']}"


def _misfits(suspect: Suspect, document: AnnotatedDocument, schema: LabelSchema) -> list[str]:
    """Say why a line does not fit its document; the corpus may have changed while somebody read."""
    texts = document.sentence_texts()
    if suspect.sentence >= len(texts) or texts[suspect.sentence] != suspect.text:
        return [
            f"field 'text': sentence {suspect.sentence} of '{document.id}' is another now; find the suspects anew"
        ]
    current = schema.ordered(document.sentences[suspect.sentence].types)
    if set(current) != set(suspect.given):
        return [
            f"field 'given': sentence {suspect.sentence} of '{document.id}' has the types "
            f"{', '.join(current)} by now, not {', '.join(suspect.given)}; find the suspects anew"
        ]
    return []


def _with_types(content: str, changes: dict[int, tuple[str, ...]]) -> str:
    record = json.loads(content)
    for sentence, types in changes.items():
        record["sentences"][sentence]["types"] = list(types)
    return json.dumps(record, ensure_ascii=False)
