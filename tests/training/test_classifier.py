import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import communique
from communique.errors import CorpusError, ModelFolderError, TrainingError
from communique.models.classifier import SentenceClassifier
from communique.training.base_models import find_checkpoint
from communique.training.classifier import (
    ClassifierForTraining,
    calibrate_classifier,
    optimizer_with_layer_decay,
    train_classifier,
)
from communique.training.config import (
    ClassifierConfig,
    ClassifierLossConfig,
    ClassifierOptimizationConfig,
    load_config,
)


def config(overrides, *more):
    return load_config(ClassifierConfig, "configs/tiny/classifier.yaml", [*overrides, *more])


def metrics_of(folder):
    return json.loads((folder / "run.json").read_text())["metrics"]


def test_the_folder_tells_how_it_was_made(classifier_folder, corpus):
    run = json.loads((classifier_folder / "run.json").read_text())
    assert run["steps"] == 40 and run["base"] == "tiny-encoder"
    assert set(run["data"]) == {"train.jsonl", "validation.jsonl"}
    assert run["packages"]["transformers"].startswith("5.")
    assert run["seconds"] > 0 and run["peak_memory_mb"] > 50
    assert 0 <= run["metrics"]["primary_macro_f1"] <= 1
    assert (classifier_folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    card = (classifier_folder / "README.md").read_text()
    assert "tiny-classifier" in card and run["data"]["train.jsonl"] in card
    # The stored configuration is the run's own, and reads back.
    assert load_config(ClassifierConfig, classifier_folder / "training.yaml").training.max_steps == 40
    assert not classifier_folder.with_name("classifier.checkpoints").exists()
    assert str(Path.home()) not in (classifier_folder / "config.json").read_text()
    assert "_name_or_path" not in (classifier_folder / "config.json").read_text()


def test_it_learns(classifier_folder):
    """40 steps on nine sentence patterns beat chance (one in nine) clearly."""
    assert metrics_of(classifier_folder)["primary_accuracy"] > 0.5


def test_another_seed_another_model(classifier_folder, classifier_overrides, tmp_path):
    other = config(classifier_overrides, f"output={tmp_path / 'o'}", "training.seed=99")
    assert metrics_of(train_classifier(other, quiet=True)) != metrics_of(classifier_folder)


def test_with_the_same_seed_it_ends_the_same_though_killed_and_resumed(
    classifier_folder, classifier_overrides, tmp_path
):
    output = tmp_path / "model"
    command = [
        sys.executable,
        "-m",
        "communique.training.classifier",
        "configs/tiny/classifier.yaml",
        "--quiet",
    ]
    for override in [*classifier_overrides, f"output={output}"]:
        command += ["--set", override]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ))
    checkpoints = output.with_name("model.checkpoints")
    deadline = time.monotonic() + 300
    while not list(checkpoints.glob("checkpoint-*/trainer_state.json")):
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not output.exists(), "the run ended before it could be killed"
    assert not list(tmp_path.glob("*.partial-*"))

    # A checkpoint that was cut off in mid-write is passed over.
    (checkpoints / "checkpoint-9999").mkdir()
    (checkpoints / "checkpoint-9999" / "model.safetensors").write_bytes(b"half")

    resumed_config = config(classifier_overrides, f"output={output}")
    with pytest.raises(TrainingError, match="--resume"):
        train_classifier(resumed_config, quiet=True)
    with pytest.raises(TrainingError, match="another configuration"):
        train_classifier(config(classifier_overrides, f"output={output}", "training.seed=5"), resume=True)
    resumed = train_classifier(resumed_config, resume=True, quiet=True)
    assert json.loads((resumed / "run.json").read_text())["resumed"] is True
    assert metrics_of(resumed) == metrics_of(classifier_folder)


def test_resume_needs_something_to_resume(classifier_overrides, tmp_path):
    with pytest.raises(TrainingError, match="no interrupted run"):
        train_classifier(config(classifier_overrides, f"output={tmp_path / 'm'}"), resume=True)


def test_output_is_not_overwritten_unasked(classifier_folder, classifier_overrides):
    with pytest.raises(ModelFolderError, match="--overwrite"):
        train_classifier(config(classifier_overrides, f"output={classifier_folder}"))


