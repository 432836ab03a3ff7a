import csv
import dataclasses
import io
import json

import jsonschema
import openpyxl
import pyarrow.parquet
import pytest

from communique.inference.reports import json_schema, render
from communique.inference.results import Abstract, AbstractSentence, Analysis, Fact, LabelledSentence
from communique.models.taxonomy import commitment_schema

SCHEMA = commitment_schema()


def sentence(index, start, text, types):
    probabilities = {name: 0.9 if name in types else 0.1 for name in SCHEMA.names}
    commits = SCHEMA.is_commitment(types)
    return LabelledSentence(
        index, start, start + len(text), text, types, types[0], probabilities, commits, 0.5, 0.8, 0.7
    )


ANALYSIS = Analysis(
    source="a.txt",
    title="Talks | in Riga",
    sentences=(
        sentence(0, 0, "They met, and\nthey agreed to trade.", ("agreement", "consultation")),
        sentence(1, 40, 'He said: "All | must act."', ("call",)),
    ),
    abstract=Abstract(
        "They agreed to trade.",
        (AbstractSentence("They agreed to trade.", (0,), extracted=False),),
        "abstractive",
        ("left out, because x",),
    ),
    models={"classifier": "c", "summarizer": "s"},
    warnings=("careful",),
)


@pytest.mark.parametrize("content", ["analysis", "sentences", "abstract"])
def test_json_follows_its_schema(content):
    data = json.loads(render([ANALYSIS], "json", content, SCHEMA))
    jsonschema.validate(data, json_schema(content))
    assert ("sentences" in data) == (content != "abstract")
    assert ("abstract" in data) == (content != "sentences")
    if content != "abstract":
        assert data["sentences"][0]["types"] == ["agreement", "consultation"]
    lines = render([ANALYSIS, ANALYSIS], "jsonl", content, SCHEMA).splitlines()
    assert [json.loads(line) for line in lines] == [data, data]
    assert json.loads(render([ANALYSIS, ANALYSIS], "json", content, SCHEMA)) == [data, data]


def test_the_schema_refuses_something_else():
    data = json.loads(render([ANALYSIS], "json", "analysis", SCHEMA))
    data["sentences"][0]["start"] = "zero"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, json_schema())


def test_csv_reads_back():
    rows = list(csv.DictReader(io.StringIO(render([ANALYSIS], "csv", "analysis", SCHEMA))))
    assert [row["text"] for row in rows] == [s.text for s in ANALYSIS.sentences]
    assert rows[0]["types"] == "agreement;consultation"
    assert (rows[1]["start"], rows[1]["p_call"], rows[1]["is_commitment"]) == ("40", "0.9", "False")
    (row,) = csv.DictReader(io.StringIO(render([ANALYSIS], "csv", "abstract", SCHEMA)))
    assert (row["text"], row["sources"]) == ("They agreed to trade.", "0")


def test_markdown():
    text = render([ANALYSIS], "markdown", "analysis", SCHEMA)
    assert text.startswith("# Talks | in Riga\n\nThey agreed to trade. [1]\n")
    assert "| 1 | **agreement**, **consultation** | They met, and they agreed to trade. |" in text
    assert 'He said: "All \\| must act."' in text


def test_text_sets_commitments_off():
    text = render([ANALYSIS], "text", "analysis", SCHEMA)
    lines = text.splitlines()
    assert any(line.startswith("▌  1 agreement") and "(+ consultation)" in line for line in lines)
    assert any(line.startswith("   2 call") for line in lines)
    assert "They agreed to trade. [1]" in text and "note: left out" in text
    assert "Abstract" not in render([ANALYSIS], "text", "sentences", SCHEMA)


def test_facts_in_every_report():
    fact = Fact("amount", 41, 46, "5 | 6 euros", "5/6 EUR")
    first, second = ANALYSIS.sentences
    analysis = dataclasses.replace(
        ANALYSIS,
        sentences=(first, dataclasses.replace(second, facts=(fact,))),
        dates_counted_from="2020-01-01",
    )
    data = json.loads(render([analysis], "json", "analysis", SCHEMA))
    jsonschema.validate(data, json_schema())
    assert (
        data["sentences"][1]["facts"][0]["value"] == "5/6 EUR" and data["dates_counted_from"] == "2020-01-01"
    )
    rows = list(csv.DictReader(io.StringIO(render([analysis], "csv", "analysis", SCHEMA))))
    assert [row["amount"] for row in rows] == ["", "5/6 EUR"]
    assert "| 2 | call | amount: 5/6 EUR | He said" in render([analysis], "markdown", "sentences", SCHEMA)
    assert "facts" not in render([ANALYSIS], "markdown", "sentences", SCHEMA)
    assert "amount: 5/6 EUR" in render([analysis], "text", "sentences", SCHEMA)


def test_tables_in_binary_formats():
    book = openpyxl.load_workbook(io.BytesIO(render([ANALYSIS], "xlsx", "analysis", SCHEMA)))
    assert book.sheetnames == ["sentences", "commitments", "abstracts"]
    sentences, found, abstracts = (list(sheet.values) for sheet in book)
    assert len(sentences) == 3 and abstracts[1][-1] == "They agreed to trade."
    assert dict(zip(found[0], found[1], strict=True))["type"] == "agreement" and len(found) == 2
    assert openpyxl.load_workbook(io.BytesIO(render([ANALYSIS], "xlsx", "abstract", SCHEMA))).sheetnames == [
        "abstracts"
    ]
    rows = pyarrow.parquet.read_table(
        io.BytesIO(render([ANALYSIS], "parquet", "analysis", SCHEMA))
    ).to_pylist()
    assert rows[0]["types"] == ["agreement", "consultation"] and rows[0]["p_call"] == 0.1


def test_a_data_frame_has_a_row_for_each_sentence():
    undecided = dataclasses.replace(ANALYSIS.sentences[1], types=(), primary=None)
    frame = dataclasses.replace(ANALYSIS, sentences=(ANALYSIS.sentences[0], undecided)).to_frame()
    assert frame["types"][0] == ("agreement", "consultation") and frame["p_agreement"].tolist() == [0.9, 0.1]
    assert frame["source"].tolist() == ["a.txt", "a.txt"] and frame["primary"].isna().tolist() == [
        False,
        True,
    ]


def test_a_page():
    page = render([ANALYSIS], "html", "analysis", SCHEMA)
    assert page.startswith("<!DOCTYPE html>") and page.count('class="number"') == 2


def test_csv_cells_are_no_formulas():
    formula = dataclasses.replace(ANALYSIS.sentences[1], text='=HYPERLINK("http://a.b")')
    rows = csv.DictReader(
        io.StringIO(render([dataclasses.replace(ANALYSIS, sentences=(formula,))], "csv", "sentences", SCHEMA))
    )
    assert [row["text"] for row in rows] == ['\'=HYPERLINK("http://a.b")']
