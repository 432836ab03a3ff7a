"""Tables: rows with named, typed columns, as CSV, Excel, Parquet, Markdown and pandas data frames."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from ..errors import CommuniqueError, MissingExtraError
from .batch_inputs import import_pyarrow

if TYPE_CHECKING:
    import pandas

Cell = str | int | float | bool | tuple[str, ...] | tuple[int, ...] | None
BinaryFormat = Literal["xlsx", "parquet"]
RecordFormat = Literal["json", "jsonl", "csv", "xlsx", "parquet"]
SEPARATOR = ";"
"""What stands between the values of one cell in CSV and Excel."""

EXCEL_CELL = 32_767
"""Characters that a cell of an Excel file holds at most."""
EXCEL_ROWS = 1_048_576
"""Rows that a sheet holds at most, with the heading."""
_EXCEL_WIDTHS = {"text": 100, "sentence": 100, "what": 70, "title": 40, "source": 30, "wording": 30}
_EXCEL_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with named columns."""

    name: str
    columns: Mapping[str, Any]
    """Each column's type: str, int, float, bool, tuple[str, ...] or tuple[int, ...]; None may stand in any."""
    rows: Sequence[Sequence[Cell]]


def record_table(name: str, kind: type, records: Iterable[Any]) -> Table:
    """Make a table of dataclass instances.

    Args:
        name: The table's name.
        kind: The dataclass, whose fields are the columns.
        records: Its instances.
    """
    return Table(name, get_type_hints(kind), [tuple(asdict(record).values()) for record in records])


def render_records(name: str, kind: type, records: Sequence[Any], format: RecordFormat) -> str | bytes:
    """Write dataclass instances in a format for machines; Excel and Parquet give bytes.

    Raises:
        MissingExtraError: If the format needs an extra that is not installed.
    """
    if format == "json":
        return json.dumps([asdict(record) for record in records], ensure_ascii=False, indent=2) + "\n"
    if format == "jsonl":
        return "".join(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records)
    table = record_table(name, kind, records)
    if format == "csv":
        return to_csv(table)
    return to_xlsx([table]) if format == "xlsx" else to_parquet(table)


def require(format: str) -> None:
    """Check that what a format needs is installed, before the work whose result is to be written.

    Raises:
        MissingExtraError: If it is not.
    """
    if format == "xlsx":
        _import_xlsxwriter()
    elif format == "parquet":
        import_pyarrow()


def to_csv(table: Table) -> str:
    """Write a table as CSV in which no cell is taken for a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_spreadsheet_cell(cell) for cell in row] for row in table.rows)
    return buffer.getvalue()


def to_xlsx(tables: Sequence[Table]) -> bytes:
    """Write tables as the sheets of an Excel file in which no cell is taken for a formula or a link.

    A cell that Excel could not hold is cut and says so.

    Raises:
        MissingExtraError: If the extra `tables` is not installed.
        CommuniqueError: If a table has more rows than a sheet.
    """
    xlsxwriter = _import_xlsxwriter()
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        heading = workbook.add_format({"bold": True, "bottom": 1})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        for table in tables:
            if len(table.rows) >= EXCEL_ROWS:
                raise CommuniqueError(
                    f"{len(table.rows)} {table.name} are more rows than the {EXCEL_ROWS} of an Excel sheet; "
                    "use csv or parquet"
                )
            sheet = workbook.add_worksheet(table.name)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
            for place, name in enumerate(table.columns):
                sheet.set_column(place, place, _EXCEL_WIDTHS.get(name, _EXCEL_WIDTH), wrapped)
                sheet.write_string(0, place, name, heading)
            for number, row in enumerate(table.rows, 1):
                for place, cell in enumerate(row):
                    plain = _spreadsheet_cell(cell)
                    if isinstance(plain, bool):
                        sheet.write_boolean(number, place, plain)
                    elif isinstance(plain, str):
                        sheet.write_string(number, place, _excel_text(plain))
                    elif plain is not None:
                        sheet.write_number(number, place, plain)
    return buffer.getvalue()


def to_parquet(table: Table) -> bytes:
    """Write a table as Parquet: cells as they are, several values as a list.

    Raises:
        MissingExtraError: If pyarrow is not installed.
    """
    pyarrow = import_pyarrow()
    types = {
        str: pyarrow.string(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
        tuple[str, ...]: pyarrow.list_(pyarrow.string()),
        tuple[int, ...]: pyarrow.list_(pyarrow.int64()),
    }
    columns = [
        pyarrow.array([row[place] for row in table.rows], types[_bare(kind)])
        for place, kind in enumerate(table.columns.values())
    ]
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns, names=list(table.columns)), sink)
    return bytes(sink.getvalue().to_pybytes())


def to_frame(table: Table) -> pandas.DataFrame:
    """Return a table as a pandas data frame; several values of a cell stay a tuple.

    Raises:
        MissingExtraError: If the extra `tables` is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise MissingExtraError("A data frame", "tables") from None
    return pandas.DataFrame.from_records(list(table.rows), columns=list(table.columns))


def to_markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; white space and bars within cells do not break it."""
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [f"| {' | '.join(map(markdown_cell, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def markdown_cell(text: str) -> str:
    """Write a text as a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


_OPENS_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    See "CSV Injection" of the OWASP Foundation; a text that is a number stays as it is.
    """
    if _OPENS_FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _spreadsheet_cell(cell: Cell) -> str | int | float | bool | None:
    if isinstance(cell, tuple):
        # Each value for itself: a spreadsheet may cut the line at every semicolon.
        return SEPARATOR.join(harmless(str(value)) for value in cell)
    return harmless(cell) if isinstance(cell, str) else cell


def _excel_text(text: str) -> str:
    if len(text) <= EXCEL_CELL:
        return text
    note = f" … (cut: {len(text)} characters, more than a cell of Excel holds; csv and parquet have them all)"
    return text[: EXCEL_CELL - len(note)] + note


def _bare(kind: Any) -> Any:  # noqa: ANN401 - a type or an optional one
    """Return the type of a column without its None."""
    arguments = [argument for argument in getattr(kind, "__args__", ()) if argument is not type(None)]
    return arguments[0] if type(None) in getattr(kind, "__args__", ()) else kind


def _import_xlsxwriter() -> Any:  # noqa: ANN401 - an untyped module
    try:
        import xlsxwriter
    except ImportError:
        raise MissingExtraError("An Excel file", "tables") from None
    return xlsxwriter
