"""Tables of texts, a document a row: JSON Lines, CSV and Parquet.

A row has the column `text`, and may have `title`, `date`, `publisher` (or `source`) and `id`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from ...errors import InputError
from ...models.validation import nearest
from .text import ReadText, decoded, found_document

TEXT_COLUMN = "text"
MAX_ROW_BYTES = 50_000_000
"""A longer line of JSON Lines is refused."""

Row = ReadText | InputError
"""A row's document, or why it has none."""


def read_json_lines(file: BinaryIO, name: str) -> Iterator[Row]:
    """Read JSON Lines, an object a line, line by line.

    Args:
        file: The file, open for reading bytes.
        name: What to call it in messages.

    Yields:
        The document of each line that is not blank, or an error that names the line.
    """
    number = 0
    while line := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        place = f"{name}:{number}"
        if len(line) > MAX_ROW_BYTES:
            yield InputError(
                f"{place}: is longer than {MAX_ROW_BYTES // 1_000_000} MB; write one object a line"
            )
            return
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            yield InputError(f"{place}: is not UTF-8 text (byte {error.start}); save it as UTF-8")
        except json.JSONDecodeError as error:
            yield InputError(
                f"{place}: is not JSON (column {error.colno}: {error.msg}); write one object a line"
            )
        except RecursionError:
            yield InputError(f"{place}: is nested too deeply; write one flat object a line")
        else:
            yield _row(record, place)


def read_csv(file: BinaryIO, name: str) -> Iterator[Row]:
    """Read a CSV file with a line of column names; commas, semicolons or tabs part the columns.

    Args:
        file: The file, open for reading bytes.
        name: What to call it in messages.

    Yields:
        The document of each row, or an error that names the line where the row begins.

    Raises:
        InputError: If the file is no text, or lacks the column `text`.
    """
    content, warnings = decoded(file.read(), name)
    header = content.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    # The limit of the csv module is 128 KB a field, less than a long communiqué.
    csv.field_size_limit(MAX_ROW_BYTES)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    try:
        columns = [column.strip() for column in next(reader, [])]
        _check_columns(columns, name)
        line = reader.line_num + 1
        for values in reader:
            place = f"{name}:{line}"
            line = reader.line_num + 1
            if not any(value.strip() for value in values):
                continue
            if len(values) != len(columns):
                yield InputError(
                    f"{place}: has {len(values)} columns, the first line has {len(columns)}; "
                    'put texts with commas or line breaks into quotation marks (")'
                )
                continue
            row = _row(dict(zip(columns, values, strict=True)), place)
            yield ReadText(row.document, warnings) if isinstance(row, ReadText) else row
            warnings = ()
    except csv.Error as error:
        raise InputError(f"{name}:{reader.line_num}: is not valid CSV ({error})") from None


def read_parquet(data: bytes, name: str) -> Iterator[Row]:
    """Read a Parquet file.

    Args:
        data: The file.
        name: What to call it in messages.

    Yields:
        The document of each row, or an error that names the row, counted from 1.

    Raises:
        InputError: If the file is broken or lacks the column `text`.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        columns = file.schema_arrow.names
        _check_columns(columns, name)
        wanted = [column for column in columns if column.lower() in _COLUMNS]
        number = 0
        for batch in file.iter_batches(batch_size=64, columns=wanted):
            for record in batch.to_pylist():
                number += 1
                yield _row(record, f"{name}:{number}")
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{name}: is a broken Parquet file ({error}); write it anew") from None


_COLUMNS = frozenset((TEXT_COLUMN, "title", "date", "publisher", "source", "id"))


def _check_columns(columns: list[str], name: str) -> None:
    if TEXT_COLUMN not in (column.lower() for column in columns):
        hint = nearest(TEXT_COLUMN, columns) if columns else ""
        raise InputError(f"{name}: has no column '{TEXT_COLUMN}'; name the column with the texts so{hint}")


def _row(record: Any, place: str) -> Row:  # noqa: ANN401 - any JSON value
    if not isinstance(record, Mapping):
        return InputError(f"{place}: is {type(record).__name__}, not an object with '{TEXT_COLUMN}'")
    values = {str(key).lower(): value for key, value in record.items() if value is not None and value != ""}
    text = values.get(TEXT_COLUMN, "")
    if not isinstance(text, str):
        return InputError(f"{place}: '{TEXT_COLUMN}' is {type(text).__name__}, not a text")
    if not text.strip():
        return InputError(f"{place}: the text is empty; a row needs '{TEXT_COLUMN}'")

    def known(*keys: str) -> str | None:
        return next((str(values[key]) for key in keys if key in values), None)

    name = known("id") or place
    return ReadText(found_document(text, name, known("title"), known("date"), known("publisher", "source")))
