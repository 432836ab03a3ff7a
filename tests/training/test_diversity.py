"""Measures that tell templates from varied prose, and one set of texts from another."""

import json
import random

import pytest
from communique.errors import CorpusError
from communique.training.diversity import Text, comparison, diversity, read_texts, separation

NOUNS = "harbour treaty river budget convoy market border school fever quota engine forest loan radar canal".split()
VERBS = (
    "closed opened praised doubled crossed examined feared repaired sold counted moved watched named".split()
)
PLACES = "Riga Lima Suva Accra Oslo Quito Dakar Minsk Tunis Perth Hanoi Cork Baku Natal Lagos Split".split()


def free_text(seed, genre="wire"):
    chance = random.Random(seed)
    return Text(
        genre,
        tuple(
            " ".join(
                chance.choice(chance.choice((NOUNS, VERBS, PLACES))) for _ in range(chance.randint(6, 30))
            )
            for _ in range(12)
        ),
    )


def template_text(seed, genre="wire"):
    chance = random.Random(seed)
    return Text(
        genre,
        tuple(f"The ministers agreed on Monday to strengthen the {chance.choice(NOUNS)}." for _ in range(12)),
    )


def test_templates_are_told_from_free_prose():
    free = diversity("free", [free_text(i) for i in range(30)], 2000)
    templates = diversity("templates", [template_text(i) for i in range(30)], 2000)
    assert free.distinct_4grams > 0.95 > 0.3 > templates.distinct_4grams
    assert free.type_token_ratio > templates.type_token_ratio
    assert templates.nearest_sentence == pytest.approx(1.0)
    assert free.nearest_sentence < 0.8
    assert templates.same_opening == 1.0 > free.same_opening
    assert templates.sentence_words == (9.0, 9, 9, 9)
    assert (free.texts, free.sentences) == (30, 360)


def test_size_does_not_decide():
    """The same prose, ten times as much of it, gives nearly the same figures on samples of one size."""
    small = diversity("small", [free_text(i) for i in range(20)], 2000)
    large = diversity("large", [free_text(i) for i in range(200)], 2000)
    assert small.distinct_4grams == pytest.approx(large.distinct_4grams, abs=0.03)
    assert small.type_token_ratio == pytest.approx(large.type_token_ratio, abs=0.03)


def test_alike_sets_cannot_be_told_apart_and_unlike_ones_can():
    first, second = [free_text(i) for i in range(40)], [free_text(i) for i in range(100, 140)]
    assert 0.4 < separation(first, second).auc < 0.6
    told = separation(first, [template_text(i) for i in range(40)])
    assert told.auc > 0.99
    assert "ministers" in told.second


def test_comparison_of_files_with_and_without_sentences(tmp_path):
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"
    with ours.open("w") as file:
        for i in range(25):
            text = free_text(i)
            record = {"text": "\n".join(text.sentences), "genre": "wire", "sentences": []}
            start = 0
            for sentence in text.sentences:
                record["sentences"].append({"start": start, "end": start + len(sentence), "types": ["call"]})
                start += len(sentence) + 1
            file.write(json.dumps(record) + "\n")
    theirs.write_text(
        "".join(json.dumps({"text": "\n".join(template_text(i).sentences)}) + "\n" for i in range(25))
    )
    table = comparison([ours], [theirs])
    assert "| measure | all | wire | theirs |" in table
    assert "| wire / theirs | 1.000 |" in table


def test_a_line_without_text_is_named(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "They met."}\n{"title": "x"}\n')
    with pytest.raises(CorpusError, match=r"texts\.jsonl:2: is no JSON object with 'text'"):
        read_texts([path])
