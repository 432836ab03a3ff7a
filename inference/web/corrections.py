"""Documents, what the models said of them and what people corrected, kept in one SQLite file.

A correction is a row that is never changed but for the time of its being undone, and each is a transaction of its
own that is on the disk before the caller goes on: a crash loses nothing that was acknowledged. Each sentence and
the abstract have a version, which every correction and every undoing counts up. Who corrects names the version
that he saw, so that of two tabs that change the same thing the later one is told instead of overwriting.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter

from ...errors import CorrectionsError
from ...models.grounding import check_support
from ...models.taxonomy import LabelSchema
from ..results import Abstract, AbstractSentence, Analysis

FORMAT_VERSION = 1
SECONDS_TO_WAIT = 10.0
"""How long a writer waits for another process that is writing."""

_TABLES = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    added TEXT NOT NULL,
    text TEXT NOT NULL,
    analysis TEXT NOT NULL,
    label_schema TEXT NOT NULL
) STRICT;
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    sentence INTEGER,
    value TEXT NOT NULL,
    made TEXT NOT NULL,
    undone TEXT
) STRICT;
CREATE INDEX corrections_of_document ON corrections (document, number);
"""
"""A correction without a sentence is one of the abstract; `value` is JSON: a list of types, or a text."""


class UnknownDocumentError(CorrectionsError):
    """No document, or no sentence or correction of it, has that name."""


class InvalidCorrectionError(CorrectionsError):
    """What is to stand in the place of types or abstract is not allowed there."""


