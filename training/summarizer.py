"""Config-driven fine-tuning of the summarizer: `python -m communique.training.summarizer CONFIG`."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import MissingExtraError, TrainingError
from ..models.folder import (
    FORMAT_VERSION,
    new_model_folder,
    open_model_folder,
    split_file,
    write_hashes,
    write_json,
)
from ..models.grounding import SourceIndex
from ..models.summarizer import (
    GGUF_WEIGHTS,
    PROMPT_SENTENCES,
    TRANSFORMERS_FOLDER,
    MeetingSummarizer,
    SourceSentence,
    build_prompt,
    fault_of,
    select_sentences,
)
from ..models.taxonomy import LabelSchema
from ..models.text import segment
from .base_models import Checkpoint, find_checkpoint
from .cards import write_card
from .config import SummarizerConfig, data_path, to_yaml
from .corpus import AnnotatedDocument, load_documents, read_abstracts, statistics
from .figures import loss_curve

try:
    import torch
    from datasets import Dataset
    from torch import Tensor
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
except ImportError:
    raise MissingExtraError("Training", "train") from None

from .classifier import schema_of
from .metrics import RougeMetric
from .runs import (
    CONFIG_OF_RUN,
    BucketTrainer,
    Fitted,
    early_stopping,
    finish_run,
    run_record,
    start_run,
    training_arguments,
)

IGNORED = -100
"""The label that transformers leaves out of the loss."""
SALIENT_WEIGHT = 0.55
SUPPORTING_WEIGHT = 0.3


def train_summarizer(
    config: SummarizerConfig, *, resume: bool = False, overwrite: bool = False, quiet: bool = False
) -> Path:
    """Fine-tune a language model, causal or sequence-to-sequence, to write abstracts and write its model folder.

    Args:
        config: The resolved configuration.
        resume: Go on with an interrupted run.
        overwrite: Replace an earlier output.
        quiet: Show no progress bar.

    Returns:
        The model folder. It holds the weights for transformers, and as GGUF where the base is a GGUF.

    Raises:
        CorpusError: If an annotated document is broken.
        TrainingError: If no document has an abstract, or the run cannot start; see `start_run`.
        ModelFolderError: If the output exists and `overwrite` is false.
    """
    schema = schema_of(config.model.label_schema)
    own = read_abstracts(map(data_path, config.data.abstracts))
    train = load_with_abstracts(config.data.training_files(), schema, own)
    validation = load_with_abstracts(config.data.validation_files(), schema)
    checkpoint = find_checkpoint(config.model.base)
    run = start_run(config, resume=resume, overwrite=overwrite)

    source = checkpoint.loading_options
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.source, **source)
    is_seq2seq = _is_seq2seq(checkpoint, config)
    train_data = _examples(train, tokenizer, config, schema, is_seq2seq=is_seq2seq)
    validation_data = _examples(validation, tokenizer, config, schema, is_seq2seq=is_seq2seq)
    loader = AutoModelForSeq2SeqLM if is_seq2seq else AutoModelForCausalLM
    model = _trainable(loader.from_pretrained(checkpoint.source, dtype=torch.float32, **source))
    trained = _with_lora(model, config) if config.training.lora is not None else model
    trainer = BucketTrainer(
        model=trained,
        args=training_arguments(
            config.training,
            run,
            examples=len(train_data),
            metric="eval_loss",
            greater_is_better=False,
            quiet=quiet,
        ),
        train_dataset=train_data,
        eval_dataset=validation_data,
        data_collator=lambda rows: _collate(
            rows, tokenizer.pad_token_id if is_seq2seq else tokenizer.eos_token_id
        ),
        callbacks=early_stopping(config.training),
    )
    trainer.train(resume_from_checkpoint=str(run.resume_from) if run.resume_from else None)
    if config.training.lora is not None:
        model = trained.merge_and_unload()

    with new_model_folder(run.output, overwrite=overwrite) as folder:
        _write_model(folder, config, schema, model, tokenizer, checkpoint)
        metrics = _validation_figures(folder, validation)
        counts = {"train": statistics(train, schema), "validation": statistics(validation, schema)}
        record = run_record(run, Fitted.by(trainer), metrics, checkpoint.licence, counts)
        write_json(folder / "run.json", record)
        loss_curve(record["log"], folder / "loss.png")
        (folder / CONFIG_OF_RUN).write_text(to_yaml(config), encoding="utf-8")
        write_card(folder)
    finish_run(run)
    return run.output


def training_pairs(
    document: AnnotatedDocument, schema: LabelSchema, *, noise: float, seed: str, tags: bool
) -> tuple[str, str] | None:
    """Make the prompt and the abstract of one document.

    The selection is the one that inference makes, from the annotated salience with noise. Of the abstract
    only the sentences are kept that inference would let through, so that the model learns to write what
    grounding accepts; where some are left out, the prompt shrinks in proportion, so that it does not learn
    to leave things out.

    Returns:
        Prompt and abstract, or None when no abstract sentence is carried by the selection.
    """
    texts = document.sentence_texts()
    written = [sentence.text for sentence in segment(document.abstract or "")]
    index = SourceIndex([*([document.title] if document.title else []), *texts])
    carried = [support for support in map(index.support, written) if fault_of(support) is None]
    if not carried:
        return None
    offset = 1 if document.title else 0
    supporting = {source - offset for support in carried for source in support.sources}
    chance = random.Random(seed)
    sentences = [
        SourceSentence(
            text,
            schema.ordered(sentence.types),
            SALIENT_WEIGHT * bool(sentence.salient)
            + SUPPORTING_WEIGHT * (i in supporting)
            + noise * chance.random(),
        )
        for i, (text, sentence) in enumerate(zip(texts, document.sentences, strict=True))
    ]
    shown_at_most = max(len(supporting), math.ceil(PROMPT_SENTENCES * len(carried) / len(written)))
    chosen = select_sentences(sentences, document.title, schema, max_sentences=shown_at_most)
    shown = SourceIndex([*([document.title] if document.title else []), *(texts[i] for i in chosen)])
    target = [
        support.text for support in map(shown.support, [s.text for s in carried]) if fault_of(support) is None
    ]
    if not target:
        return None
    prompt = build_prompt(document.title, [(sentences[i].types[0], texts[i]) for i in chosen], tags=tags)
    return prompt, " ".join(target)


def _is_seq2seq(checkpoint: Checkpoint, config: SummarizerConfig) -> bool:
    """Say whether a checkpoint has an encoder and a decoder.

    Raises:
        TrainingError: If it cannot read as many tokens as the configuration asks for.
    """
    base = AutoConfig.from_pretrained(checkpoint.source, **checkpoint.loading_options)
    positions = getattr(base, "max_position_embeddings", None)
    if positions is not None and positions < config.model.max_length:
        raise TrainingError(
            f"model.max_length = {config.model.max_length}: base '{config.model.base}' has {positions} positions; "
            f"set model.max_length={positions}, or choose another base"
        )
    return bool(base.is_encoder_decoder)


def _trainable(model: Any) -> Any:  # noqa: ANN401 - a transformers model
    """Copy a model loaded from GGUF into a plain one: it counts as quantized, is neither trained nor saved."""
    if hasattr(model.config, "quantization_config"):
        config = copy.deepcopy(model.config)
        del config.quantization_config
        plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        plain.load_state_dict(model.state_dict())
        plain.generation_config = model.generation_config
        model = plain
    model.config.use_cache = False
    return model


def load_with_abstracts(
    paths: Sequence[Path], schema: LabelSchema, own: Mapping[str, str] = MappingProxyType({})
) -> list[AnnotatedDocument]:
    """Load the documents that have an abstract, in the documents or apart from them."""
    loaded = load_documents(paths, schema)
    documents = [
        document.model_copy(update={"abstract": own[document.id]}) if document.id in own else document
        for document in loaded
    ]
    documents = [document for document in documents if document.abstract]
    if not documents:
        raise TrainingError(f"{', '.join(map(str, paths))}: no document has an abstract to learn from")
    return documents


def _examples(
    documents: Sequence[AnnotatedDocument],
    tokenizer: Any,  # noqa: ANN401 - a transformers tokenizer
    config: SummarizerConfig,
    schema: LabelSchema,
    *,
    is_seq2seq: bool,
) -> Dataset:
    rows = []
    for turn in range(config.selection.copies):
        for document in documents:
            pair = training_pairs(
                document,
                schema,
                noise=config.selection.noise,
                seed=f"{config.training.seed}:{turn}:{document.id}",
                tags=config.model.tags,
            )
            if pair is None:
                continue
            prompt = tokenizer(pair[0])["input_ids"]
            if is_seq2seq:
                abstract = tokenizer(text_target=pair[1])["input_ids"]
            else:
                abstract = [*tokenizer(" " + pair[1])["input_ids"], tokenizer.eos_token_id]
            if len(prompt) + len(abstract) > config.model.max_length:
                continue
            rows.append(
                {
                    "input_ids": prompt if is_seq2seq else prompt + abstract,
                    # A sequence-to-sequence model makes its decoder's inputs from the labels.
                    "labels": abstract if is_seq2seq else [IGNORED] * len(prompt) + abstract,
                    "length": len(prompt) + len(abstract),
                }
            )
    if not rows:
        raise TrainingError(
            f"model.max_length = {config.model.max_length}: no document fits with its abstract; raise it"
        )
    return Dataset.from_list(rows)


def _collate(rows: list[dict[str, Any]], padding: int) -> dict[str, Tensor]:
    def padded(groups: list[list[int]], fill: int) -> Tensor:
        longest = max(map(len, groups))
        return torch.tensor([values + [fill] * (longest - len(values)) for values in groups])

    return {
        "input_ids": padded([row["input_ids"] for row in rows], padding),
        "labels": padded([row["labels"] for row in rows], IGNORED),
        "attention_mask": padded([[1] * len(row["input_ids"]) for row in rows], 0),
    }


def _with_lora(model: Any, config: SummarizerConfig) -> Any:  # noqa: ANN401 - transformers models
    from peft import LoraConfig, get_peft_model

    lora = config.training.lora
    assert lora is not None
    targets = lora.target_modules if isinstance(lora.target_modules, str) else list(lora.target_modules)
    return get_peft_model(
        model,
        LoraConfig(
            task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=targets,
        ),
    )


def _write_model(
    folder: Path,
    config: SummarizerConfig,
    schema: LabelSchema,
    model: Any,  # noqa: ANN401 - a transformers model
    tokenizer: Any,  # noqa: ANN401 - a transformers tokenizer
    checkpoint: Checkpoint,
) -> None:
    model.config.use_cache = True
    state = {name: tensor.detach().cpu().float().numpy() for name, tensor in model.state_dict().items()}
    model.half().save_pretrained(folder / TRANSFORMERS_FOLDER)
    model.float()
    tokenizer.save_pretrained(folder / TRANSFORMERS_FOLDER)
    if checkpoint.gguf_file:
        from ..models.engines.gguf import write_gguf

        write_gguf(Path(checkpoint.source) / checkpoint.gguf_file, state, folder / GGUF_WEIGHTS, config.name)
        split_file(folder / GGUF_WEIGHTS)
    write_json(folder / "labels.json", schema.to_dict())
    write_json(
        folder / "config.json",
        {
            "format_version": FORMAT_VERSION,
            "kind": "summarizer",
            "name": config.name,
            "architecture": "seq2seq" if model.config.is_encoder_decoder else "causal",
            "max_length": config.model.max_length,
            "max_abstract_length": config.model.max_abstract_length,
            "tags": config.model.tags,
        },
    )
    write_hashes(folder)


def _validation_figures(folder: Path, documents: Sequence[AnnotatedDocument]) -> dict[str, Any]:
    """Write the abstracts of the validation documents from their annotated types and salience."""
    summarizer = MeetingSummarizer(open_model_folder(folder, "summarizer"))
    abstracts = [
        summarizer.summarize(
            [
                SourceSentence(text, summarizer.schema.ordered(s.types), float(bool(s.salient)))
                for text, s in zip(document.sentence_texts(), document.sentences, strict=True)
            ],
            document.title,
        )
        for document in documents
    ]
    rouge = RougeMetric().compute(
        predictions=["\n".join(part.text for part in abstract.sentences) for abstract in abstracts],
        references=["\n".join(s.text for s in segment(document.abstract or "")) for document in documents],
    )
    parts = [part for abstract in abstracts for part in abstract.sentences]
    return {
        **rouge,
        "documents": len(abstracts),
        "abstractive": sum(abstract.method == "abstractive" for abstract in abstracts),
        "sentences": len(parts),
        "sentences_extracted": sum(part.extracted for part in parts),
        "engine": summarizer.engine_name,
    }


if __name__ == "__main__":
    from .commands.train import train_summarizer_main

    train_summarizer_main()
