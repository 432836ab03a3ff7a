"""Tiny base models with random weights, made in code: for trying out the workflow, and for tests."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from ..errors import MissingExtraError
from ..models.taxonomy import commitment_schema

try:
    import torch
    import transformers
    from transformers import (
        BartConfig,
        BartForConditionalGeneration,
        BertConfig,
        BertModel,
        LlamaConfig,
        LlamaForCausalLM,
        PreTrainedTokenizerFast,
    )
except ImportError:
    raise MissingExtraError("A tiny model", "train") from None

HIDDEN = 32
LAYERS = 2
HEADS = 4
VOCABULARY = 800
SEED = 0


def write_tiny_encoder(folder: Path) -> None:
    """Write a BERT of two layers with a WordPiece tokenizer learned from the taxonomy's own words."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(
        _texts(),
        trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=special, show_progress=False),
    )
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", special.index("[SEP]")), ("[CLS]", special.index("[CLS]"))
    )
    transformers.logging.disable_progress_bar()
    torch.manual_seed(SEED)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=2 * HIDDEN,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)


def write_tiny_decoder(folder: Path) -> None:
    """Write a Llama of two layers with a byte-level tokenizer learned from the taxonomy's own words."""
    tokenizer = byte_level_tokenizer(["<|end|>"])
    transformers.logging.disable_progress_bar()
    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=2 * HIDDEN,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>"
    ).save_pretrained(folder)


def write_tiny_seq2seq(folder: Path) -> None:
    """Write a BART of two layers on each side, with a byte-level tokenizer like that of the decoder."""
    special = ["<s>", "<pad>", "</s>"]
    start, padding, end = range(len(special))
    tokenizer = byte_level_tokenizer(special)
    tokenizer.post_processor = processors.BertProcessing(("</s>", end), ("<s>", start))
    transformers.logging.disable_progress_bar()
    torch.manual_seed(SEED)
    config = BartConfig(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=HIDDEN,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=2 * HIDDEN,
        decoder_ffn_dim=2 * HIDDEN,
        max_position_embeddings=2048,
        bos_token_id=start,
        pad_token_id=padding,
        eos_token_id=end,
        decoder_start_token_id=end,
        forced_eos_token_id=end,
    )
    BartForConditionalGeneration(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", eos_token="</s>"
    ).save_pretrained(folder)


def byte_level_tokenizer(special_tokens: list[str]) -> Tokenizer:
    """Learn a byte-pair tokenizer from the taxonomy's own words; the special tokens come first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        _texts(),
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=special_tokens,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tokenizer


def _texts() -> list[str]:
    labels = commitment_schema().types
    return [text for label in labels for text in (label.definition, *label.signals, *label.examples)]
