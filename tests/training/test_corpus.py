import json
from collections import Counter

import pytest

from communique.errors import CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.config import data_path
from communique.training.corpus import (
    AnnotatedDocument,
    check_files,
    contrast_pairs,
    inputs_of,
    load_documents,
    normalized_text,
    statistics,
    to_dataset,
)

from ..conftest import authored_document, write_corpus

SCHEMA = commitment_schema()


def problems_of(tmp_path, *documents):
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return [str(problem) for problem in check_files([path], SCHEMA)]


def test_a_good_file_has_no_problem(corpus):
    assert check_files([corpus["train"]], SCHEMA) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["sentences"][2].update(end=99999), ":99999]: the offsets do not fit"),
        (lambda d: d["sentences"][2].update(end=d["sentences"][2]["start"]), "offsets do not fit"),
        (lambda d: d["sentences"][2].update(start=d["sentences"][2]["start"] - 1), "white space"),
        (lambda d: d["sentences"][1].update(end=d["sentences"][2]["end"]), "overlaps"),
        (lambda d: d["sentences"][2].update(types=["pledges"]), "did you mean 'pledge'"),
        (lambda d: d["sentences"][2].update(types=["background", "call"]), "must stand alone"),
        (lambda d: d["sentences"][2].update(types=[]), "at least one"),
        (lambda d: d.update(split="training"), "did you mean 'train'"),
        (lambda d: d.update(excerpt=True), "an excerpt has an abstract"),
        (lambda d: d.update(titel="x"), "unknown key 'titel'; did you mean 'title'"),
        (lambda d: d.pop("text"), "key 'text'"),
        (lambda d: d["sentences"][0].update(salient="perhaps"), "key 'sentences.0.salient'"),
    ],
)
def test_every_kind_of_fault_is_found(tmp_path, change, message):
    document = authored_document(1, "train")
    change(document)
    found = problems_of(tmp_path, authored_document(0, "train"), document)
    assert any(message in problem for problem in found), found
    assert all(f"{tmp_path}/corpus.jsonl:2:" in problem for problem in found)


def test_not_json(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps(authored_document(0, "train")) + "\n{broken\n")
    assert "corpus.jsonl:2: is not JSON" in str(check_files([path], SCHEMA)[0])
    with pytest.raises(CorpusError, match=r"corpus\.jsonl:2"):
        load_documents([path], SCHEMA)


def test_identifier_used_twice(tmp_path):
    found = problems_of(tmp_path, authored_document(3, "train"), authored_document(3, "train"))
    assert any("id 'train-3' is taken by" in problem for problem in found)


def test_near_duplicates_across_splits(tmp_path):
    first = authored_document(3, "train")
    second = {**authored_document(3, "test"), "id": "other"}
    assert any("is nearly the text of 'train-3' (train)" in p for p in problems_of(tmp_path, first, second))
    assert not problems_of(tmp_path, first, {**second, "split": "train"})


def test_line_separators_inside_a_text_do_not_cut_the_record(tmp_path):
    document = authored_document(0, "train")
    document["text"] += "\u2028more"
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    assert len(load_documents([path], SCHEMA)) == 1


def test_statistics(corpus):
    counts = statistics(load_documents([corpus["train"]], SCHEMA), SCHEMA)
    assert (counts.documents, counts.sentences, counts.abstracts) == (24, 240, 24)
    assert counts.by_type["pledge"] == 24 and counts.by_type["background"] == 48
    assert counts.salient == 48
    assert counts.document_sentences["mean"] == 10


def test_data_set_features(corpus):
    data = to_dataset(load_documents([corpus["validation"]], SCHEMA), SCHEMA)
    assert len(data) == 4
    label = data.features["sentences"].feature["types"].feature
    assert label.names == SCHEMA.names
    assert label.int2str(data[0]["sentences"][1]["types"]) == ["resource"]


def test_empty_and_missing(tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(CorpusError, match="no annotated document"):
        load_documents([tmp_path / "empty.jsonl"], SCHEMA)
    with pytest.raises(CorpusError, match="cannot be read"):
        load_documents([tmp_path / "none.jsonl"], SCHEMA)


def test_normalized_text():
    assert normalized_text(" a\u00a0 b\n\ufb01n ") == "a b fin"


class TestShippedCorpus:
    """The authored corpus in seeds/."""

    FILES = tuple(
        data_path(f"package:seeds/corpus/{split}.jsonl") for split in ("train", "validation", "test")
    )

    CONTRAST = tuple(data_path(f"package:seeds/corpus/contrast-{split}.jsonl") for split in ("train", "test"))

    def test_is_sound(self):
        assert check_files((*self.FILES, *self.CONTRAST), SCHEMA) == []

    def test_each_rule_has_twenty_sentences_on_either_side(self):
        pairs = contrast_pairs(load_documents(self.CONTRAST, SCHEMA))
        rules = Counter(sides[0].rule for sides in pairs.values())
        assert set(rules) == set(range(1, 18)) and min(rules.values()) >= 20
        assert len(contrast_pairs(load_documents(self.CONTRAST[1:], SCHEMA))) >= 100

    def test_size_and_balance(self):
        documents = load_documents(self.FILES, SCHEMA)
        counts = statistics(documents, SCHEMA)
        assert counts.by_split == {"train": 826, "validation": 108, "test": 60}
        assert counts.sentences >= 16000
        assert min(counts.by_type.values()) >= 900
        assert counts.abstracts == 994
        assert all(30 <= len(document.abstract.split()) <= 80 for document in documents)

    def test_test_holds_topics_that_train_never_saw(self):
        topics = {
            split: {document.topic for document in load_documents([path], SCHEMA)}
            for split, path in zip(("train", "validation", "test"), self.FILES, strict=True)
        }
        assert {"sport", "space"} <= topics["test"] - topics["train"] - topics["validation"]


def test_write_corpus_is_what_the_other_tests_think(tmp_path):
    path = write_corpus(tmp_path / "c.jsonl", 2, "train")
    for document in load_documents([path], SCHEMA):
        assert len(document.sentence_texts()) == 10


def contrast_side(number, split, pair, types, text):
    return {
        "id": f"side-{number}",
        "excerpt": True,
        "split": split,
        "pair": pair,
        "rule": 4,
        "text": text,
        "sentences": [{"start": 0, "end": len(text), "types": types}],
    }


def test_contrast_pairs_are_kept_together_and_contrast(tmp_path):
    agreed = contrast_side(1, "train", "p1", ["agreement"], "They agreed to cut quotas.")
    position = contrast_side(2, "train", "p1", ["position"], "They agreed that cuts were needed.")
    assert problems_of(tmp_path, agreed, position) == []
    assert "has 1 side(s)" in problems_of(tmp_path, agreed)[0]
    assert "stands in two splits" in problems_of(tmp_path, agreed, position | {"split": "test"})[0]
    same = position | {"sentences": [{"start": 0, "end": 34, "types": ["agreement"]}]}
    assert "same types" in problems_of(tmp_path, agreed, same)[0]


def test_sentences_that_nobody_labelled_are_context_all_the_same():
    text = "The envoys met. He spoke.\nThey vowed peace. They left."
    start = text.index("They vowed")
    sentence = {"start": start, "end": start + len("They vowed peace."), "types": ["pledge"]}
    document = AnnotatedDocument(id="a", text=text, sentences=[sentence])
    (item,) = inputs_of(document, 1)
    assert (item.text, item.context) == ("They vowed peace.", "He spoke.")
    assert (item.index, item.count) == (2, 4)
