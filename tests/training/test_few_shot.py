"""A classifier from eight examples a label: it learns, and says how it learned."""

import json

import numpy as np
import pytest

import communique
from communique.training.classifier import train_classifier
from communique.training.config import ClassifierConfig, load_config
from communique.training.few_shot import contrastive_pairs

PLACES = ("Bergen", "Accra", "Lima", "Hanoi", "Quito", "Riga", "Dakar", "Suva", "Oslo", "Cusco")
WORDING = {
    "promise": "The ministers vowed to keep {} open.",
    "request": "He urged all members to help {}.",
    "talk": "The envoys exchanged views on {}.",
}


@pytest.fixture
def examples(tmp_path):
    path = tmp_path / "few.csv"
    rows = [f"{text.format(place)},{label}\n" for label, text in WORDING.items() for place in PLACES[:8]]
    path.write_text("text,label\n" + "".join(rows))
    return path


def settings(examples, output, *more):
    common = ["model.base=tiny-encoder", "model.max_length=64", "training.precision=float32"]
    common += [
        f"data.train={examples}",
        "data.validation_share=0",
        f"output={output}",
        "training.few_shot.below=64",
    ]
    return load_config(ClassifierConfig, "custom.yaml", [*common, *more])


def assert_learned(folder):
    asked = [(text.format(place), label) for label, text in WORDING.items() for place in PLACES[8:]]
    found = communique.load(folder).classify([text for text, _ in asked], split=False)
    assert [sentence.types for sentence in found] == [(label,) for _, label in asked]


def test_eight_examples_a_label_are_enough_for_plain_differences(examples, tmp_path):
    config = settings(examples, tmp_path / "model", "training.few_shot.method=head")
    folder = train_classifier(config, quiet=True)
    assert_learned(folder)
    assert json.loads((folder / "run.json").read_text())["steps"] == 0


def test_contrast_brings_like_labels_together(examples, tmp_path):
    """The loss, the distance of each pair's cosine from the likeness of its labels, falls."""
    options = ["training.few_shot.learning_rate=1e-3", "training.few_shot.method=contrastive"]
    folder = train_classifier(settings(examples, tmp_path / "model", *options), quiet=True)
    assert_learned(folder)
    record = json.loads((folder / "run.json").read_text())
    assert record["steps"] == 60  # 24 examples, 20 + 20 pairs, 16 a step
    losses = [entry["loss"] for entry in record["log"]]
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])


def test_few_examples_are_gone_through_until_they_are_learned(examples, tmp_path):
    config = settings(examples, tmp_path / "model", "training.few_shot=null", "training.min_steps=12")
    config = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 1})})
    record = json.loads((train_classifier(config, quiet=True) / "run.json").read_text())
    assert record["steps"] == 12  # one epoch over 24 examples would be one step


def test_with_more_examples_the_network_is_fine_tuned(examples, tmp_path):
    config = settings(examples, tmp_path / "model", "training.few_shot.below=8", "training.max_steps=3")
    record = json.loads((train_classifier(config, quiet=True) / "run.json").read_text())
    assert record["steps"] == 3


def test_pairs_are_as_alike_as_their_labels():
    labels = [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]]
    pairs = contrastive_pairs(labels, 5, seed=1)
    sets = [{i for i, flag in enumerate(row) if flag} for row in labels]
    assert len(pairs) == 4 * 2 * 5
    for first, second, likeness in pairs:
        assert first != second
        assert likeness == len(sets[first] & sets[second]) / len(sets[first] | sets[second])
    assert {likeness for _, _, likeness in pairs} == {0, 0.5, 1}
    assert pairs == contrastive_pairs(labels, 5, seed=1) != contrastive_pairs(labels, 5, seed=2)


def test_a_label_alone_has_only_unlike_partners():
    assert {likeness for *_, likeness in contrastive_pairs([[1, 0], [0, 1]], 3, seed=1)} == {0}
