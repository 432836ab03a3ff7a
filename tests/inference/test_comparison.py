import json
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

import communique
from communique.cli import app
from communique.inference.api import Analyzer
from communique.inference.comparison_reports import render_comparison
from communique.models.classifier import SentenceScores
from communique.models.taxonomy import commitment_schema

OLD = (
    "Ministers meet in Riga\nNorway will provide 20 million dollars for the ferry fund of Riga.\n"
    "The council approved a work plan of 9 points for Quito.\nThe group of 9 states was founded in Lima."
)
NEW = (
    "Ministers meet in Suva\nNorway will provide 12 million dollars for the ferry fund of Riga.\n"
    "He urged all members to ratify the | Hanoi treaty within 5 months.\nThe group of 9 states was founded in Lima."
)


class KeywordClassifier:
    """Labels by a word, so that the tests can say what is a commitment; all embeddings are the same."""

    schema = commitment_schema()
    context_sentences = 1
    folder = SimpleNamespace(name="keywords")
    kinds = (("provide", "resource"), ("approved", "decision"), ("urged", "call"), ("will", "pledge"))

    def score(self, inputs):
        return [self._scores(item.text) for item in inputs]

    def score_documents(self, documents):
        return [[self._scores(text) for text in document] for document in documents]

    def embeddings(self, inputs):
        return np.ones((len(inputs), 1))

    def _scores(self, text):
        kind = next((kind for word, kind in self.kinds if word in text), "background")
        return SentenceScores(
            (kind,), {name: float(name == kind) for name in self.schema.names}, 0.5, 1.0, 1.0
        )


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer(KeywordClassifier, lambda: None)


@pytest.fixture(scope="module")
def comparison(analyzer):
    return analyzer.compare(OLD, communique.Document(NEW, date="2025-05-01", identifier="new.txt"))


def test_weakened_new_and_dropped(comparison):
    assert [change.verdict for change in comparison.changes] == ["weakened", "new", "dropped"]
    weakened, new, dropped = comparison.changes
    assert weakened.reasons == ("the figure fell from 20 million dollars to 12 million dollars",)
    assert new.old is None and new.new.index == 2 and dropped.new is None and dropped.old.index == 2
    assert comparison.having("repeated") == [] and comparison.new.date == "2025-05-01"


def test_offsets_count_in_the_texts(comparison):
    for change in comparison.changes:
        for provision, text in ((change.old, OLD), (change.new, NEW)):
            if provision is not None:
                assert text[provision.start : provision.end] == provision.text
    weakened = comparison.changes[0]
    assert [OLD[start:end] for start, end in weakened.old.changed] == ["20"]
    assert [NEW[start:end] for start, end in weakened.new.changed] == ["12"]


def test_a_text_with_itself(analyzer):
    comparison = analyzer.compare(OLD, OLD)
    assert {change.verdict for change in comparison.changes} == {"repeated"}
    assert all(change.similarity > 0.99 and not change.new.changed for change in comparison.changes)


def test_acts_of_one_sentence_are_paired_apart(analyzer):
    old = (
        "Norway will provide 20 million dollars for the ferry fund, and Peru will keep the port of Lima open."
    )
    new = (
        "Talks on ports\nNorway will provide 20 million dollars for the ferry fund.\n"
        "The ministers vowed that Peru will keep the port of Lima open."
    )
    changes = analyzer.compare(old, new).changes
    linked = [change for change in changes if change.old and change.new]
    assert [change.new.index for change in linked] == [1, 2] and {change.old.index for change in linked} == {
        0
    }
    assert linked[0].old.text.endswith("ferry fund") and linked[1].old.text.startswith("Peru")


def test_bad_input(analyzer):
    with pytest.raises(communique.CommuniqueError, match="item 1: the text is empty"):
        analyzer.compare(OLD, " ")
    with pytest.raises(TypeError, match="item 0 is int"):
        analyzer.compare(5, OLD)


def test_formats(comparison):
    data = json.loads(render_comparison(comparison, "json"))
    assert [change["verdict"] for change in data["changes"]] == ["weakened", "new", "dropped"]
    markdown = render_comparison(comparison, "markdown")
    assert "provide **12** million" in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") == 4 for line in rows)
    page = render_comparison(comparison, "html")
    assert "<mark>12</mark>" in page and "http" not in page and "<h2>dropped (1)</h2>" in page
    text = render_comparison(comparison, "text")
    assert "weakened (1)" in text and "why: the figure fell from 20 million dollars" in text


def test_markup_in_a_text_stays_text(analyzer):
    page = render_comparison(
        analyzer.compare(OLD, f"<script>alert(1)</script>\n{NEW} The council approved <b>."), "html"
    )
    assert "<script>" not in page and "<b>" not in page


def test_on_the_command_line(classifier_folder, tmp_path):
    files = [tmp_path / "old.txt", tmp_path / "new.txt"]
    for path, text in zip(files, (OLD, NEW), strict=True):
        path.write_text(text)
    command = ["compare", *map(str, files), "--classifier", str(classifier_folder)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0 and "Ministers meet in Riga -> Ministers meet in Suva" in result.stdout
    output = tmp_path / "changes.html"
    result = CliRunner().invoke(app, [*command, "--format", "html", "--output", str(output)])
    assert result.exit_code == 0 and output.read_text().startswith("<!doctype html>")
    several = tmp_path / "several.jsonl"
    several.write_text(json.dumps({"text": OLD}) + "\n" + json.dumps({"text": NEW}) + "\n")
    result = CliRunner().invoke(app, ["compare", str(several), *command[2:]])
    assert "holds 2 documents" in str(result.exception)
