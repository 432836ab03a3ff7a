import csv
import io
import json

import communique
from communique.inference.deadlines import deadlines, render_deadlines

FIRST = (
    "Done on 3 March 2020. Norway will pay 5 million euros by May. They urged Sweden to report within a year."
)
SECOND = "Done on 4 March 2019. Peru will ratify it by June | July 2019. It enters into force within 30 days of ratification."


def listed(analyzer):
    documents = [
        communique.Document(FIRST, identifier="a.txt"),
        communique.Document(SECOND, identifier="b.txt"),
    ]
    return deadlines(analyzer.analyze(documents, method=None, facts=True))


def test_in_the_order_of_their_days_over_all_texts(tiny_analyzer):
    found = listed(tiny_analyzer)
    assert [(item.due, item.who, item.whom, item.amounts, item.source) for item in found] == [
        ("2019-06-30", ("PER",), (), (), "b.txt"),
        ("2020-05-31", ("NOR",), (), ("5000000 EUR",), "a.txt"),
        ("2021-03-03", (), ("SWE",), (), "a.txt"),
        ("P30D", (), (), (), "b.txt"),
    ]


def test_without_facts_there_are_none(tiny_analyzer):
    assert deadlines([tiny_analyzer.analyze(FIRST, method=None)]) == []


def test_formats(tiny_analyzer):
    found = listed(tiny_analyzer)
    data = json.loads(render_deadlines(found, "json"))
    assert [json.loads(line) for line in render_deadlines(found, "jsonl").splitlines()] == data
    rows = list(csv.DictReader(io.StringIO(render_deadlines(found, "csv"))))
    assert [row["due"] for row in rows] == [item["due"] for item in data]
    assert rows[1]["amounts"] == "5000000 EUR"
    table = render_deadlines(found, "markdown").splitlines()
    assert len(table) == 6 and all(line.replace("\\|", "").count("|") == 7 for line in table)
    assert "2020-05-31" in render_deadlines(found, "text") and "[a.txt 2]" in render_deadlines(found, "text")
    assert render_deadlines([], "text") == "no deadline found\n"
