"""Config-driven fine-tuning of the sentence classifier: `python -m communique.training.classifier CONFIG`."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingExtraError, TrainingError
from ..models.calibration import Calibration, Floats
from ..models.classifier import (
    CALIBRATION,
    TOKENIZER,
    WEIGHTS,
    Engine,
    SentenceClassifier,
    Window,
    encode_windows,
    load_tokenizer,
    padded_batch,
    padding_id,
    position_features,
)
from ..models.folder import (
    FORMAT_VERSION,
    file_hash,
    new_model_folder,
    open_model_folder,
    write_hashes,
    write_json,
)
from ..models.taxonomy import LabelSchema, commitment_schema
from .base_models import Checkpoint, find_checkpoint
from .config import (
    LABELS_OF_DATA,
    ClassifierConfig,
    ClassifierLossConfig,
    ClassifierModelConfig,
    ClassifierOptimizationConfig,
    data_path,
    to_yaml,
)
from .corpus import AnnotatedDocument, AnnotatedSentence, inputs_of, statistics
from .examples import hold_out, load_examples, load_training_data, schema_of_examples

try:
    import torch
    from datasets import Dataset
    from torch import Tensor, nn
    from transformers import AutoModel, AutoTokenizer, EvalPrediction
except ImportError:
    raise MissingExtraError("Training", "train") from None

from ..models.engines.export import export_classifier
from ..models.engines.torch import SentenceEncoder, load_weights, save_weights
from .cards import write_card
from .few_shot import fit_few_shot
from .figures import loss_curve
from .metrics import TypeMetric, per_type_scores
from .runs import (
    CONFIG_OF_RUN,
    BucketTrainer,
    Fitted,
    Run,
    early_stopping,
    finish_run,
    run_record,
    start_run,
    training_arguments,
)

BEST_METRIC = "primary_macro_f1"
LENGTH_MULTIPLE = 8
"""Batches are padded to a multiple of so many tokens: kernels are prepared for fewer lengths."""


def train_classifier(
    config: ClassifierConfig, *, resume: bool = False, overwrite: bool = False, quiet: bool = False
) -> Path:
    """Fine-tune a classifier and write its model folder.

    Args:
        config: The resolved configuration.
        resume: Go on with an interrupted run.
        overwrite: Replace an earlier output.
        quiet: Show no progress bar.

    Returns:
        The model folder.

    Raises:
        CorpusError: If an annotated document is broken.
        TrainingError: If the run cannot start; see `start_run`.
        ModelFolderError: If the output exists and `overwrite` is false.
    """
    schema, train, validation = _data(config)
    checkpoint = find_checkpoint(config.model.base)
    run = start_run(config, resume=resume, overwrite=overwrite)

    tokenizer_file = _save_tokenizer(checkpoint, run.checkpoints)
    train_data = _examples([*train, *joined_sentences(train, config, schema)], tokenizer_file, config, schema)
    validation_data = _examples(validation, tokenizer_file, config, schema) if validation else None
    encoder = _encoder(checkpoint, config.model)
    padding = padding_id(encoder.config.to_dict())
    network = SentenceEncoder(encoder, len(schema.names), config.model.dropout)
    if config.model.start_from is not None:
        load_weights(network, _weights_to_start_from(config.model.start_from, schema))
    if _learns_from_few(config, train_data, schema):
        assert config.training.few_shot is not None
        fitted = fit_few_shot(
            network,
            train_data.to_list(),
            lambda rows: _collate(rows, padding),
            config.training.few_shot,
            precision=config.training.precision,
            seed=config.training.seed,
        )
    else:
        fitted = _fine_tune(network, config, run, train_data, validation_data, schema, padding, quiet=quiet)

    with new_model_folder(run.output, overwrite=overwrite) as folder:
        _write_model(folder, config, schema, network, tokenizer_file)
        metrics = _calibrate(folder, validation, schema) if validation else {}
        counts = {"train": statistics(train, schema), "validation": statistics(validation, schema)}
        record = run_record(run, fitted, metrics, checkpoint.licence, counts)
        write_json(folder / "run.json", record)
        loss_curve(record["log"], folder / "loss.png")
        (folder / CONFIG_OF_RUN).write_text(to_yaml(config), encoding="utf-8")
        export_classifier(folder)
        write_card(folder)
    finish_run(run)
    return run.output


def _learns_from_few(config: ClassifierConfig, data: Dataset, schema: LabelSchema) -> bool:
    """Say whether the data are too few for fine-tuning, by the configuration's measure."""
    few = config.training.few_shot
    return few is not None and len(data) < few.below * len(schema.names)


