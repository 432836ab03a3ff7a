"""Configuration of training runs: one strict schema, YAML files with `extends`, dotted overrides.

Order of precedence, weakest first: the schema's defaults, the file named by `extends`, the file
itself, overrides. Lists are replaced, mappings are merged. The resolved configuration is stored
beside the weights, and a run from that file is the same run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import ConfigError
from ..models.validation import nearest, read_yaml, validated

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent
PACKAGE_PREFIX = "package:"
LABELS_OF_DATA = "data"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(_Strict):
    """Where the annotated documents are.

    A path is taken from the current folder; one that begins with `package:` is a file shipped with
    the package, such as `package:seeds/corpus/train.jsonl`.
    """

    train: tuple[str, ...] = Field(min_length=1)
    """Files of annotated documents to learn from."""
    extra: tuple[str, ...] = ()
    """Further files to learn from, such as corrections."""
    optional: tuple[str, ...] = ()
    """Files to learn from where they exist, such as restored real texts; the run's record and card say which
    did not."""
    validation: tuple[str, ...] = ()
    """Files that decide on the best epoch, the temperatures and the thresholds."""
    optional_validation: tuple[str, ...] = ()
    """Further ones, where they exist."""
    validation_share: float = Field(default=0.2, ge=0, lt=1)
    """Where no validation file is named: the share of each label's examples that is set aside for it. With 0
    nothing is decided: the last epoch, temperatures of 1 and thresholds of 0.5 hold."""

    abstracts: tuple[str, ...] = ()
    """Files with lines of `id` and `abstract`: a summarizer learns from these instead of the abstracts that the
    documents themselves have."""

    def training_files(self) -> list[Path]:
        """Return the files to learn from: of the optional ones those that exist."""
        return [*map(data_path, (*self.train, *self.extra)), *_existing(self.optional)]

    def validation_files(self) -> list[Path]:
        """Return the files to decide by: of the optional ones those that exist."""
        return [*map(data_path, self.validation), *_existing(self.optional_validation)]

    def absent_files(self) -> list[str]:
        """Return the optional files that do not exist."""
        return [p for p in (*self.optional, *self.optional_validation) if not data_path(p).exists()]


def _existing(paths: Sequence[str]) -> list[Path]:
    return [path for path in map(data_path, paths) if path.exists()]


class AugmentationConfig(_Strict):
    """Training examples made of others."""

    joined_sentences: float = Field(default=0.0, ge=0)
    """How many examples join two sentences of a document, and their types, as a share of the sentences."""


class LoraConfig(_Strict):
    """Low-rank adaptation (Hu et al., 2021) through the peft library."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    target_modules: tuple[str, ...] | Literal["all-linear"] = "all-linear"


class OptimizationConfig(_Strict):
    """How the weights are fitted."""

    learning_rate: float = Field(default=5e-5, gt=0)
    epochs: float = Field(default=3, gt=0)
    max_steps: int = Field(default=-1, ge=-1)
    """Stop after this many steps whatever the epochs; -1 for no limit."""
    min_steps: int = Field(default=0, ge=0)
    """Where the data are few: go on for further epochs until so many steps are done."""
    batch_size: int = Field(default=16, ge=1)
    gradient_accumulation: int = Field(default=1, ge=1)
    """Batches added up before each step."""
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps over which the learning rate rises."""
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    weight_decay: float = Field(default=0.01, ge=0)
    max_gradient_norm: float = Field(default=1.0, gt=0)
    early_stopping: int | None = Field(default=None, ge=1)
    """Stop after this many evaluations without a better result; null to run to the end."""
    evaluations_per_epoch: int = Field(default=1, ge=1)
    """How often a run is evaluated and a checkpoint is written that `--resume` can go on from."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto` takes bfloat16 where the processor computes with it natively."""
    threads: int | None = Field(default=None, ge=1)
    """Processor threads; null for torch's choice."""
    seed: int = 13
    lora: LoraConfig | None = None


class ClassifierOptimizationConfig(OptimizationConfig):
    """How a classifier's weights are fitted."""

    layer_decay: float = Field(default=1.0, gt=0, le=1)
    """Each layer's learning rate is that of the layer above it times this (Howard and Ruder, 2018)."""
    head_learning_rate: float | None = Field(default=None, gt=0)
    """Learning rate of the heads, which start from nothing; null for `learning_rate`."""
    few_shot: FewShotConfig | None = None
    """What to do with few examples a label; null to fine-tune the whole network whatever their number."""


