import numpy as np
import pytest

from communique.models.matching import WORDS_SHARE, match, similarities, word_similarities

OLD = ["Peru will license its trawlers.", "They agreed to share tidal data."]
NEW = ["The parties agreed on sharing data about tides.", "All trawlers will be licensed by Peru."]


def test_words_in_other_forms_are_similar():
    similarity = word_similarities(OLD, NEW)
    assert similarity.shape == (2, 2) and similarity.max() <= 1
    assert match(similarity, 0.1) == [(0, 1), (1, 0)]
    assert word_similarities(OLD, OLD).diagonal() == pytest.approx([1, 1])


def test_texts_without_a_content_word_are_compared():
    assert np.isfinite(word_similarities(["", "It was so."], ["Peru"])).all()


def test_embeddings_count_beside_words():
    by_words = word_similarities(OLD, NEW)
    pairs = [(0, 1), (1, 0)]
    ones = np.ones((2, 1))
    found = similarities(OLD, NEW, ones, ones)
    for pair in pairs:
        assert found[pair] == pytest.approx(WORDS_SHARE * by_words[pair] + 1 - WORDS_SHARE)


def test_embeddings_alone_make_no_pair():
    ones = np.ones((2, 1))
    found = similarities(OLD, NEW, ones, ones)
    assert found[0, 0] == found[1, 1] == 0


def test_one_to_one_the_most_similar_first():
    similarity = np.array([[0.9, 0.8], [0.85, 0.1], [0.3, 0.2]])
    assert match(similarity, 0.15) == [(0, 0), (2, 1)]
    assert match(similarity, 0.5) == [(0, 0)]
    assert match(np.zeros((0, 3)), 0.1) == []
