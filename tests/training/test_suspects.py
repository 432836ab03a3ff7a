"""Planted label errors are found far above chance, and edited suspects are merged back into the corpus."""

import json

import pytest
from sklearn.metrics import average_precision_score

from communique.errors import CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.suspects import corrected, find_suspects, suspects_text

SCHEMA = commitment_schema()
PLANTED = {("train-3", 2): "call", ("train-8", 6): "resource", ("train-15", 9): "pledge"}


@pytest.fixture(scope="module")
def mislabelled(corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("mislabelled") / "train.jsonl"
    documents = [json.loads(line) for line in corpus["train"].read_text().splitlines()]
    for document in documents:
        for index, sentence in enumerate(document["sentences"]):
            if (document["id"], index) in PLANTED:
                sentence["types"] = [PLANTED[document["id"], index]]
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return path


@pytest.fixture(scope="module")
def suspects(mislabelled):
    return find_suspects([mislabelled], SCHEMA, base="tiny-encoder")


@pytest.fixture
def edited(suspects, tmp_path):
    """A file of suspects in which somebody took the suggestion for the first."""

    def _edited(**change):
        first = suspects[0].model_dump(mode="json")
        path = tmp_path / "suspects.jsonl"
        path.write_text(
            json.dumps(first | {"types": first["suggested"]} | change) + "\n" + suspects_text(suspects[1:])
        )
        return path

    return _edited


def test_planted_errors_are_found_far_above_chance(suspects):
    found = [(suspect.document, suspect.sentence) in PLANTED for suspect in suspects]
    # Of 240 sentences 3 are wrong, so chance would give 0.0125.
    assert sum(found) == 3
    assert average_precision_score(found, [-suspect.score for suspect in suspects]) > 0.7
    assert [s.score for s in suspects] == sorted(s.score for s in suspects)


def test_a_suspect_says_what_a_person_needs(suspects, mislabelled):
    suspect = next(s for s in suspects if s.document == "train-8")
    assert (suspect.given, suspect.types) == (("resource",), ("resource",))
    assert suspect.suggested == ("call",) and suspect.text.startswith("He urged all members")
    assert suspect.before.startswith("The ministers vowed") and suspect.place == f"{mislabelled}:9"


def test_few_documents(mislabelled, tmp_path):
    one = tmp_path / "one.jsonl"
    one.write_text(mislabelled.read_text().splitlines()[0] + "\n")
    with pytest.raises(CorpusError, match="only one"):
        find_suspects([one], SCHEMA, base="tiny-encoder")


def test_what_was_edited_is_merged_back_and_nothing_else(mislabelled, suspects, edited):
    result = corrected(mislabelled, edited(), SCHEMA)
    assert (result.changed, result.kept, result.elsewhere) == (1, len(suspects) - 1, 0)
    before, after = mislabelled.read_text().splitlines(), result.content.splitlines()
    differing = [i for i, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert [json.loads(before[i])["id"] for i in differing] == [suspects[0].document]
    sentence = json.loads(after[differing[0]])["sentences"][suspects[0].sentence]
    assert tuple(sentence["types"]) == suspects[0].suggested and "salient" in sentence


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "Something else."}, r"suspects.jsonl:1: field 'text': sentence \d+ of '.*' is another now"),
        ({"sentence": 99}, r":1: field 'text': sentence 99 of '.*' is another now"),
        ({"given": ["activity", "call"]}, r":1: field 'given': .* by now, not activity, call; find"),
        ({"types": ["pledges"]}, r":1: field 'types': unknown type 'pledges'; did you mean 'pledge'"),
        ({"types": "pledge"}, r":1: field 'types': "),
        ({"typ": []}, r":1: unknown field 'typ'; did you mean 'types'"),
    ],
)
def test_what_does_not_fit_is_refused(mislabelled, edited, change, message):
    with pytest.raises(CorpusError, match=message):
        corrected(mislabelled, edited(**change), SCHEMA)


def test_suspects_of_another_file(corpus, edited):
    with pytest.raises(CorpusError, match=r"none of its \d+ line\(s\) is of a document in"):
        corrected(corpus["validation"], edited(), SCHEMA)
