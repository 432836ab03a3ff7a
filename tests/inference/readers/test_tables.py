import io

import pyarrow
import pytest
from pyarrow import parquet

from communique.errors import InputError
from communique.inference.readers.tables import read_csv, read_json_lines, read_parquet


def test_json_lines_name_each_line_that_is_wrong_and_give_the_others():
    lines = [
        b'{"text": "They met.", "title": "Talks", "date": "2 May 2020", "source": "LETA", "id": "a"}',
        b"",
        b"{text}",
        b'["They met."]',
        b'{"text": 5}',
        b'{"body": "They met."}',
        b'{"text": "\xff"}',
        b"[" * 100_000,
        b'{"text": "They parted."}',
    ]
    first, *errors, last = read_json_lines(io.BytesIO(b"\n".join(lines)), "x.jsonl")
    document = first.document
    assert (document.text, document.title, document.date) == ("They met.", "Talks", "2 May 2020")
    assert (document.publisher, document.identifier) == ("LETA", "a")
    assert [str(error).split(":")[1] for error in errors] == ["3", "4", "5", "6", "7", "8"]
    assert last.document.identifier == "x.jsonl:9"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(delimiter):
    rows = [["Text", "title"], ['"They met.\nThey agreed."', "Talks"], ["", ""], ["They parted.", ""]]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode("utf-8-sig")
    first, second = read_csv(io.BytesIO(data), "x.csv")
    assert (first.document.text, first.document.title) == ("They met.\nThey agreed.", "Talks")
    assert first.document.identifier == "x.csv:2" and second.document.identifier.startswith("x.csv:")


def test_csv_with_a_row_that_does_not_fit_or_no_text_column():
    error, read = read_csv(io.BytesIO(b"text,title\nThey met, and agreed, at last,x\nThey met.,x\n"), "x.csv")
    assert (
        str(error).startswith("x.csv:2: has 4 columns, the first line has 2") and read.document.title == "x"
    )
    with pytest.raises(InputError, match=r"x.csv: has no column 'text'.*did you mean 'texts'"):
        list(read_csv(io.BytesIO(b"texts,title\na,b\n"), "x.csv"))


def test_csv_with_a_text_longer_than_the_csv_module_takes():
    (read,) = read_csv(io.BytesIO(b'text\n"' + b"They met. " * 50_000 + b'"\n'), "x.csv")
    assert len(read.document.text) == 500_000


def test_parquet():
    buffer = io.BytesIO()
    table = pyarrow.table(
        {"text": ["They met.", None, "They parted."], "date": ["2020", None, None], "n": [1, 2, 3]}
    )
    parquet.write_table(table, buffer)
    first, error, last = read_parquet(buffer.getvalue(), "x.parquet")
    assert first.document.date == "2020" and str(error).startswith("x.parquet:2: the text is empty")
    assert last.document.identifier == "x.parquet:3"
