import json

import pytest

from communique.errors import CorpusError
from communique.training.fact_evaluation import evaluate_facts, fact_table

TEXT = "Norway will pay 5 million euros by May 2021."
# Norway and the amount as the package finds them, a deadline with another value, a body it does not find.
FACTS = [
    {"kind": "country", "start": 0, "end": 6, "value": "NOR"},
    {"kind": "amount", "start": 16, "end": 31, "value": "5000000 EUR"},
    {"kind": "deadline", "start": 32, "end": 43, "value": "2021-05-01"},
    {"kind": "body", "start": 7, "end": 11, "value": "Will"},
]


def write(path, facts=FACTS, **changes):
    path.write_text(
        json.dumps({"id": "a", "date": "2020-01-01", "text": TEXT, "facts": facts, **changes}) + "\n"
    )
    return path


def test_spans_and_values_are_judged(tmp_path):
    result = evaluate_facts([write(tmp_path / "a.jsonl")])
    kinds = result["kinds"]
    assert kinds["country"]["f1"]["value"] == kinds["country"]["value_f1"]["value"] == 1
    assert kinds["deadline"]["f1"]["value"] == 1 and kinds["deadline"]["value_f1"]["value"] == 0
    assert kinds["body"]["recall"]["value"] == 0
    assert (kinds["all"]["annotated"], kinds["all"]["found"]) == (4, 3)
    assert kinds["all"]["precision"]["value"] == 1 and kinds["all"]["recall"]["value"] == 0.75
    assert "| country | 1 | 1.000 (1.000 to 1.000) |" in fact_table(result)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"facts": [{**FACTS[0], "end": 600}]}, "a.jsonl:1: fact 1 .* does not fit the text"),
        ({"facts": [{**FACTS[0], "end": 7}]}, "a.jsonl:1: fact 1 .* does not fit the text"),
        ({"facts": [{**FACTS[0], "kind": "person"}]}, "a.jsonl:1: facts.0.kind"),
        ({"text": ""}, "a.jsonl:1: text"),
    ],
)
def test_broken_annotations_are_named(tmp_path, changes, message):
    with pytest.raises(CorpusError, match=message):
        evaluate_facts([write(tmp_path / "a.jsonl", **changes)])


def test_the_shipped_annotations_fit_and_are_met(tmp_path):
    from communique.training.config import data_path

    for part in ("train", "validation"):
        result = evaluate_facts([data_path(f"package:seeds/facts/{part}.jsonl")])
        assert result["documents"] == 20
        assert result["kinds"]["all"]["value_f1"]["value"] > 0.9
