import dataclasses
import json
import warnings

import pytest

import communique
from communique.errors import ConfigError, InputError

ARTICLE = (
    "Ferry council meets in Riga\n"
    "RIGA, March 3 - Ministers of the Baltic Ferry Council met on Tuesday. The council approved a work plan of 9 points.\n"
    "He urged all members to ratify the treaty. Finland vowed to keep the port open.\n"
)


def test_offsets_are_exact(tiny_analyzer):
    sentences = tiny_analyzer.classify(ARTICLE)
    assert len(sentences) == 5
    for number, sentence in enumerate(sentences):
        assert sentence.index == number
        assert ARTICLE[sentence.start : sentence.end] == sentence.text
        assert sentence.primary == sentence.types[0]
        assert set(sentence.probabilities) == set(tiny_analyzer.schema.names)
        assert sentence.is_commitment == tiny_analyzer.schema.is_commitment(sentence.types)


def test_one_list_iterator(tiny_analyzer):
    one = tiny_analyzer.classify(ARTICLE)
    assert tiny_analyzer.classify([ARTICLE, ARTICLE]) == [one, one]
    stream = tiny_analyzer.classify(text for text in [ARTICLE] * 3)
    assert iter(stream) is stream
    assert list(stream) == [one] * 3
    assert tiny_analyzer.classify([]) == []


def test_an_iterator_is_not_read_ahead_of_need(tiny_analyzer):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield ARTICLE

    next(tiny_analyzer.classify(endless()))
    assert len(taken) <= 16


def test_unsplit(tiny_analyzer):
    text = "  They met. They agreed.  "
    sentence = tiny_analyzer.classify(text, split=False)
    assert (sentence.text, sentence.index) == ("They met. They agreed.", 0)
    assert text[sentence.start : sentence.end] == sentence.text
    assert tiny_analyzer.classify([text], split=False) == [sentence]


def test_summarize(tiny_analyzer):
    abstract = tiny_analyzer.summarize(ARTICLE)
    assert str(abstract) == abstract.text
    sources = [sentence.text for sentence in tiny_analyzer.classify(ARTICLE)]
    for part in abstract.sentences:
        assert all(0 <= source < len(sources) for source in part.sources)
    extractive = tiny_analyzer.summarize(ARTICLE, method="extractive")
    assert extractive.method == "extractive" and extractive.sentences


def test_analyze(tiny_analyzer):
    analysis = tiny_analyzer.analyze(ARTICLE)
    assert analysis.title == "Ferry council meets in Riga"
    assert list(analysis.sentences) == tiny_analyzer.classify(ARTICLE)
    assert analysis.abstract == tiny_analyzer.summarize(ARTICLE)
    assert json.loads(analysis.to_json()) == json.loads(json.dumps(analysis.to_dict()))
    assert tiny_analyzer.analyze(ARTICLE, method=None).abstract is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        analysis.title = "x"


def test_extractive_needs_no_summarizer(classifier_folder):
    analyzer = communique.load(classifier_folder, "/no/such/model")
    assert analyzer.summarize(ARTICLE, method="extractive").text


@pytest.mark.parametrize("text", ["", "   \n\t ", "\u200b"])
def test_empty(tiny_analyzer, text):
    with pytest.raises(InputError, match="empty"):
        tiny_analyzer.classify(text)
    with pytest.raises(InputError, match="empty"):
        tiny_analyzer.classify(text, split=False)


def test_of_several_the_bad_one_is_named(tiny_analyzer):
    with pytest.raises(InputError, match="item 1"):
        tiny_analyzer.analyze([ARTICLE, " "])
    with pytest.raises(TypeError, match="item 1 is int"):
        tiny_analyzer.analyze([ARTICLE, 3])


@pytest.mark.parametrize("thing", [b"bytes", None, 3, {"text": "x"}])
def test_no_text(tiny_analyzer, thing):
    with pytest.raises(TypeError, match="a text"):
        tiny_analyzer.classify(thing)


def test_unknown_method(tiny_analyzer):
    with pytest.raises(ValueError, match="'abstractive' and 'extractive'"):
        tiny_analyzer.summarize(ARTICLE, method="magic")


def test_lengths(tiny_analyzer):
    words = {
        length: len(tiny_analyzer.summarize(ARTICLE * 3, method="extractive", length=length).text.split())
        for length in ("short", "medium", "long")
    }
    assert words["short"] < words["medium"] < words["long"]
    assert tiny_analyzer.analyze(ARTICLE, length="short").abstract == tiny_analyzer.summarize(
        ARTICLE, length="short"
    )
    with pytest.raises(ValueError, match="'short', 'medium', 'long'"):
        tiny_analyzer.summarize(ARTICLE, length="tiny")


def test_draft_progress_and_timeout(tiny_analyzer):
    pieces, reports = [], []
    abstract = tiny_analyzer.summarize(
        ARTICLE, on_token=pieces.append, on_progress=lambda *counts: reports.append(counts)
    )
    assert abstract == tiny_analyzer.summarize(ARTICLE)
    assert len(pieces) > 3
    sentences = len(tiny_analyzer.classify(ARTICLE))
    assert reports == [(sentences, sentences)]
    hurried = tiny_analyzer.summarize(ARTICLE, timeout=1e-6)
    assert hurried.text == tiny_analyzer.summarize(ARTICLE, method="extractive").text
    assert "was over before the abstract was written" in hurried.notes[0]
    with pytest.raises(ValueError, match="more than 0 seconds"):
        tiny_analyzer.summarize(ARTICLE, timeout=0)
    with pytest.raises(TypeError, match="follow a single text"):
        tiny_analyzer.summarize([ARTICLE], on_token=pieces.append)