def _fine_tune(
    network: SentenceEncoder,
    config: ClassifierConfig,
    run: Run,
    train_data: Dataset,
    validation_data: Dataset | None,
    schema: LabelSchema,
    padding: int,
    *,
    quiet: bool,
) -> Fitted:
    """Train the whole network, or its low-rank adapter, in place; the best epoch's weights are kept."""
    if config.training.lora is not None:
        network.encoder = _with_lora(network.encoder, config)
    model = ClassifierForTraining(
        network, config.loss, _positive_weights(train_data, config.loss.positive_weight_power)
    )
    trainer = BucketTrainer(
        model=model,
        args=training_arguments(
            config.training,
            run,
            examples=len(train_data),
            metric=BEST_METRIC if validation_data else None,
            greater_is_better=True,
            quiet=quiet,
        ),
        train_dataset=train_data,
        eval_dataset=validation_data,
        data_collator=lambda rows: _collate(rows, padding),
        compute_metrics=lambda prediction: _metrics(prediction, schema),
        callbacks=early_stopping(config.training) if validation_data else [],
        optimizers=(optimizer_with_layer_decay(network, config.training), None),
    )
    trainer.train(resume_from_checkpoint=str(run.resume_from) if run.resume_from else None)
    if config.training.lora is not None:
        network.encoder = network.encoder.merge_and_unload()
    return Fitted.by(trainer)


def _data(
    config: ClassifierConfig,
) -> tuple[LabelSchema, list[AnnotatedDocument], list[AnnotatedDocument]]:
    """Load the schema, the training data and the validation data of a run."""
    groups = (config.data.training_files(), config.data.validation_files())
    if config.model.label_schema == LABELS_OF_DATA:
        train, validation = ([item for path in files for item in load_examples(path)] for files in groups)
        schema = schema_of_examples([*train, *validation], config.name)
    else:
        schema = schema_of(config.model.label_schema)
        train, validation = (load_training_data(files, schema) for files in groups)
    if not validation:
        train, validation = hold_out(train, config.data.validation_share, config.training.seed)
    return schema, train, validation


def schema_of(path: str | None) -> LabelSchema:
    """Return the label schema that a configuration names; the commitment types for None."""
    return commitment_schema() if path is None else LabelSchema.from_yaml(data_path(path))


def joined_sentences(
    documents: Sequence[AnnotatedDocument], config: ClassifierConfig, schema: LabelSchema
) -> list[AnnotatedDocument]:
    """Make sentences that record two things, which are rare, of pairs of sentences that record one.

    Returns:
        An excerpt for each pair: two sentences of one document joined by "and", with the types of both.
    """
    usable = [[s for s in document.sentences if schema.exclusive not in s.types] for document in documents]
    pools = [(document, found) for document, found in zip(documents, usable, strict=True) if len(found) > 1]
    wanted = round(config.augmentation.joined_sentences * sum(len(d.sentences) for d in documents))
    chance = random.Random(config.training.seed)
    made: list[AnnotatedDocument] = []
    for _ in range(wanted if pools else 0):
        document, found = chance.choice(pools)
        first, second = chance.sample(found, 2)
        opening = document.text[first.start : first.end].rstrip(".")
        text = f"{opening}, and {document.text[second.start : second.end]}"
        types = schema.ordered({*first.types, *second.types})
        made.append(
            AnnotatedDocument(
                id=f"joined-{len(made)}",
                text=text,
                excerpt=True,
                sentences=(AnnotatedSentence(start=0, end=len(text), types=types),),
            )
        )
    return made


class ClassifierForTraining(nn.Module):
    """The network with its loss: binary cross-entropy of the types plus that of salience."""

    def __init__(
        self, network: SentenceEncoder, loss: ClassifierLossConfig, positive_weights: Tensor
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.register_buffer("positive_weights", positive_weights, persistent=False)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        pooling_mask: Tensor,
        position: Tensor,
        labels: Tensor,
        salience: Tensor,
    ) -> dict[str, Tensor]:
        """Return loss and logits; salience -1 means that nobody judged it."""
        logits = self.network(input_ids, attention_mask, token_type_ids, pooling_mask, position).float()
        targets = labels * (1 - 2 * self.loss.label_smoothing) + self.loss.label_smoothing
        losses = nn.functional.binary_cross_entropy_with_logits(
            logits[:, :-1], targets, pos_weight=self.positive_weights, reduction="none"
        )
        if self.loss.negative_focus > 0:
            given = torch.sigmoid(logits[:, :-1])
            losses = losses * torch.where(labels > 0.5, 1.0, given**self.loss.negative_focus)
        loss = losses.mean()
        judged = salience >= 0
        if judged.any():
            loss = loss + self.loss.salience_weight * nn.functional.binary_cross_entropy_with_logits(
                logits[judged, -1], salience[judged]
            )
        return {"loss": loss, "logits": logits}