class FewShotConfig(_Strict):
    """How a classifier learns from few examples a label; see `training.few_shot`."""

    method: Literal["head", "contrastive"] = "contrastive"
    """`head` leaves the encoder as it is; `contrastive` first draws the labels apart (Tunstall et al., 2022)."""
    below: int = Field(default=64, ge=0)
    """Used where the data have fewer examples a label than this; with more, the whole network is fine-tuned."""
    learning_rate: float = Field(default=2e-5, gt=0)
    """Of the encoder in the contrastive stage."""
    pairs_per_example: int = Field(default=20, ge=1)
    """How many pairs of like labels, and as many of unlike ones, are made with each example."""
    max_steps: int = Field(default=250, ge=1)
    """Steps of the contrastive stage at most, each of 16 pairs."""
    regularization: float = Field(default=1.0, gt=0)
    """The inverse strength C of the logistic regression of the heads."""


class ClassifierModelConfig(_Strict):
    """The encoder and how a sentence is presented to it."""

    base: str
    """A name from `communique models list`, a folder, or a hub id."""
    max_length: int = Field(default=256, ge=16)
    """Tokens that the encoder sees at once; longer sentences are read in windows."""
    context_sentences: int = Field(default=1, ge=0)
    """How many sentences before it are shown along with a sentence."""
    context_length: int = Field(default=64, ge=0)
    """Tokens of context at most."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    layers: int | None = Field(default=None, ge=1)
    """Keep only so many of the encoder's layers, counted from its input; null for all (Sajjad et al., 2020)."""
    freeze_embeddings: bool = False
    """Leave the token embeddings as the base has them."""
    label_schema: str | None = None
    """A YAML file with a label set of your own, or `data` for the labels that occur in the data; null for the
    nine commitment types."""
    weights: Literal["float16", "int8"] = "float16"
    """How the trained weights are stored: int8 halves the files of a large encoder."""
    start_from: str | None = None
    """A classifier's folder whose weights the run begins with, to teach it more; null for the base's."""


class ClassifierLossConfig(_Strict):
    """What is minimised: binary cross-entropy over the types plus that of salience."""

    salience_weight: float = Field(default=0.3, ge=0)
    positive_weight_power: float = Field(default=0.0, ge=0, le=1)
    """Rare types count more: each type's positives weigh (negatives / positives) to this power."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    negative_focus: float = Field(default=0.0, ge=0)
    """An absent type counts by the probability that it was given, to this power, so that the many easy negatives
    do not drown the few positives (the asymmetric loss of Ridnik et al., 2021, without its margin)."""


class ClassifierConfig(_Strict):
    """A classifier's training run."""

    task: Literal["classifier"] = "classifier"
    name: str = Field(min_length=1)
    output: str
    """The model folder to write."""
    data: DataConfig
    model: ClassifierModelConfig
    augmentation: AugmentationConfig = AugmentationConfig()
    loss: ClassifierLossConfig = ClassifierLossConfig()
    training: ClassifierOptimizationConfig = ClassifierOptimizationConfig()


class SummarizerModelConfig(_Strict):
    """The language model and its prompt."""

    base: str
    """A name from `communique models list`, a folder, or a hub id: of a causal language model, or of a
    sequence-to-sequence one such as BART, T5 or PEGASUS, which the checkpoint itself tells."""
    max_length: int = Field(default=1024, ge=64)
    """Tokens of prompt and abstract together, at most; not more than the base has positions for."""
    max_abstract_length: int = Field(default=160, ge=8)
    """Tokens of the abstract at most."""
    tags: bool = True
    """Put each sentence's primary type before it in the prompt."""
    label_schema: str | None = None


class SelectionConfig(_Strict):
    """Which sentences a training prompt holds."""

    noise: float = Field(default=0.45, ge=0, le=1)
    """How much chance weighs beside the annotated salience, as a real selection errs; 0 for none."""
    copies: int = Field(default=1, ge=1)
    """Prompts made of each document, each with a selection of its own."""