def test_broken_corpus_stops_before_training(classifier_overrides, tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"id": "x"}\n')
    broken = config(classifier_overrides, f"data.train={tmp_path / 'bad.jsonl'}", f"output={tmp_path / 'm'}")
    with pytest.raises(CorpusError, match=r"bad\.jsonl:1"):
        train_classifier(broken)
    assert not (tmp_path / "m.checkpoints").exists()


def test_lora_early_stopping_accumulation(classifier_overrides, tmp_path):
    options = ["training.lora.rank=2", "training.early_stopping=1", "training.gradient_accumulation=2"]
    options += ["training.max_steps=8", "training.batch_size=8", "training.evaluations_per_epoch=4"]
    options += [f"output={tmp_path / 'm'}"]
    folder = train_classifier(config(classifier_overrides, *options), quiet=True)
    assert communique.load(folder).classify("They agreed to trade.")


def test_own_label_set(tmp_path):
    """A user's own labels go through corpus, training, calibration, inference and reports."""
    from communique.inference.reports import render

    labels = tmp_path / "labels.yaml"
    labels.write_text(
        "name: tone\nexclusive: neutral\ntypes:\n"
        "- {name: threat, definition: d, kind: commitment}\n- {name: praise, definition: d}\n"
        "- {name: neutral, definition: d}\n"
    )
    lines = []
    for number in range(24):
        texts = [
            f"We will hit back {number} times.",
            f"A fine result of {number}.",
            f"It rained on day {number}.",
        ]
        text, sentences, start = "\n".join(texts), [], 0
        for line, name in zip(texts, ["threat", "praise", "neutral"], strict=True):
            sentences.append({"start": start, "end": start + len(line), "types": [name]})
            start += len(line) + 1
        lines.append(json.dumps({"id": str(number), "text": text, "sentences": sentences}))
    data = tmp_path / "tone.jsonl"
    data.write_text("\n".join(lines))
    overrides = [f"data.train={data}", f"data.validation={data}", f"model.label_schema={labels}"]
    overrides += ["training.max_steps=30", f"output={tmp_path / 'm'}", "name=tone"]
    folder = train_classifier(load_config(ClassifierConfig, "tiny/classifier.yaml", overrides), quiet=True)
    analyzer = communique.load(folder, schema=labels)
    analysis = analyzer.analyze("We will hit back 3 times. It rained on day 4.", method="extractive")
    assert set(analysis.sentences[0].probabilities) == {"threat", "praise", "neutral"}
    assert "p_threat" in render([analysis], "csv", "analysis", analyzer.schema)
    assert {s.primary for s in analysis.sentences} <= {"threat", "praise", "neutral"}


def test_optional_data_are_used_where_they_are_and_missed_aloud(classifier_overrides, corpus, tmp_path):
    there, validation = tmp_path / "there.jsonl", tmp_path / "validation-too.jsonl"
    there.write_text(corpus["validation"].read_text())
    validation.write_text(corpus["train"].read_text())
    missing, gone = tmp_path / "missing.jsonl", tmp_path / "gone.jsonl"
    settings = config(
        classifier_overrides,
        f"output={tmp_path / 'm'}",
        f"data.optional={there},{missing}",
        f"data.optional_validation={validation},{gone}",
        "training.max_steps=2",
    )
    folder = train_classifier(settings, quiet=True)
    run = json.loads((folder / "run.json").read_text())
    assert run["absent_data"] == [str(missing), str(gone)]
    assert {"there.jsonl", "validation-too.jsonl"} < set(run["data"])
    assert not {"missing.jsonl", "gone.jsonl"} & set(run["data"])
    # Ten sentences a document: 24 and 4 to learn from, 4 and 24 to validate.
    assert [run["counts"][split]["sentences"] for split in ("train", "validation")] == [280, 280]
    card = (folder / "README.md").read_text()
    assert f"`{missing}` was not there" in card


