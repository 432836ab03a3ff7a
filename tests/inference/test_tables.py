import csv
import io
import sys

import openpyxl
import pandas
import pyarrow.parquet
import pytest

from communique.errors import CommuniqueError, MissingExtraError
from communique.inference import tables
from communique.inference.tables import Table, harmless, to_csv, to_frame, to_markdown, to_parquet, to_xlsx

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝1"]
TABLE = Table(
    "things",
    {
        "text": str,
        "number": float,
        "count": int,
        "flag": bool,
        "names": tuple[str, ...],
        "places": tuple[int, ...],
    },
    [
        ("=1+1", -0.5, -3, True, ("@a", "-b", "c"), (1, 2)),
        (None, None, 2, False, (), ()),
        ("http://a.b/c", 1.0, 0, True, ("d",), (3,)),
    ],
)


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_made_harmless(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "They met.", "-5", "+1,000.5", "5-3", " =1"])
def test_other_texts_stay(text):
    assert harmless(text) == text


def test_csv():
    first, second, _ = csv.DictReader(io.StringIO(to_csv(TABLE)))
    assert first == {
        "text": "'=1+1", "number": "-0.5", "count": "-3", "flag": "True", "names": "'@a;'-b;c", "places": "1;2"
    }  # fmt: skip
    assert second["text"] == "" and second["names"] == ""


def test_xlsx_holds_values_and_neither_formulas_nor_links():
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([TABLE, Table("none", {"a": str}, [])])))
    assert book.sheetnames == ["things", "none"] and book["none"].max_row == 1
    sheet = book["things"]
    rows = list(sheet.values)
    assert rows[0] == tuple(TABLE.columns)
    assert rows[1] == ("'=1+1", -0.5, -3, True, "'@a;'-b;c", "1;2")
    assert rows[2][:2] == (None, None)
    assert all(cell.data_type != "f" and cell.hyperlink is None for row in sheet for cell in row)


def test_xlsx_says_where_it_cut():
    long = "They met. " * 5_000
    cell = openpyxl.load_workbook(io.BytesIO(to_xlsx([Table("t", {"text": str}, [(long + "\x00",)])])))["t"][
        "A2"
    ].value
    assert len(cell) == tables.EXCEL_CELL and cell.endswith(
        "(cut: 50001 characters, more than a cell of Excel holds; csv and parquet have them all)"
    )


def test_xlsx_refuses_more_rows_than_a_sheet_has(monkeypatch):
    monkeypatch.setattr(tables, "EXCEL_ROWS", 3)
    with pytest.raises(
        CommuniqueError, match="3 things are more rows than the 3 of an Excel sheet; use csv or parquet"
    ):
        to_xlsx([TABLE])


def test_parquet_keeps_values_as_they_are():
    table = pyarrow.parquet.read_table(io.BytesIO(to_parquet(TABLE)))
    assert [
        tuple(tuple(v) if isinstance(v, list) else v for v in row.values()) for row in table.to_pylist()
    ] == TABLE.rows
    empty = pyarrow.parquet.read_schema(io.BytesIO(to_parquet(Table("none", TABLE.columns, []))))
    assert empty.equals(table.schema)


def test_frame():
    frame = to_frame(TABLE)
    assert isinstance(frame, pandas.DataFrame) and list(frame.columns) == list(TABLE.columns)
    assert frame["text"][0] == "=1+1" and frame["names"][0] == ("@a", "-b", "c")
    assert list(to_frame(Table("none", TABLE.columns, [])).columns) == list(TABLE.columns)


def test_markdown_cells_do_not_break_the_table():
    assert (
        to_markdown(["a", "b"], [["x | y", "two\nlines"]])
        == "| a | b |\n|---|---|\n| x \\| y | two lines |\n"
    )


@pytest.mark.parametrize(
    ("package", "action"),
    [("pandas", lambda: to_frame(TABLE)), ("xlsxwriter", lambda: tables.require("xlsx"))],
)
def test_a_missing_extra_is_named(monkeypatch, package, action):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'communique\[tables\]'"):
        action()
