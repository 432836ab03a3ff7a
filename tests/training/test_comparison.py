import json

import pytest

from communique.errors import PredictionsError
from communique.models.folder import file_hash
from communique.models.taxonomy import commitment_schema
from communique.training.comparison import compare_runs, comparison_tables
from communique.training.corpus import load_documents

SCHEMA = commitment_schema()


@pytest.fixture
def write_run(tmp_path, corpus):
    """Write a run that labels the validation documents as annotated, but for some sentences of each."""

    def _write(name, wrong):
        folder = tmp_path / name
        folder.mkdir()
        lines = [
            {
                "id": document.id,
                "sentences": [
                    {"types": wrong.get(i, sentence.types)} for i, sentence in enumerate(document.sentences)
                ],
            }
            for document in load_documents([corpus["validation"]], SCHEMA)
        ]
        (folder / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        data = {"validation.jsonl": file_hash(corpus["validation"])}
        (folder / "metrics.json").write_text(json.dumps({"data": data}))
        return folder

    return _write


def test_what_changed_and_whether_it_matters(write_run, corpus):
    first = write_run("a", {2: ["background"], 3: ["call"], 4: ["call"]})
    second = write_run("b", {3: ["position"], 5: ["position"]})
    comparison = compare_runs(first, second, [corpus["validation"]], SCHEMA)
    # Of each of four documents: sentences 2 and 4 are right now, 5 is wrong now, 3 is wrong in another way.
    assert comparison["counts"] == {"fixed": 8, "broken": 4, "changed": 4}
    gain = comparison["differences"]["primary_accuracy"]
    assert gain["value"] == gain["low"] == gain["high"] == pytest.approx(0.1)
    # With four documents that gain alike, 2 of the 16 ways to swap reach as far.
    assert gain["p_value"] == pytest.approx(1 / 8, abs=0.03)
    assert comparison["first"]["primary_accuracy"]["value"] == pytest.approx(0.7)
    fixed = comparison["changes"][0]
    assert (fixed["change"], fixed["sentence"], fixed["first"], fixed["second"]) == (
        "fixed",
        2,
        ["background"],
        fixed["expected"],
    )
    tables = comparison_tables(comparison)
    assert "8 fixed, 4 broken, 4 changed otherwise" in tables
    assert f"| fixed | validation-100, 3 | decision | background | decision | {fixed['text']} |" in tables


def test_a_file_of_predictions_is_a_run_too(write_run, corpus):
    run = write_run("a", {})
    same = compare_runs(run, run / "predictions.jsonl", [corpus["validation"]], SCHEMA)
    assert same["changes"] == [] and same["differences"]["sets_exact"]["p_value"] == 1


def test_runs_that_cannot_be_compared(write_run, corpus, tmp_path):
    run = write_run("a", {})
    other = write_run("b", {})
    (other / "metrics.json").write_text(json.dumps({"data": {"older.jsonl": "0" * 64}}))
    with pytest.raises(PredictionsError, match=r"b: was made on older.jsonl, which are not the files"):
        compare_runs(run, other, [corpus["validation"]], SCHEMA)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PredictionsError, match=r"empty: holds no predictions.jsonl; make the run with"):
        compare_runs(run, tmp_path / "empty", [corpus["validation"]], SCHEMA)
    (other / "metrics.json").write_text("{}")
    with pytest.raises(PredictionsError, match=r"metrics.json: cannot be read as the figures of a run"):
        compare_runs(run, other, [corpus["validation"]], SCHEMA)
