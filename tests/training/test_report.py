"""The page of an evaluation holds everything, loads nothing and lets no text of a document act as markup."""

import json
import re
from html.parser import HTMLParser

import jsonschema
import pytest

from communique.training.evaluation import evaluate_models
from communique.training.metrics_schema import metrics_schema
from communique.training.report import markdown_tables, write_evaluation


@pytest.fixture(scope="module")
def written(tiny_analyzer, misread_corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    result = evaluate_models(tiny_analyzer, [misread_corpus], baselines=True)
    errors = result["systems"]["communique"]["errors"]
    errors.insert(0, {**errors[0], "text": "<script>alert('x')</script> & more"})
    return result, write_evaluation(result, folder)


def test_files(written):
    result, files = written
    figures = ["confusion-matrix", "per-type", "calibration", "risk-coverage"]
    drawn = [f"{name}.{ending}" for name in figures for ending in ("png", "svg")]
    assert [path.name for path in files] == ["metrics.json", "report.html", *drawn]
    assert json.loads(files[0].read_text()) == result
    for path in files[2:]:
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG") if path.suffix == ".png" else b"</svg>" in content


def test_the_page_is_whole_and_loads_nothing(written):
    _, files = written
    page = files[1].read_text()
    links = re.findall(r"(?:src|href)=\"([^\"]*)\"", page)
    assert links and all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in links)
    assert "url(" not in page and "@import" not in page
    anchors = {link[1:] for link in links if link.startswith("#")}
    assert anchors <= set(re.findall(r'id="([^"]*)"', page))
    assert page.count("<figure>") == 4 and 'alt=""' not in page


def test_tags_are_closed(written):
    class Checker(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "img"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    checker = Checker()
    checker.feed(written[1][1].read_text())
    assert checker.open == []


def test_texts_of_documents_are_escaped(written):
    page = written[1][1].read_text()
    assert "<script" not in page and "&lt;script&gt;" in page


def test_every_system_and_figure_is_told(written):
    result, files = written
    page = files[1].read_text()
    for name, figures in result["systems"].items():
        assert f'<th scope="row">{name}</th>' in page
        for interval in figures.get("classification", {}).values():
            assert f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})" in page
    for abstract in result["systems"]["communique"]["written"]:
        assert abstract["title"] in page


def test_a_learning_curve_and_unseen_bodies(tiny_analyzer, classifier_folder, corpus, tmp_path):
    result = evaluate_models(
        tiny_analyzer,
        [corpus["validation"]],
        abstracts=False,
        seen=[corpus["train"]],
        curve=[classifier_folder, classifier_folder],
    )
    jsonschema.validate(result, metrics_schema())
    points, ours = result["learning_curve"], result["systems"]["communique"]
    assert [point["sentences"] for point in points] == [240, 240]
    # The miniature documents name no body.
    assert ours["slices"]["body"]["unknown"]["sentences"] == 40
    accuracy = ours["classification"]["primary_accuracy"]
    assert points[0]["classification"]["primary_accuracy"] == accuracy
    files = write_evaluation(result, tmp_path)
    assert "learning-curve.svg" in [path.name for path in files]
    page = files[1].read_text()
    assert 'id="learning-curve"' in page and "<td>240</td>" in page and "By body" in page
    assert "| 240 |" in markdown_tables(result)


def test_the_same_figures_give_the_same_files(written, tmp_path):
    result, files = written
    for first, second in zip(files, write_evaluation(result, tmp_path / "again"), strict=True):
        assert first.read_bytes() == second.read_bytes()
