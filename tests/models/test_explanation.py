"""Words that carry a label: hiding them must change the score more than hiding others."""

import random

import numpy as np
import pytest
from communique.models.classifier import SentenceClassifier, sentence_inputs
from communique.models.explanation import MASK_TOKENS, explain, strongest

TEXTS = [
    "The council approved a work plan of 9 points for the ports of Riga and Gdansk on Tuesday.",
    "He urged all members to ratify the treaty before the end of the year without delay.",
    "Norway will provide 20 million dollars for mine clearance in the border region.",
    "The ministers agreed to open three more crossings on the river in the spring.",
    "China would as always attach great importance to security cooperation, the general said.",
    "The next round of talks will be held in Lima on 5 May under the chair of Peru.",
    "They exchanged views on regional issues and on the state of the fisheries accord.",
    "The minister condemned the attack and voiced concern about the fate of the hostages.",
]


@pytest.fixture(scope="module")
def shipped():
    return SentenceClassifier.load("classifier")


def hidden(text, words, mask):
    for word in sorted(words, key=lambda word: -word.start):
        text = text[: word.start] + mask + text[word.end :]
    return text


def test_hiding_the_named_words_costs_more_than_hiding_others(shipped):
    mask = next(token for token in MASK_TOKENS if shipped.tokenizer.token_to_id(token) is not None)
    inputs = [item for text in TEXTS for item in sentence_inputs([text], 0)]
    primary = [score.types[0] for score in shipped.score(inputs)]
    evidence = explain(shipped, inputs, primary)
    chance = random.Random(1)
    named, others = [], []
    for text, label, words in zip(TEXTS, primary, evidence, strict=True):
        column = shipped.schema.names.index(label)

        def fall(chosen, text=text, column=column):
            whole, masked = shipped.logits(
                sentence_inputs([text], 0) + sentence_inputs([hidden(text, chosen, mask)], 0)
            )
            return whole[column] - masked[column]

        named.append(fall(strongest(words, 2)))
        others += [fall(chance.sample(words, 2)) for _ in range(5)]
    assert np.mean(named) > 2 * np.mean(others)
    assert np.mean(named) > 1


def test_words_stand_where_they_say(shipped):
    (words,) = explain(shipped, sentence_inputs(TEXTS[:1], 0), ["decision"])
    assert [TEXTS[0][word.start : word.end] for word in words] == [word.text for word in words]
    assert len(words) == len(TEXTS[0].rstrip(".").split())
    assert "approved" in {word.text for word in strongest(words, 3)}


def test_a_sentence_without_words_has_no_evidence(shipped):
    assert explain(shipped, sentence_inputs(["…"], 0), ["background"]) == [[]]
    with pytest.raises(KeyError):
        explain(shipped, sentence_inputs(TEXTS[:1], 0), ["promise"])
