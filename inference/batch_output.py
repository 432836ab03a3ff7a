"""The output folder of a batch run, which survives a crash at any moment.

    manifest.json         what the run is: version, options, models, inputs, status; at the end the summary
    inputs.jsonl          every input file with its sha256 and the number of its documents
    results-000000.jsonl  results, in shards (or .parquet)
    rejected.jsonl        documents that could not be read or analysed, with the reason
    shards.jsonl          the journal: one line for each finished shard

A shard is written aside, forced to the disk and renamed; its line in the journal then makes it count. Whatever
the journal does not name was left by a crash and is taken back by `recover`, so that no document is lost or doubled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import IO, Any, Literal, Protocol, get_args, get_origin, get_type_hints

from filelock import FileLock, Timeout

from ..errors import BatchError
from ..models.folder import file_hash
from .batch_inputs import InputFile, Rejection, import_pyarrow
from .results import Analysis

Format = Literal["jsonl", "parquet"]

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
INPUTS = "inputs.jsonl"
JOURNAL = "shards.jsonl"
REJECTED = "rejected.jsonl"
LOCK = ".lock"
PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished shard, a line of the journal."""

    file: str
    sha256: str
    bytes: int
    documents: int
    """Results in it; with `rejected` it gives the documents it stands for."""
    rejected: int
    sentences: int
    commitments: int
    """Sentences that bind their actor."""
    seconds: float
    """Time from the shard before to this one."""
    rejected_bytes: int
    """Length of rejected.jsonl after this shard."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the finished shards hold together."""

    shards: int = 0
    documents: int = 0
    rejected: int = 0
    sentences: int = 0
    commitments: int = 0
    seconds: float = 0.0
    rejected_bytes: int = 0

    @property
    def handled(self) -> int:
        """Documents that have their result or their rejection."""
        return self.documents + self.rejected

    def with_shard(self, shard: Shard) -> Totals:
        """Add a shard."""
        return Totals(
            self.shards + 1,
            self.documents + shard.documents,
            self.rejected + shard.rejected,
            self.sentences + shard.sentences,
            self.commitments + shard.commitments,
            self.seconds + shard.seconds,
            shard.rejected_bytes,
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder this run's own for as long as the block runs.

    The lock is the operating system's: it ends with the process, however the process ends.

    Raises:
        BatchError: If another run works there, the folder cannot be made, or it holds something else.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(folder)
        lock = FileLock(folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise BatchError(
            f"{folder}: another run is writing there; wait for it, or choose another output folder"
        ) from None
    except OSError as error:
        raise _not_written(folder, error) from None
    try:
        yield
    finally:
        lock.release()


def _refuse_foreign(folder: Path) -> None:
    """Leave alone a folder that holds something else than a run or the first files of one."""
    if (folder / MANIFEST).exists():
        return
    own = {LOCK, INPUTS, INPUTS + PARTIAL, MANIFEST + PARTIAL}
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in own)
    if foreign:
        raise BatchError(
            f"{folder}: holds something else than a batch run ('{foreign[0]}'); choose a new or empty output folder"
        )


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a run; None where none has begun.

    Raises:
        BatchError: If it cannot be read.
    """
    path = folder / MANIFEST
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise BatchError(f"{path}: cannot be read as JSON ({error}); choose another output folder") from None


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Replace the manifest as a whole."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    with _replacing(folder / MANIFEST) as file:
        file.write(text.encode("utf-8"))


def write_inputs(folder: Path, files: Iterator[InputFile]) -> int:
    """Write down the input files; return how many documents they have."""
    documents = 0
    with _replacing(folder / INPUTS) as file:
        for described in files:
            # Escaped, because a file's name may hold bytes that are no text.
            file.write(json.dumps(asdict(described)).encode("ascii") + b"\n")
            documents += described.documents
    return documents


def read_inputs(folder: Path) -> Iterator[InputFile]:
    """Yield the input files that were written down."""
    with (folder / INPUTS).open("rb") as file:
        for line in file:
            yield InputFile(**json.loads(line))


def recover(folder: Path) -> Totals:
    """Take back what a crash left half done, and return what is finished.

    Raises:
        BatchError: If the journal or a shard that it names is damaged.
    """
    totals = Totals()
    journal = folder / JOURNAL
    end = 0
    with _writing(folder):
        if journal.exists():
            with journal.open("rb") as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    totals = totals.with_shard(_checked_shard(folder, line, totals.shards))
                    end += len(line)
        _cut(journal, end)
        _cut(folder / REJECTED, totals.rejected_bytes)
        for path in folder.glob("results-*"):
            if path.suffix == PARTIAL or _shard_number(path) >= totals.shards:
                path.unlink()
    return totals


def _checked_shard(folder: Path, line: bytes, number: int) -> Shard:
    place = f"{folder / JOURNAL}:{number + 1}"
    try:
        shard = Shard(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise BatchError(f"{place}: is damaged ({error}); begin anew in another output folder") from None
    path = folder / shard.file
    if not path.is_file() or path.stat().st_size != shard.bytes:
        raise BatchError(
            f"{path}: was removed or changed after it was written; restore it, or begin anew in another output folder"
        )
    return shard


def _cut(path: Path, length: int) -> None:
    """Shorten a file to what is known to be whole."""
    size = path.stat().st_size if path.exists() else 0
    if size < length:
        raise BatchError(
            f"{path}: is shorter than it was; restore it, or begin anew in another output folder"
        )
    if size > length:
        os.truncate(path, length)


def _shard_number(path: Path) -> int:
    return int(path.name.split(".")[0].removeprefix("results-"))


class ShardWriter:
    """Writes one shard of results aside, and makes it count when it is complete.

    Args:
        folder: The output folder.
        totals: The shards before it.
        format: The format of its file.
        types: The names of the label schema.
        abstracts: Whether results have an abstract.

    Raises:
        BatchError: If the folder cannot be written to.
        MissingExtraError: If the format is Parquet and pyarrow is not installed.
    """

    def __init__(
        self, folder: Path, totals: Totals, format: Format, types: Sequence[str], *, abstracts: bool
    ) -> None:
        self._folder = folder
        self._totals = totals
        self._name = f"results-{totals.shards:06}.{format}"
        self._partial = folder / f"{self._name}{PARTIAL}"
        self._rejections: list[Rejection] = []
        self._documents = self._sentences = self._commitments = 0
        with _writing(folder):
            self._file = self._partial.open("wb")
            self._rows: _Rows = _JsonLines(self._file)
            if format == "parquet":
                self._rows = _Parquet(self._file, types, abstracts=abstracts)

    def add(
        self, rows: Sequence[str], rejections: Sequence[Rejection], sentences: int, commitments: int
    ) -> None:
        """Add results, each as JSON, and rejections; count their sentences.

        Raises:
            BatchError: If the folder cannot be written to.
        """
        with _writing(self._folder):
            self._rows.write(rows)
        self._rejections += rejections
        self._documents += len(rows)
        self._sentences += sentences
        self._commitments += commitments

    def commit(self, seconds: float) -> Totals:
        """Make the shard count; return the totals with it.

        The order matters: until its line is in the journal, `recover` takes everything back.

        Args:
            seconds: What it took.

        Raises:
            BatchError: If the folder cannot be written to.
        """
        lines = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in self._rejections)
        rejected = lines.encode("utf-8")
        with _writing(self._folder):
            self._rows.close()
            _force(self._file)
            self._file.close()
            shard = Shard(
                self._name,
                file_hash(self._partial),
                self._partial.stat().st_size,
                self._documents,
                len(self._rejections),
                self._sentences,
                self._commitments,
                round(seconds, 3),
                self._totals.rejected_bytes + len(rejected),
            )
            if rejected:
                _append(self._folder / REJECTED, rejected)
            self._partial.replace(self._folder / self._name)
            _force_names(self._folder)
            _append(self._folder / JOURNAL, json.dumps(asdict(shard)).encode("ascii") + b"\n")
        return self._totals.with_shard(shard)


class _Rows(Protocol):
    def write(self, rows: Sequence[str]) -> None: ...

    def close(self) -> None: ...


class _JsonLines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, rows: Sequence[str]) -> None:
        for row in rows:
            self._file.write(row.encode("utf-8") + b"\n")

    def close(self) -> None:
        pass


class _Parquet:
    def __init__(self, file: IO[bytes], types: Sequence[str], *, abstracts: bool) -> None:
        self._pyarrow = import_pyarrow()
        self._schema = _arrow_schema(self._pyarrow, types, abstracts=abstracts)
        self._writer = self._pyarrow.parquet.ParquetWriter(file, self._schema)

    def write(self, rows: Sequence[str]) -> None:
        records = [json.loads(row) for row in rows]
        if records:
            self._writer.write_table(self._pyarrow.Table.from_pylist(records, self._schema))

    def close(self) -> None:
        self._writer.close()


def _arrow_schema(pyarrow: Any, types: Sequence[str], *, abstracts: bool) -> Any:  # noqa: ANN401 - untyped module
    """Return the columns of a row: those of `Analysis`, so that the two formats hold the same."""
    keys = {"probabilities": types, "models": ("classifier", "summarizer")}

    def arrow_type(hint: Any, name: str) -> Any:  # noqa: ANN401 - any annotation
        plain = {str: pyarrow.string, int: pyarrow.int64, float: pyarrow.float64, bool: pyarrow.bool_}
        if hint in plain:
            return plain[hint]()
        if is_dataclass(hint):
            return pyarrow.struct(
                [(key, arrow_type(value, key)) for key, value in get_type_hints(hint).items()]
            )
        if get_origin(hint) is Literal:
            return pyarrow.string()
        arguments = [argument for argument in get_args(hint) if argument is not type(None)]
        if get_origin(hint) is tuple:
            return pyarrow.list_(arrow_type(arguments[0], name))
        if get_origin(hint) is dict:
            return pyarrow.struct([(key, arrow_type(arguments[1], name)) for key in keys[name]])
        return arrow_type(arguments[0], name)

    columns = [column for column in arrow_type(Analysis, "") if abstracts or column.name != "abstract"]
    return pyarrow.schema([("number", pyarrow.int64()), ("id", pyarrow.string()), *columns])


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _not_written(folder, error) from None


def _not_written(folder: Path, error: OSError) -> BatchError:
    return BatchError(
        f"{folder}: cannot be written ({error.strerror or error}); finished shards are kept: "
        "make room or give permission, and run the same command again"
    )


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that takes the place of `path` as a whole when the block ends."""
    partial = path.with_name(path.name + PARTIAL)
    with _writing(path.parent):
        with partial.open("wb") as file:
            yield file
            _force(file)
        partial.replace(path)
        _force_names(path.parent)


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        _force(file)


def _force(file: IO[bytes]) -> None:
    """Have the system bring a file to the disk, so that it is there after a loss of power too."""
    file.flush()
    os.fsync(file.fileno())


def _force_names(folder: Path) -> None:
    """Do the same with the names in a folder; Windows has no such thing."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
