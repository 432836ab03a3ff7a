import csv
import io
import json

import jsonschema
import pytest
from communique.inference.reports import json_schema, render
from communique.inference.results import Abstract, AbstractSentence, Analysis, LabelledSentence
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