class ConflictError(CorrectionsError):
    """Somebody else changed the same thing since it was read."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody put in the place of a sentence's types or of the abstract."""

    number: int
    """Later corrections have higher numbers, over all documents."""
    sentence: int | None
    """The sentence's index; None for the abstract."""
    value: tuple[str, ...] | str
    """Types, strongest first, or the text of the abstract."""
    made: str
    """When, ISO 8601."""
    undone: str | None
    """When it was undone, if it was."""


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document in the list of all."""

    id: str
    added: str
    title: str | None
    source: str | None
    sentences: int
    corrections: int
    """Corrections that stand."""


@dataclass(frozen=True, slots=True)
class ReviewedDocument:
    """A document with its analysis and all its corrections."""

    id: str
    added: str
    text: str
    analysis: Analysis
    """As the models made it."""
    schema: LabelSchema
    corrections: tuple[Correction, ...]
    """In their order, with those that were undone."""

    def versions(self) -> Counter[int | None]:
        """Count how often the types of each sentence, and under None the abstract, were corrected or restored."""
        versions: Counter[int | None] = Counter()
        for correction in self.corrections:
            versions[correction.sentence] += 1 if correction.undone is None else 2
        return versions

    def standing(self) -> dict[int | None, Correction]:
        """Return the correction that holds for each sentence, and for the abstract under None."""
        return {c.sentence: c for c in self.corrections if c.undone is None}

    def corrected(self) -> Analysis:
        """Return the analysis with the corrections in their places.

        A corrected abstract is held against the text anew: each of its sentences gets its sources, and a note tells
        what the text does not support.
        """
        standing = self.standing()
        sentences = []
        for sentence in self.analysis.sentences:
            correction = standing.get(sentence.index)
            if correction is not None:
                types = tuple(correction.value)
                sentence = replace(
                    sentence,
                    types=types,
                    primary=types[0],
                    is_commitment=self.schema.is_commitment(types),
                )
            sentences.append(sentence)
        abstract = self.analysis.abstract
        if None in standing:
            abstract = self._grounded(str(standing[None].value))
        return replace(self.analysis, sentences=tuple(sentences), abstract=abstract)

    def _grounded(self, text: str) -> Abstract:
        supports = check_support(text, [sentence.text for sentence in self.analysis.sentences])
        method = self.analysis.abstract.method if self.analysis.abstract else "abstractive"
        return Abstract(
            text,
            tuple(AbstractSentence(support.text, support.sources, extracted=False) for support in supports),
            method,
            tuple(
                f"the text does not support '{item.text}' ({item.kind})"
                for support in supports
                for item in support.unsupported
            ),
        )


class CorrectionStore:
    """The SQLite file; safe to use from several threads, and by several processes at once.

    Args:
        path: The file; it is made where there is none.

    Raises:
        CorrectionsError: If it cannot be opened, is something else, or was written by a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Texts may be confidential: nobody but the user reads a new file.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except OSError as error:
            raise CorrectionsError(f"{path}: cannot be opened ({error.strerror})") from None
        except sqlite3.DatabaseError as error:
            raise CorrectionsError(
                f"{path}: is not a database of corrections ({error}); name another file with --database"
            ) from None

    def _prepare(self) -> None:
        connection = self._connection
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a correction survives the loss of power, not only of the process.
        connection.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if version > FORMAT_VERSION:
                raise CorrectionsError(
                    f"{self.path}: has format {version}, this version of communique knows {FORMAT_VERSION}; update it"
                )
            if version == FORMAT_VERSION and {"documents", "corrections"} <= tables:
                return
            if tables:
                raise CorrectionsError(
                    f"{self.path}: is a database of something else; name another file with --database"
                )
            # Not executescript, which ends the transaction that it finds.
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Do everything in the block or nothing of it, with no writer in between."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise CorrectionsError(
                    f"{self.path}: cannot be written ({error}); nothing was changed"
                ) from None

    def add(self, text: str, analysis: Analysis, schema: LabelSchema) -> str:
        """Keep a document and return its name, made up for it."""
        name = uuid4().hex
        row = (name, _now(), text, analysis.to_json(), json.dumps(schema.to_dict(), ensure_ascii=False))
        with self._transaction() as connection:
            connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", row)
        return name

    def entries(self) -> list[DocumentEntry]:
        """List all documents, the latest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT id, added, json_extract(analysis, '$.title'), json_extract(analysis, '$.source'),"
                " json_array_length(analysis, '$.sentences'),"
                " (SELECT count(*) FROM corrections WHERE document = id AND undone IS NULL)"
                " FROM documents ORDER BY added DESC, rowid DESC"
            ).fetchall()
        return [DocumentEntry(*row) for row in rows]

    def document(self, name: str) -> ReviewedDocument:
        """Return a document with its corrections.

        Raises:
            UnknownDocumentError: If there is none of that name.
        """
        with self._lock:
            return self._document(name)

    def _document(self, name: str) -> ReviewedDocument:
        row = self._connection.execute(
            "SELECT added, text, analysis, label_schema FROM documents WHERE id = ?", (name,)
        ).fetchone()
        if row is None:
            raise UnknownDocumentError(f"there is no document '{name}'; it may have been deleted")
        rows = self._connection.execute(
            "SELECT number, sentence, value, made, undone FROM corrections WHERE document = ? ORDER BY number",
            (name,),
        )
        added, text, analysis, schema = row
        return ReviewedDocument(
            name,
            added,
            text,
            TypeAdapter(Analysis).validate_json(analysis),
            LabelSchema.model_validate_json(schema),
            tuple(_correction(*row) for row in rows),
        )

    def correct_types(self, name: str, sentence: int, types: Sequence[str], version: int) -> Correction:
        """Put other types in the place of a sentence's.

        Args:
            name: The document.
            sentence: The sentence's index.
            types: The types that it should have, in any order.
            version: The version of the sentence that the corrector saw.

        Raises:
            UnknownDocumentError: If there is no such document or sentence.
            InvalidCorrectionError: If the document's label set does not allow these types.
            ConflictError: If the sentence has another version.
        """
        with self._transaction():
            document = self._document(name)
            if not 0 <= sentence < len(document.analysis.sentences):
                raise UnknownDocumentError(
                    f"sentence {sentence}: the document has sentences 0 to {len(document.analysis.sentences) - 1}"
                )
            if problem := document.schema.problem_with(types):
                raise InvalidCorrectionError(f"sentence {sentence}: {problem}")
            return self._correct(document, sentence, list(document.schema.ordered(types)), version)

    def correct_abstract(self, name: str, text: str, version: int) -> Correction:
        """Put another text in the place of the abstract.

        Args:
            name: The document.
            text: The abstract as it should be.
            version: The version of the abstract that the corrector saw.

        Raises:
            UnknownDocumentError: If there is no such document.
            InvalidCorrectionError: If the text is empty.
            ConflictError: If the abstract has another version.
        """
        if not text.strip():
            raise InvalidCorrectionError("the abstract is empty; write one, or undo the correction")
        with self._transaction():
            return self._correct(self._document(name), None, text.strip(), version)

    def _correct(
        self, document: ReviewedDocument, sentence: int | None, value: list[str] | str, version: int
    ) -> Correction:
        current = document.versions()[sentence]
        if version != current:
            raise ConflictError(
                f"{_place(sentence)} was changed in another tab or by somebody else (version {current}, you saw "
                f"{version}); look at it again"
            )
        made = _now()
        encoded = json.dumps(value, ensure_ascii=False)
        number = self._connection.execute(
            "INSERT INTO corrections (document, sentence, value, made) VALUES (?, ?, ?, ?)",
            (document.id, sentence, encoded, made),
        ).lastrowid
        assert number is not None
        return _correction(number, sentence, encoded, made, None)

    def undo(self, name: str, number: int) -> Correction:
        """Undo a correction: what stood before it stands again.

        Raises:
            UnknownDocumentError: If the document or the correction does not exist.
            ConflictError: If it is undone already, or a later correction of the same thing stands.
        """
        with self._transaction() as connection:
            document = self._document(name)
            found = next((c for c in document.corrections if c.number == number), None)
            if found is None:
                raise UnknownDocumentError(f"the document has no correction {number}")
            standing = document.standing().get(found.sentence)
            if standing is None or standing.number != number:
                raise ConflictError(
                    f"{_place(found.sentence)} was changed after correction {number}, in another tab or by somebody "
                    "else; look at it again"
                )
            undone = _now()
            connection.execute("UPDATE corrections SET undone = ? WHERE number = ?", (undone, number))
            return replace(found, undone=undone)

    def delete(self, name: str) -> None:
        """Delete a document and its corrections for good.

        Raises:
            UnknownDocumentError: If there is none of that name.
        """
        with self._transaction() as connection:
            if not connection.execute("DELETE FROM documents WHERE id = ?", (name,)).rowcount:
                raise UnknownDocumentError(f"there is no document '{name}'; it may have been deleted")


def default_database() -> Path:
    """Return the file for corrections in the user's data folder."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return folder / "communique" / "corrections.sqlite"


def _correction(number: int, sentence: int | None, value: str, made: str, undone: str | None) -> Correction:
    decoded: Any = json.loads(value)
    return Correction(
        number, sentence, tuple(decoded) if isinstance(decoded, list) else decoded, made, undone
    )


def _place(sentence: int | None) -> str:
    return "the abstract" if sentence is None else f"sentence {sentence + 1}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
