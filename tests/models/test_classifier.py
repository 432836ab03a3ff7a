import numpy as np
import pytest

from communique.models.classifier import (
    SentenceClassifier,
    SentenceInput,
    Window,
    batches_of_like_length,
    encode_windows,
    padded_batch,
    padding_id,
    sentence_inputs,
)
from communique.models.taxonomy import commitment_schema


@pytest.fixture(scope="module")
def classifier(classifier_folder) -> SentenceClassifier:
    return SentenceClassifier.load(classifier_folder)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    examples = [text for label in commitment_schema().types for text in label.examples]
    return [f"{text} {'It was so. ' * (i % 7)}".strip() for i, text in enumerate(examples * 8)][:200]


def test_engines_agree_on_200_sentences(classifier_folder, classifier, sentences):
    reference = SentenceClassifier.load(classifier_folder, engine="torch")
    assert (classifier.engine_name, reference.engine_name) == ("openvino", "torch")
    inputs = sentence_inputs(sentences, 1)
    ours, theirs = classifier.score(inputs), reference.score(inputs)
    for mine, other in zip(ours, theirs, strict=True):
        for name in mine.probabilities:
            assert mine.probabilities[name] == pytest.approx(other.probabilities[name], abs=0.02)
        assert mine.salience == pytest.approx(other.salience, abs=0.02)
    assert [score.types for score in ours] == [score.types for score in theirs]


def test_the_batch_does_not_matter(classifier, sentences):
    inputs = sentence_inputs(sentences[:60], 1)
    together = classifier.score(inputs)
    alone = [classifier.score([item])[0] for item in inputs]
    backwards = classifier.score(inputs[::-1])[::-1]
    for a, b, c in zip(together, alone, backwards, strict=True):
        assert a.types == b.types == c.types
        for name, probability in a.probabilities.items():
            assert probability == pytest.approx(b.probabilities[name], abs=2e-4)
            assert probability == pytest.approx(c.probabilities[name], abs=2e-4)


def test_batches_need_little_padding():
    lengths = [(7 * n) % 90 + 1 for n in range(300)]
    batches = batches_of_like_length(lengths)
    assert sorted(index for batch in batches for index in batch) == list(range(300))
    assert max(map(len, batches)) == 16
    padded = sum(len(batch) * max(lengths[index] for index in batch) for batch in batches)
    assert padded <= 1.1 * sum(lengths)
    assert batches_of_like_length([]) == []


def test_learned_what_it_was_shown(classifier):
    """The tiny model separates types that differ in their first words."""
    texts = [
        "The council approved a work plan of 9 points for Riga.",
        "He urged all members to ratify the treaty.",
    ]
    logits = classifier.logits([SentenceInput(text, index=3, count=10) for text in texts])
    names = classifier.schema.names
    assert logits[0, names.index("decision")] > logits[1, names.index("decision")]
    assert logits[1, names.index("call")] > logits[0, names.index("call")]


def test_a_long_sentence_is_read_to_its_end(classifier):
    """Every token of a sentence far longer than the encoder's window is in one of its windows."""
    text = "The envoys spoke at length about the harvest, " * 40 + "and the council approved a plan."
    inputs = [SentenceInput(text, context="It rained. " * 40)]
    windows = encode_windows(classifier.tokenizer, inputs, classifier.max_length, classifier.context_length)
    assert len(windows) > 3
    assert all(len(window.input_ids) <= classifier.max_length for window in windows)
    own = [
        [token for token, mine in zip(window.input_ids, window.pooling_mask, strict=True) if mine]
        for window in windows
    ]
    tokens = classifier.tokenizer.encode(text, add_special_tokens=False).ids
    position = 0
    for part in own:  # each window begins inside or right after the one before
        start = next(i for i in range(position, -1, -1) if tokens[i : i + len(part)] == part)
        position = start + len(part)
    assert position == len(tokens)
    assert classifier.logits(inputs).shape == (1, 10)


def test_context_and_position_are_seen(classifier):
    alone = classifier.logits([SentenceInput("He also urged restraint.")])
    after = classifier.logits(
        [SentenceInput("He also urged restraint.", context="The council approved a plan.")]
    )
    later = classifier.logits([SentenceInput("He also urged restraint.", index=9, count=10)])
    assert not np.allclose(alone, after, atol=1e-3)
    assert not np.allclose(alone[:, -1], later[:, -1], atol=1e-3)


def test_sentence_inputs():
    inputs = sentence_inputs(["a", "b", "c"], 2)
    assert [(i.text, i.context, i.index, i.count) for i in inputs] == [
        ("a", "", 0, 3),
        ("b", "a", 1, 3),
        ("c", "a b", 2, 3),
    ]


@pytest.mark.parametrize("text", ["", "\u200b", "🙂" * 50, "x" * 20_000, "\ud800", "的" * 300])
def test_odd_sentences_do_not_crash(classifier, text):
    score = classifier.score([SentenceInput(text)])[0]
    assert score.types and all(0 <= p <= 1 for p in score.probabilities.values())


def test_no_sentence_no_score(classifier):
    assert classifier.score([]) == []
    assert classifier.score_documents([[], ["One sentence."]])[0] == []


def test_padding_is_the_encoders_own():
    windows = [Window([5, 6, 7], [0] * 3, [1] * 3, 0), Window([5], [0], [1], 1)]
    batch = padded_batch(windows, [[0.0] * 3] * 2, padding_id({"pad_token_id": 1}))
    assert batch["input_ids"].tolist() == [[5, 6, 7], [5, 1, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert padding_id({}) == padding_id({"pad_token_id": None}) == 0


def test_engines_give_the_same_embeddings(classifier_folder):
    inputs = sentence_inputs(["The council approved a plan.", "Word " * 400, "He urged all to pay."], 1)
    ours, torchs = (
        SentenceClassifier.load(classifier_folder, engine).embeddings(inputs)
        for engine in ("openvino", "torch")
    )
    assert ours.shape == torchs.shape and ours.shape[0] == 3
    assert np.linalg.norm(ours, axis=1) == pytest.approx([1, 1, 1])
    assert ours == pytest.approx(torchs, abs=5e-3)