def test_fewer_layers_and_sentence_embeddings(classifier_overrides, tmp_path):
    settings = config(
        classifier_overrides,
        f"output={tmp_path / 'm'}",
        "model.layers=1",
        "model.freeze_embeddings=true",
        "training.max_steps=3",
        "training.layer_decay=0.8",
    )
    folder = train_classifier(settings, quiet=True)
    assert json.loads((folder / "config.json").read_text())["encoder"]["num_hidden_layers"] == 1
    weights = load_file(folder / "model.safetensors")
    assert not any(".layer.1." in name for name in weights)
    base = load_file(Path(find_checkpoint("tiny-encoder").source) / "model.safetensors")
    name = "embeddings.word_embeddings.weight"
    assert torch.equal(weights[f"encoder.{name}"], base[name].half())
    assert not torch.equal(
        weights["encoder.encoder.layer.0.attention.self.query.weight"],
        base["encoder.layer.0.attention.self.query.weight"].half(),
    )
    too_many = config(classifier_overrides, f"output={tmp_path / 'n'}", "model.layers=9")
    with pytest.raises(TrainingError, match=r"model\.layers = 9: base 'tiny-encoder|has 2 layers"):
        train_classifier(too_many, quiet=True)


def test_learning_rates_fall_from_the_heads_to_the_embeddings(classifier_folder):
    network = SentenceClassifier.load(classifier_folder, engine="torch")._engine.network
    settings = ClassifierOptimizationConfig(learning_rate=1e-4, layer_decay=0.5, head_learning_rate=1e-3)
    optimizer = optimizer_with_layer_decay(network, settings)
    rate_of = {id(p): g["lr"] for g in optimizer.param_groups for p in g["params"]}
    decay_of = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    named = dict(network.named_parameters())
    assert len(rate_of) == len(named)
    top = named["encoder.encoder.layer.1.attention.self.query.weight"]
    assert rate_of[id(named["types.weight"])] == pytest.approx(1e-3)
    assert rate_of[id(top)] == pytest.approx(1e-4)
    assert rate_of[id(named["encoder.encoder.layer.0.attention.self.query.weight"])] == pytest.approx(5e-5)
    assert rate_of[id(named["encoder.embeddings.word_embeddings.weight"])] == pytest.approx(2.5e-5)
    assert decay_of[id(top)] == settings.weight_decay
    assert decay_of[id(named["encoder.encoder.layer.1.attention.self.query.bias"])] == 0


def test_easy_negatives_count_less():
    """Hand-worked: logits of 0 have the loss ln 2; a negative given 0.5 counts half with a focus of 1."""

    class Given(torch.nn.Module):
        def forward(self, *inputs):
            return torch.zeros(1, 3)  # two types and salience

    def loss(**settings):
        model = ClassifierForTraining(Given(), ClassifierLossConfig(**settings), torch.ones(2))
        nothing = torch.zeros(1, 1)
        return model(*[nothing] * 5, labels=torch.tensor([[1.0, 0.0]]), salience=torch.tensor([-1.0]))["loss"]

    assert loss().item() == pytest.approx(math.log(2))
    assert loss(negative_focus=1).item() == pytest.approx(math.log(2) * (1 + 0.5) / 2)
    assert loss(negative_focus=2).item() == pytest.approx(math.log(2) * (1 + 0.25) / 2)


def test_calibrated_anew_to_other_texts(classifier_folder, corpus, tmp_path):
    before = json.loads((classifier_folder / "calibration.json").read_text())
    weights = (classifier_folder / "model.safetensors").read_bytes()
    output = tmp_path / "ours"
    metrics = calibrate_classifier(classifier_folder, [corpus["train"]], output)
    after = json.loads((output / "calibration.json").read_text())
    assert after != before and json.loads((classifier_folder / "calibration.json").read_text()) == before
    assert (output / "model.safetensors").read_bytes() == weights
    record = json.loads((output / "run.json").read_text())
    assert record["metrics"]["primary_macro_f1"] == pytest.approx(metrics["primary_macro_f1"])
    assert list(record["calibration_data"]) == ["train.jsonl"]
    assert "Calibrated anew, without training, on:\n- `train.jsonl`" in (output / "README.md").read_text()
    assert communique.load(output).classify("They agreed to trade.")
    with pytest.raises(ModelFolderError, match="--overwrite"):
        calibrate_classifier(classifier_folder, [corpus["train"]], output)