def test_foreign_language_is_warned_of(tiny_analyzer):
    german = (
        "Die Minister vereinbarten am Mittwoch, die Grenze wieder zu öffnen und ein neues Treffen zu planen."
    )
    with pytest.warns(UserWarning, match="does not look like English"):
        tiny_analyzer.classify(german)
    assert "English" in tiny_analyzer.analyze(german).warnings[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny_analyzer.classify(ARTICLE)


def test_only_a_headline(tiny_analyzer):
    analysis = tiny_analyzer.analyze("Ministers agree on ferries")
    assert len(analysis.sentences) == 1
    assert analysis.abstract.text


def test_twenty_thousand_words(tiny_analyzer):
    text = "\n".join([ARTICLE] * 600)
    analysis = tiny_analyzer.analyze(text, method="extractive")
    assert len(analysis.sentences) == 5 * 600
    assert len(analysis.abstract.text.split()) < 120


def test_schema_must_match(classifier_folder, tmp_path):
    labels = tmp_path / "labels.yaml"
    labels.write_text("name: two\ntypes:\n- {name: a, definition: d}\n- {name: b, definition: d}\n")
    with pytest.raises(ConfigError, match="has the types"):
        communique.load(classifier_folder, schema=labels)
    assert communique.load(classifier_folder, schema=communique.commitment_schema())


@pytest.fixture(scope="module")
def analysis(seed_article):
    return communique.analyze(seed_article)


class TestShippedModels:
    """The seed article, as the shipped models read it."""

    def test_sentences(self, analysis):
        assert len(analysis.sentences) == 13
        primary = {sentence.index + 1: sentence.primary for sentence in analysis.sentences}
        expected = {1: "pledge", 3: "agreement", 5: "decision", 9: "call", 10: "pledge", 11: "call"}
        expected[12] = "consultation"
        assert {number: primary[number] for number in expected} == expected
        assert "activity" in analysis.sentences[4].types

    def test_abstract(self, analysis, seed_article):
        abstract = analysis.abstract
        assert "SCO" in abstract.text or "Shanghai Cooperation Organization" in abstract.text
        assert "cooperation plan" in abstract.text or "exercise" in abstract.text
        sources = [sentence.text for sentence in analysis.sentences]
        for support in communique.check_support([part.text for part in abstract.sentences], sources):
            assert support.unsupported == ()
        assert 20 <= len(abstract.text.split()) <= 110

    def test_module_functions_are_the_shipped_models(self):
        (sentence,) = communique.classify("The two sides agreed to reopen three border crossings.")
        assert sentence.primary == "agreement" and sentence.is_commitment


def test_explanations_name_words_of_the_sentence(tiny_analyzer):
    text = "The council approved a work plan.\nHe urged all members to ratify the treaty."
    plain, explained = tiny_analyzer.classify(text), tiny_analyzer.classify(text, explain=True)
    assert [s.types for s in plain] == [s.types for s in explained]
    assert all(sentence.explanation == () for sentence in plain)
    assert any(sentence.explanation for sentence in explained)
    for sentence in explained:
        weights = [word.weight for word in sentence.explanation]
        assert weights == sorted(weights, reverse=True) and all(weight > 0 for weight in weights)
        assert all(sentence.text[word.start : word.end] == word.text for word in sentence.explanation)
    whole = tiny_analyzer.classify("He urged all members to ratify the treaty.", split=False, explain=True)
    assert {word.text for word in whole.explanation} <= set(whole.text.rstrip(".").split())


def test_abstaining_takes_the_types_of_unsure_sentences_only(tiny_analyzer):
    text = "The council approved a work plan.\nHe urged all members to ratify the treaty.\nIt rained."
    plain = tiny_analyzer.classify(text)
    assert all(0 <= s.confidence <= 1 and 0 <= s.commitment_probability <= 1 for s in plain)
    bar = sorted(s.confidence for s in plain)[1]
    careful = tiny_analyzer.classify(text, min_confidence=bar)
    assert [s.primary is None for s in careful] == [s.confidence < bar for s in plain]
    assert sum(s.primary is None for s in careful) == 1
    undecided = next(s for s in careful if s.primary is None)
    assert undecided.types == () and not undecided.is_commitment and undecided.probabilities
    with pytest.raises(ValueError, match=r"min_confidence = 7"):
        tiny_analyzer.classify(text, min_confidence=7)


def test_facts_on_demand(tiny_analyzer):
    plain = tiny_analyzer.analyze(ARTICLE, method=None)
    assert plain.dates_counted_from is None and not any(sentence.facts for sentence in plain.sentences)
    document = communique.Document(ARTICLE, date="1988-03-04")
    analysis = tiny_analyzer.analyze(document, method=None, facts=True)
    found = [fact for sentence in analysis.sentences for fact in sentence.facts]
    assert ("country", "Finland", "FIN") in [(fact.kind, fact.text, fact.value) for fact in found]
    assert all(ARTICLE[fact.start : fact.end] == fact.text for fact in found)
    assert analysis.dates_counted_from == "1988-03-04" and analysis.warnings == ()
    assert [dataclasses.replace(s, facts=()) for s in analysis.sentences] == list(plain.sentences)


def test_dates_that_cannot_be_resolved_are_told(tiny_analyzer):
    analysis = tiny_analyzer.analyze(ARTICLE, method=None, facts=True)
    assert analysis.dates_counted_from is None
    assert "date(s) such as 'March 3' have no value" in analysis.warnings[0]