def optimizer_with_layer_decay(
    network: SentenceEncoder, settings: ClassifierOptimizationConfig
) -> torch.optim.Optimizer:
    """Return AdamW whose learning rate falls from the heads down to the embeddings.

    Biases and the weights of normalisations are not decayed. With a low-rank adapter the layers are counted
    the same way.
    """
    layers = 1 + max((_layer_of(name) for name, _ in network.encoder.named_parameters()), default=-1)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("encoder."):
            layer = _layer_of(name)
            # What belongs to no layer is either below all of them or above.
            height = layer if layer >= 0 else (-1 if "embeddings" in name else layers - 1)
            rate = settings.learning_rate * settings.layer_decay ** (layers - 1 - height)
        else:
            rate = settings.head_learning_rate or settings.learning_rate
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ]
    )


def _layer_of(name: str) -> int:
    """Read the number of a layer from a parameter's name; -1 for what belongs to none."""
    match = re.search(r"\.(?:layer|layers|h|block)\.(\d+)\.", name)
    return int(match[1]) if match else -1


def _encoder(checkpoint: Checkpoint, settings: ClassifierModelConfig) -> Any:  # noqa: ANN401 - transformers models
    encoder = AutoModel.from_pretrained(checkpoint.source, dtype=torch.float32)
    if settings.layers is not None:
        stack = next((module for module in encoder.modules() if isinstance(module, nn.ModuleList)), None)
        if stack is None or settings.layers > len(stack):
            found = "no stack of layers" if stack is None else f"{len(stack)} layers"
            raise TrainingError(
                f"model.layers = {settings.layers}: base '{checkpoint.source}' has {found}; choose fewer, or null"
            )
        del stack[settings.layers :]
        encoder.config.num_hidden_layers = settings.layers
    if settings.freeze_embeddings:
        for parameter in encoder.get_input_embeddings().parameters():
            parameter.requires_grad = False
    return encoder


def _examples(
    documents: Sequence[AnnotatedDocument],
    tokenizer_file: Path,
    config: ClassifierConfig,
    schema: LabelSchema,
) -> Dataset:
    """Make one training example of each sentence (of a very long one, its first window)."""
    tokenizer = load_tokenizer(tokenizer_file)
    inputs = [item for document in documents for item in inputs_of(document, config.model.context_sentences)]
    sentences = [sentence for document in documents for sentence in document.sentences]
    windows: dict[int, Window] = {}
    for window in encode_windows(tokenizer, inputs, config.model.max_length, config.model.context_length):
        windows.setdefault(window.owner, window)
    rows = [
        {
            "input_ids": window.input_ids,
            "token_type_ids": window.token_type_ids,
            "pooling_mask": window.pooling_mask,
            "position": position_features(inputs[index]),
            "labels": [float(name in sentences[index].types) for name in schema.names],
            "salience": -1.0 if sentences[index].salient is None else float(bool(sentences[index].salient)),
            "length": len(window.input_ids),
        }
        for index, window in windows.items()
    ]
    return Dataset.from_list(rows)


def _collate(rows: list[dict[str, Any]], padding: int) -> dict[str, Tensor]:
    windows = [
        Window(row["input_ids"], row["token_type_ids"], row["pooling_mask"], index)
        for index, row in enumerate(rows)
    ]
    batch = {
        name: torch.from_numpy(array)
        for name, array in padded_batch(
            windows, [row["position"] for row in rows], padding, multiple=LENGTH_MULTIPLE
        ).items()
    }
    batch["labels"] = torch.tensor([row["labels"] for row in rows])
    batch["salience"] = torch.tensor([row["salience"] for row in rows])
    return batch


def _metrics(prediction: EvalPrediction, schema: LabelSchema) -> dict[str, float]:
    logits, labels = prediction.predictions, prediction.label_ids
    if isinstance(labels, tuple):
        labels = labels[0]
    calibration = Calibration.identity(schema)
    references = [
        [name for name, flag in zip(schema.names, row, strict=True) if flag > 0.5] for row in labels
    ]
    given = calibration.decide(calibration.probabilities(logits))
    return dict(
        TypeMetric(schema).compute(predictions=[list(types) for types in given], references=references)
    )


def _weights_to_start_from(folder: str, schema: LabelSchema) -> Path:
    earlier = open_model_folder(folder, "classifier")
    if earlier.schema.names != schema.names:
        raise TrainingError(
            f"model.start_from = '{folder}' has the types {earlier.schema.names}, this run {schema.names}; "
            "start from a classifier with the same label set"
        )
    return earlier.file(WEIGHTS)


