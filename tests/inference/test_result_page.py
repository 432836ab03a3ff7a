"""The page of results holds everything, loads nothing and lets no text act as markup or code."""

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import pytest

from communique.inference.result_page import UNSURE_BELOW, render_page, render_results, stylesheet
from communique.inference.results import (
    Abstract,
    AbstractSentence,
    Analysis,
    Evidence,
    Fact,
    LabelledSentence,
)
from communique.models.taxonomy import CommitmentType, LabelSchema, commitment_schema

SCHEMA = commitment_schema()
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)> & \u202eagreed"


def sentence(index, text, types, confidence=0.9, facts=()):
    probabilities = dict.fromkeys(SCHEMA.names, 0.1)
    primary = types[0] if types else None
    commits = SCHEMA.is_commitment(types)
    return LabelledSentence(
        index, 0, len(text), text, types, primary, probabilities, commits, 0.5, confidence, 0.7, (), facts
    )


ANALYSIS = Analysis(
    source=f"{HOSTILE}.txt",
    title=f"Talks {HOSTILE}",
    sentences=(
        sentence(0, f"They met {HOSTILE}.", ("consultation",), confidence=UNSURE_BELOW - 0.1),
        sentence(
            1,
            "Norway will pay 5 euros by May.",
            ("resource", "pledge"),
            facts=(
                Fact("country", 0, 6, "Norway", "NOR"),
                Fact("body", 0, 6, HOSTILE, HOSTILE),
                Fact("amount", 16, 23, "5 euros", "5 EUR"),
                Fact("deadline", 24, 30, "by May", "2020-05-31"),
            ),
        ),
        sentence(2, "He spoke.", ()),
    ),
    abstract=Abstract(
        "x",
        (AbstractSentence(f"Norway will pay {HOSTILE}.", (1, 0), False),),
        "abstractive",
        (f"left out {HOSTILE}",),
    ),
    models={},
    warnings=(f"careful {HOSTILE}",),
    date=HOSTILE,
    publisher=HOSTILE,
)
PLAIN = Analysis("b.txt", None, (sentence(0, "They met.", ("background",)),), None, {})


class Elements(HTMLParser):
    """Collects the elements of a page, and fails where tags are not closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found = [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def having(self, attribute):
        return [attrs[attribute] for _, attrs in self.found if attribute in attrs]

    def of_class(self, name):
        return [attrs for _, attrs in self.found if name in attrs.get("class", "").split()]


@pytest.fixture(scope="module")
def page():
    return render_page([ANALYSIS, PLAIN], SCHEMA)


@pytest.fixture(scope="module")
def elements(page):
    return Elements(page)


def test_nothing_of_a_text_is_markup(page, elements):
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 1 and "img" not in tags
    assert not any(name.startswith("on") for _, attrs in elements.found for name in attrs)
    assert page.count("&lt;script&gt;") >= 8


def test_nothing_is_loaded_and_only_the_pages_own_code_may_run(page, elements):
    assert elements.having("src") == [] and "url(" not in page and "@import" not in page
    (policy,) = [attrs["content"] for _, attrs in elements.found if "http-equiv" in attrs]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    for kind in ("style", "script"):
        code = re.search(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    # The policy would block these.
    assert elements.having("style") == []


def test_links_lead_to_sentences_and_back(elements):
    links, anchors = elements.having("href"), elements.having("id")
    assert len(anchors) == len(set(anchors)) and {link[1:] for link in links} <= set(anchors)
    assert {"#d1-s2", "#d1-s1", "#d1-a1", "#d1", "#d2"} <= set(links)


def test_without_script_only_the_filters_are_hidden(elements):
    assert [attrs["class"] for _, attrs in elements.found if "hidden" in attrs] == ["filters"]


def test_filters_offer_what_sentences_have(page, elements):
    first, second, third, other = elements.of_class("sentence")
    boxes = re.findall(r'name="type" value="(\d+)".*?>([\w()]+)</span> (\d+)<', page)
    assert [name for _, name, _ in boxes] == [
        "resource",
        "pledge",
        "consultation",
        "background",
        "(undecided)",
    ]
    place = {name: value for value, name, _ in boxes}
    assert second["data-types"] == f"{place['resource']} {place['pledge']}"
    assert third["data-types"] == place["(undecided)"] and other["data-types"] == place["background"]
    options = dict(
        re.findall(
            r'<option value="(\w+)">(.*?)</option>', page.split('name="actor"')[1].split("</select>")[0]
        )
    )
    assert next(options[number] for number in second["data-actors"].split()) == "Norway (1)"
    assert "2020-05-31 (1)" in page and second["data-deadlines"] == "0"
    assert "data-actors" not in first
    assert "<select" not in render_page([PLAIN], SCHEMA)


def test_a_type_is_told_by_words_and_line_as_well_as_colour(page, elements):
    first, second, third, _ = elements.of_class("sentence")
    assert "statement" in first["class"] and "commitment" in second["class"] and "undecided" in third["class"]
    assert page.count('class="unsure"') == 1 and "? unsure, 50 %" in page


def test_facts_are_written_for_readers(page):
    for shown in ("Norway", "5 euros", "2020-05-31 “by May”"):
        assert f"<bdi>{shown}" in page


def test_a_list_of_documents_stands_before_many_of_them(page):
    assert "<title>2 documents</title>" in page and page.count("<article") == 2
    single = render_page([PLAIN], SCHEMA)
    assert "<title>b.txt</title>" in single and "<nav" not in single and single.count("<h1") == 1


def test_the_words_that_explain_a_type_are_marked():
    words = (Evidence(5, 8, "met", 0.5),)
    explained = dataclasses.replace(PLAIN.sentences[0], explanation=words)
    block = render_results([dataclasses.replace(PLAIN, sentences=(explained,))], SCHEMA)
    assert "They <mark>met</mark>." in block


def test_a_label_set_of_ones_own_may_be_long():
    schema = LabelSchema(
        name="own", types=[CommitmentType(name=f"label {i}", definition="x") for i in range(12)]
    )
    labelled = dataclasses.replace(PLAIN.sentences[0], types=("label 11",), primary="label 11")
    page = render_page([dataclasses.replace(PLAIN, sentences=(labelled,))], schema)
    (item,) = Elements(page).of_class("sentence")
    assert re.search(r"tone-\d", item["class"]) and item["data-types"] == "0"


def luminance(colour):
    colour = colour if len(colour) == 6 else "".join(c * 2 for c in colour)
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_labels_can_be_read_on_their_colours():
    """WCAG 2.2, success criterion 1.4.3: a contrast of 4.5 to 1, in light and dark."""
    pairs = re.findall(r"--tone: #(\w+); --on-tone: #(\w+)", stylesheet())
    assert len(pairs) == 15
    for pair in pairs:
        low, high = sorted(map(luminance, pair))
        assert (high + 0.05) / (low + 0.05) >= 4.5, pair