class SummarizerConfig(_Strict):
    """A summarizer's training run."""

    task: Literal["summarizer"] = "summarizer"
    name: str = Field(min_length=1)
    output: str
    data: DataConfig
    model: SummarizerModelConfig
    selection: SelectionConfig = SelectionConfig()
    training: OptimizationConfig = OptimizationConfig()

    @model_validator(mode="after")
    def _has_validation(self) -> SummarizerConfig:
        if not self.data.validation:
            raise ValueError("data.validation is empty; name a file of annotated documents with abstracts")
        return self


Config = TypeVar("Config", ClassifierConfig, SummarizerConfig)


def load_config(schema: type[Config], path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Load and validate a configuration.

    Args:
        schema: `ClassifierConfig` or `SummarizerConfig`.
        path: A YAML file; one that is not found is looked for among the shipped configurations.
        overrides: Strings like `training.learning_rate=2e-5`. The value is read as JSON, else as
            plain text; a list may be given as `a,b`.

    Raises:
        ConfigError: Naming file and key: unreadable file, unknown key (with the nearest valid one),
            value of the wrong type, `extends` that goes in a circle.
    """
    file = find_config(path)
    data = _read_with_parents(file, seen=())
    for override in overrides:
        _apply_override(data, schema, override)
    return validated(schema, data, str(path))


def find_config(path: str | Path) -> Path:
    """Return the path of a configuration: the user's file, or the shipped one of that name."""
    shipped = PACKAGE_FOLDER / "configs"
    candidates = (Path(path), PACKAGE_FOLDER / path, shipped / path)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    names = sorted(file.relative_to(PACKAGE_FOLDER).as_posix() for file in shipped.rglob("*.yaml"))
    raise ConfigError(f"{path}: no such configuration file; shipped with the package: {', '.join(names)}")


def data_path(path: str) -> Path:
    """Turn a path of a configuration into a real one; `package:` means shipped with the package."""
    if path.startswith(PACKAGE_PREFIX):
        return PACKAGE_FOLDER / path.removeprefix(PACKAGE_PREFIX)
    return Path(path).expanduser()


def to_yaml(config: BaseModel) -> str:
    """Write a configuration as YAML that `load_config` reads back to the same configuration."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _read_with_parents(file: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if file.resolve() in seen:
        chain = " -> ".join(str(path) for path in (*seen, file))
        raise ConfigError(f"{file}: 'extends' goes in a circle: {chain}")
    data = read_yaml(file)
    parent = data.pop("extends", None)
    if parent is None:
        return data
    if not isinstance(parent, str):
        raise ConfigError(f"{file}: key 'extends' = {parent!r} must be the name of one file")
    parent_file = file.parent / parent
    if not parent_file.is_file():
        raise ConfigError(f"{file}: key 'extends' = '{parent}': there is no file {parent_file}")
    return _merged(_read_with_parents(parent_file, (*seen, file.resolve())), data)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _merged(result[key], value)
        else:
            result[key] = value
    return result


def _apply_override(data: dict[str, Any], schema: type[BaseModel], override: str) -> None:
    """Set one dotted key of the raw mapping, checking that the schema has it."""
    path, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f"--set {override}: write it as key=value, such as training.epochs=2")
    keys = path.strip().split(".")
    model: Any = schema
    target = data
    for depth, key in enumerate(keys):
        fields = getattr(model, "model_fields", {})
        if key not in fields:
            known = [".".join((*keys[:depth], name)) for name in fields]
            raise ConfigError(f"--set {override}: unknown key '{path}'{nearest(path, known)}")
        annotation = fields[key].annotation
        if depth == len(keys) - 1:
            target[key] = _override_value(text, annotation)
        else:
            if not isinstance(target.get(key), dict):
                target[key] = {}
            target = target[key]
            model = _inner_model(annotation)


def _override_value(text: str, annotation: Any) -> Any:  # noqa: ANN401 - any JSON value
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    is_list = "tuple" in str(annotation) and "all-linear" not in str(annotation)
    return [part for part in text.split(",") if part] if is_list and isinstance(value, str) else value


def _inner_model(annotation: Any) -> Any:  # noqa: ANN401 - a pydantic model, alone or in a union
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    return next((item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel)), None)
