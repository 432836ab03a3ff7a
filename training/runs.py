"""What both training scripts share: arguments, checkpoints that resume, and the record of a run."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import math
import platform
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..errors import MissingExtraError, TrainingError
from ..models.folder import check_output, file_hash
from .config import ClassifierConfig, OptimizationConfig, SummarizerConfig, to_yaml
from .corpus import CorpusStatistics
from .machine import peak_memory_mb

try:
    import torch
    import transformers
    from torch.utils.data import DataLoader
    from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainingArguments
except ImportError:
    raise MissingExtraError("Training", "train") from None

RECORDED_PACKAGES = (
    "torch",
    "transformers",
    "datasets",
    "evaluate",
    "scikit-learn",
    "openvino",
    "tokenizers",
)
CHECKPOINT_FILES = (
    "model.safetensors",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
    "trainer_state.json",
)
CONFIG_OF_RUN = "training.yaml"


@dataclass(slots=True)
class Run:
    """A training run in progress: where it writes, when it began."""

    config: ClassifierConfig | SummarizerConfig
    output: Path
    checkpoints: Path
    resume_from: Path | None
    started: float = field(default_factory=time.monotonic)


def start_run(config: ClassifierConfig | SummarizerConfig, *, resume: bool, overwrite: bool) -> Run:
    """Prepare the folders of a run and make its randomness repeatable.

    Args:
        config: The resolved configuration.
        resume: Go on from the last complete checkpoint of an interrupted run.
        overwrite: Replace the output of an earlier run, or throw away an interrupted one.

    Raises:
        ModelFolderError: If the output exists and `overwrite` is false.
        TrainingError: If an interrupted run is there and neither `resume` nor `overwrite` is given, if
            there is nothing to resume, or it was started with another configuration.
    """
    output = Path(config.output).expanduser()
    checkpoints = output.with_name(f"{output.name}.checkpoints")
    check_output(output, overwrite=overwrite)
    if resume:
        _check_same_config(config, checkpoints)
    elif checkpoints.exists():
        if not overwrite:
            raise TrainingError(
                f"{checkpoints}: an interrupted run is here; add --resume to go on with it, "
                "or --overwrite to start anew"
            )
        shutil.rmtree(checkpoints)
    checkpoints.mkdir(parents=True, exist_ok=True)
    (checkpoints / CONFIG_OF_RUN).write_text(to_yaml(config), encoding="utf-8")
    quieten_libraries()
    if config.training.threads is not None:
        torch.set_num_threads(config.training.threads)
    # Seeded before any weight is made: the heads' first values are part of the run.
    transformers.set_seed(config.training.seed)
    return Run(config, output, checkpoints, last_complete_checkpoint(checkpoints) if resume else None)


def finish_run(run: Run) -> None:
    """Throw the checkpoints away; call it once the model folder is in place."""
    shutil.rmtree(run.checkpoints)


def last_complete_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint that was written to its end; half-written ones are removed."""
    found = []
    for path in folder.glob("checkpoint-*"):
        if _is_complete(path):
            found.append(path)
        else:
            shutil.rmtree(path)
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def training_arguments(
    settings: OptimizationConfig,
    run: Run,
    *,
    examples: int,
    metric: str | None,
    greater_is_better: bool,
    quiet: bool,
) -> TrainingArguments:
    """Translate our settings into transformers' arguments; the only place that knows their names.

    Without a metric there is no evaluation, and the last step's weights are kept.
    """
    steps = math.ceil(examples / (settings.batch_size * settings.gradient_accumulation))
    epochs = max(settings.epochs, settings.min_steps / steps)
    total = settings.max_steps if settings.max_steps > 0 else math.ceil(steps * epochs)
    # Further epochs over few data are not worth an evaluation each.
    per_evaluation = max(steps, settings.min_steps // 10) // settings.evaluations_per_epoch
    interval = max(1, min(total, per_evaluation))
    return TrainingArguments(
        output_dir=str(run.checkpoints),
        learning_rate=settings.learning_rate,
        num_train_epochs=epochs,
        max_steps=settings.max_steps if settings.max_steps > 0 else -1,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation,
        warmup_steps=math.ceil(total * settings.warmup),
        lr_scheduler_type=settings.schedule,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_gradient_norm,
        eval_strategy="steps" if metric else "no",
        eval_steps=interval,
        save_strategy="steps",
        save_steps=interval,
        save_total_limit=2,
        logging_steps=max(1, min(20, total // 10)),
        load_best_model_at_end=metric is not None,
        metric_for_best_model=metric,
        greater_is_better=greater_is_better,
        bf16=use_bfloat16(settings.precision),
        use_cpu=not torch.cuda.is_available(),
        seed=settings.seed,
        data_seed=settings.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to="none",
        disable_tqdm=quiet,
    )


def early_stopping(settings: OptimizationConfig) -> list[EarlyStoppingCallback]:
    """Return the callback that stops a run that no longer improves, when one is wanted."""
    return [EarlyStoppingCallback(settings.early_stopping)] if settings.early_stopping is not None else []


def use_bfloat16(precision: str) -> bool:
    """Decide on mixed precision: `auto` takes bfloat16 where the processor computes with it natively."""
    if precision != "auto":
        return precision == "bfloat16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    capability = torch.cpu.get_capabilities()
    return bool(capability.get("avx512_bf16") or capability.get("amx_bf16"))


class LengthBatches:
    """Batches of examples of like length, in an order fixed by the seed and the epoch.

    Examples are shuffled, sorted by length inside stretches of 50 batches, cut into batches, and the
    batches are shuffled. A run that is resumed in mid-epoch sees the same order.
    """

    STRETCH = 50

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self.lengths) / self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        random = np.random.default_rng((self.seed, self.epoch))
        order = random.permutation(len(self.lengths))
        stretch = self.batch_size * self.STRETCH
        batches = []
        for start in range(0, len(order), stretch):
            part = order[start : start + stretch]
            part = part[np.argsort(self.lengths[part], kind="stable")]
            batches += [part[i : i + self.batch_size].tolist() for i in range(0, len(part), self.batch_size)]
        for index in random.permutation(len(batches)):
            yield batches[index]


class BucketTrainer(Trainer):
    """transformers' Trainer with `LengthBatches`; the training data need a column `length`."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the Trainer's own arguments
        super().__init__(**options)
        # Without a progress bar the Trainer prints its log to standard output; run.json holds it.
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the batches of the training data."""
        batches = LengthBatches(
            self.train_dataset["length"], self.args.per_device_train_batch_size, self.args.data_seed
        )
        loader = DataLoader(self.train_dataset, batch_sampler=batches, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is recorded of how the weights were fitted."""

    steps: int
    best_step: int | None
    bfloat16: bool
    log: list[dict[str, Any]]

    @classmethod
    def by(cls, trainer: Trainer) -> Fitted:
        """Take it from a finished Trainer."""
        state = trainer.state
        return cls(state.global_step, state.best_global_step, bool(trainer.args.bf16), state.log_history)


def run_record(
    run: Run,
    fitted: Fitted,
    metrics: dict[str, Any],
    licence: str | None,
    counts: dict[str, CorpusStatistics],
) -> dict[str, Any]:
    """Describe a finished run: what it learned from, with what, how long, and how well."""
    data = run.config.data
    files = [*data.training_files(), *data.validation_files()]
    return {
        "communique": __version__,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in RECORDED_PACKAGES},
        "base": run.config.model.base,
        "base_licence": licence,
        "data": {file.name: file_hash(file) for file in files},
        "absent_data": data.absent_files(),
        "counts": {split: asdict(count) for split, count in counts.items()},
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "precision": "bfloat16" if fitted.bfloat16 else "float32",
        "steps": fitted.steps,
        "best_step": fitted.best_step,
        "seconds": round(time.monotonic() - run.started, 1),
        "resumed": run.resume_from is not None,
        "peak_memory_mb": peak_memory_mb(),
        "metrics": metrics,
        "log": fitted.log,
    }


def quieten_libraries() -> None:
    """Keep loading reports and advice of the libraries off the terminal; their errors stay."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    import datasets

    datasets.disable_progress_bars()
    logging.getLogger("accelerate").setLevel(logging.ERROR)


def _is_complete(checkpoint: Path) -> bool:
    # trainer_state.json is written last, so a whole one means that the rest is whole.
    weights = (checkpoint / "model.safetensors", checkpoint / "adapter_model.safetensors")
    if not any(path.is_file() for path in weights):
        return False
    if not all((checkpoint / name).is_file() for name in CHECKPOINT_FILES[1:]):
        return False
    try:
        json.loads((checkpoint / CHECKPOINT_FILES[-1]).read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def _check_same_config(config: ClassifierConfig | SummarizerConfig, checkpoints: Path) -> None:
    earlier = checkpoints / CONFIG_OF_RUN
    if not earlier.is_file():
        raise TrainingError(f"{checkpoints}: there is no interrupted run to resume; leave --resume out")
    if earlier.read_text(encoding="utf-8") != to_yaml(config):
        raise TrainingError(
            f"{earlier}: the interrupted run has another configuration; resume it with that file, "
            "or add --overwrite instead of --resume to start anew"
        )