def _positive_weights(data: Dataset, power: float) -> Tensor:
    labels = torch.tensor(data["labels"][:])
    positives = labels.sum(0).clamp(min=1)
    return ((len(labels) - positives) / positives).clamp(min=1) ** power


def _with_lora(encoder: Any, config: ClassifierConfig) -> Any:  # noqa: ANN401 - transformers models
    from peft import LoraConfig, get_peft_model

    assert config.training.lora is not None
    settings = config.training.lora.model_dump(exclude={"rank", "alpha", "dropout"}, mode="json")
    lora = config.training.lora
    return get_peft_model(
        encoder, LoraConfig(r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, **settings)
    )


def _save_tokenizer(checkpoint: Checkpoint, folder: Path) -> Path:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.source)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise TrainingError(
            f"base '{checkpoint.source}': its tokenizer has no fast version (tokenizer.json); choose another base"
        )
    path = folder / TOKENIZER
    backend.save(str(path))
    return path


def _write_model(
    folder: Path,
    config: ClassifierConfig,
    schema: LabelSchema,
    network: SentenceEncoder,
    tokenizer_file: Path,
) -> None:
    save_weights(network, folder / WEIGHTS, config.model.weights)
    load_tokenizer(tokenizer_file).save(str(folder / TOKENIZER))
    write_json(folder / "labels.json", schema.to_dict())
    write_json(
        folder / "config.json",
        {
            "format_version": FORMAT_VERSION,
            "kind": "classifier",
            "name": config.name,
            "max_length": config.model.max_length,
            "context_sentences": config.model.context_sentences,
            "context_length": config.model.context_length,
            "weights": config.model.weights,
            "encoder": _without_path(network.encoder.config.to_dict()),
        },
    )
    write_json(folder / CALIBRATION, Calibration.identity(schema).to_dict())
    write_hashes(folder)


def _without_path(settings: dict[str, Any]) -> dict[str, Any]:
    """Leave out where the base lay on the machine that trained."""
    return {name: value for name, value in settings.items() if name != "_name_or_path"}


def calibrate_classifier(
    model: str | Path, paths: Sequence[Path], output: Path, *, overwrite: bool = False
) -> dict[str, Any]:
    """Fit temperatures, thresholds and confidence of a trained classifier anew, to other texts than it was fitted to.

    Args:
        model: A shipped classifier's name, or a model folder; it is left as it is.
        paths: Annotated documents or labelled texts that the classifier has not learned from; a few hundred sentences.
        output: The model folder to write: the same weights with another calibration.
        overwrite: Replace an earlier output.

    Returns:
        The figures of the result on those texts.

    Raises:
        CorpusError: If a file is broken, or has a label that the classifier lacks.
        ModelFolderError: If the model is damaged, or the output exists and `overwrite` is false.
    """
    source = open_model_folder(model, "classifier")
    documents = load_training_data(paths, source.schema)
    with new_model_folder(output, overwrite=overwrite) as folder:
        source.copy_to(folder, source.hashes)
        metrics = _calibrate(folder, documents, source.schema, engine="auto")
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        record["metrics"] = metrics
        record["calibration_data"] = {path.name: file_hash(path) for path in paths}
        record["counts"]["validation"] = asdict(statistics(documents, source.schema))
        write_json(folder / "run.json", record)
        write_card(folder)
    return metrics


def _calibrate(
    folder: Path, validation: Sequence[AnnotatedDocument], schema: LabelSchema, engine: Engine = "torch"
) -> dict[str, Any]:
    """Fit and store temperatures and thresholds; return the validation figures of the result."""
    classifier = SentenceClassifier(open_model_folder(folder, "classifier"), engine=engine)
    inputs = [item for document in validation for item in inputs_of(document, classifier.context_sentences)]
    sentences = [sentence for document in validation for sentence in document.sentences]
    logits = classifier.logits(inputs)
    types = np.array([[float(name in sentence.types) for name in schema.names] for sentence in sentences])
    salience = np.array([-1.0 if s.salient is None else float(s.salient) for s in sentences])
    calibration = Calibration.fit(schema, logits, types, salience)
    write_json(folder / CALIBRATION, calibration.to_dict())
    given = [list(types) for types in calibration.decide(calibration.probabilities(logits))]
    references = [list(sentence.types) for sentence in sentences]
    return {
        **TypeMetric(schema).compute(predictions=given, references=references),
        "per_type": per_type_scores(given, references, schema),
        "salience_average_precision": _average_precision(logits[:, -1], salience),
    }


def _average_precision(scores: Floats, targets: Floats) -> float | None:
    from sklearn.metrics import average_precision_score

    judged = targets >= 0
    return float(average_precision_score(targets[judged], scores[judged])) if judged.any() else None


if __name__ == "__main__":
    from .commands.train import train_classifier_main

    train_classifier_main()
