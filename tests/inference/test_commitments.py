import csv
import dataclasses
import io
import json

import pyarrow.parquet
import pytest

import communique
from communique.inference.commitments import commitments, render_commitments
from communique.inference.results import Analysis, LabelledSentence
from communique.models.facts import find_facts
from communique.models.text import segment


def analysed(text, types=("pledge",), source="a.txt", facts=True):
    """An analysis in which every sentence has the types given."""
    document = communique.Document(text, identifier=source)
    sentences = segment(text)
    labelled = tuple(
        LabelledSentence(
            s.index, s.start, s.end, s.text, types, types[0] if types else None,
            {}, types == ("pledge",), 0.5, 0.75, 0.9, (), found if facts else (),
        )
        for s, found in zip(sentences, find_facts(document, sentences), strict=True)
    )  # fmt: skip
    return Analysis(source, None, labelled, None, {})


def only(text):
    (found,) = commitments([analysed(text)])
    return found


def test_who_promised_what_to_whom_by_when():
    found = only("Norway will provide 5 million euros to Kenya and Uganda by 1 May 2027.")
    assert (found.who, found.whom) == (("NOR",), ("KEN", "UGA"))
    assert found.what == "will provide 5 million euros to Kenya and Uganda by 1 May 2027."
    assert (found.deadlines, found.amounts) == (("2027-05-01",), ("5000000 EUR",))
    assert (found.type, found.index, found.source, found.confidence) == ("pledge", 0, "a.txt", 0.75)


@pytest.mark.parametrize(
    ("text", "who", "what"),
    [
        ("Peru said that Chile would send two ships.", ("CHL",), "would send two ships."),
        ("Peru said it would send two ships.", ("PER",), "would send two ships."),
        ("The plan was approved by the Security Council.", ("Security Council",), None),
        ("The next session will be held in Riga.", (), None),
        ("ANTWERP, Belgium, 28 June (Agency) - Peru agreed to trade.", ("PER",), "agreed to trade."),
        ("4. DECIDES to set up a list of Peru's ports.", (), "DECIDES to set up a list of Peru's ports."),
        ("The member states also agreed to trade.", ("The member states",), "agreed to trade."),
        ("They signed an agreement with Peru.", ("They",), "signed an agreement with Peru."),
        ("Peru tops the bill.", ("PER",), None),
        ("Tin tops the bill of Peru.", (), None),
    ],
)
def test_who_and_what(text, who, what):
    found = only(text)
    assert (found.who, found.what) == (who, what or text)


def test_only_commitments_in_the_order_of_the_texts():
    analyses = [analysed("Peru will trade. Chile will trade.", source="b"), analysed("Peru met.", ("call",))]
    assert [(c.who, c.source) for c in commitments(analyses)] == [(("PER",), "b"), (("CHL",), "b")]
    undecided = dataclasses.replace(
        analyses[0],
        sentences=tuple(dataclasses.replace(s, types=(), primary=None) for s in analyses[0].sentences),
    )
    assert commitments([undecided]) == []


def test_without_facts_the_words_of_the_subject_are_left():
    (found,) = commitments([analysed("Norway will pay 5 million euros by 1 May 2027.", facts=False)])
    assert (found.who, found.whom, found.deadlines, found.amounts) == (("Norway",), (), (), ())


def test_formats():
    found = commitments([analysed("Norway will pay | 5 million euros by 1 May 2027.")])
    data = json.loads(render_commitments(found, "json"))
    assert [json.loads(line) for line in render_commitments(found, "jsonl").splitlines()] == data
    (row,) = csv.DictReader(io.StringIO(render_commitments(found, "csv")))
    assert row["who"] == "NOR" and row["amounts"] == "5000000 EUR" and list(row) == list(data[0])
    table = pyarrow.parquet.read_table(io.BytesIO(render_commitments(found, "parquet")))
    assert table.to_pylist() == data
    assert render_commitments(found, "xlsx").startswith(b"PK")
    lines = render_commitments(found, "markdown").splitlines()
    assert len(lines) == 3 and all(line.replace("\\|", "").count("|") == 10 for line in lines)
    text = render_commitments(found, "text")
    assert text.startswith("pledge        NOR  5000000 EUR; due 2027-05-01\n") and "[a.txt 1]" in text
    assert render_commitments([], "text") == "no commitment found\n"
