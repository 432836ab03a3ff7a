from communique.training.alignment import align

TEXT = "They met. They agreed.  Rain fell."


def test_the_same_sentences_match():
    spans = [(0, 9), (10, 22), (24, 34)]
    assert align(spans, spans, TEXT).matched == (0, 1, 2)
    # White space at the ends is no other boundary.
    assert align(spans, [(0, 10), (10, 24), (24, 34)], TEXT).matched == (0, 1, 2)


def test_what_is_cut_wrongly_is_missed_and_in_the_way():
    alignment = align([(0, 9), (10, 22)], [(0, 22), (24, 34)], TEXT)
    assert alignment.matched == (None, None)
    assert alignment.extra == (0,)  # nobody annotated the third sentence, so it is not judged


def test_one_sentence_cut_in_two():
    alignment = align([(0, 9), (10, 22)], [(0, 9), (10, 14), (15, 22)], TEXT)
    assert alignment.matched == (0, None) and alignment.extra == (1, 2)
