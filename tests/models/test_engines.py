"""The engines beyond what the classifier's tests hold together: export and GGUF."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import communique
from communique.errors import ModelFolderError
from communique.models.classifier import SentenceClassifier, sentence_inputs
from communique.models.engines.export import export_model
from communique.models.summarizer import MeetingSummarizer

TEXT = ["The council approved a plan of 9 points for Riga."]


def test_export_for_openvino_holds_no_torch_weights(classifier_folder, tmp_path):
    output = export_model(classifier_folder, "openvino", tmp_path / "small")
    assert not (output / "model.safetensors").exists()
    exported = SentenceClassifier.load(output)
    assert exported.engine_name == "openvino"
    original = SentenceClassifier.load(classifier_folder)
    assert exported.score_documents([TEXT]) == original.score_documents([TEXT])
    with pytest.raises(ModelFolderError, match="no such file"):
        SentenceClassifier.load(output, engine="torch")


def test_export_for_torch_and_back(classifier_folder, tmp_path):
    torch_only = export_model(classifier_folder, "torch", tmp_path / "torch")
    assert not (torch_only / "openvino").exists()
    assert SentenceClassifier.load(torch_only).engine_name == "torch"
    back = export_model(torch_only, "openvino", tmp_path / "back")
    assert SentenceClassifier.load(back).score_documents([TEXT]) == SentenceClassifier.load(
        classifier_folder
    ).score_documents([TEXT])


def test_a_summarizer_without_gguf_runs_on_torch_only(summarizer_folder, tmp_path):
    assert MeetingSummarizer.load(summarizer_folder).engine_name == "torch"
    with pytest.raises(ModelFolderError, match="whose base is a GGUF file"):
        export_model(summarizer_folder, "openvino", tmp_path / "no")
    assert not (tmp_path / "no").exists()


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory):
    """A GGUF of a two-layer Llama with 64-wide heads, in the quantization of the shipped one."""
    import gguf

    random = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(2)
    writer.add_context_length(64)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(16)
    writer.add_vocab_size(96)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([f"t{i}" for i in range(96)])
    writer.add_token_types([1] * 96)
    writer.add_token_merges(["t 1", "t 2"])
    writer.add_eos_token_id(0)
    shapes = {"attn_q": (64, 64), "attn_k": (32, 64), "attn_v": (32, 64), "attn_output": (64, 64)}
    shapes |= {"ffn_gate": (128, 64), "ffn_up": (128, 64), "ffn_down": (64, 128)}
    kind = gguf.GGMLQuantizationType

    def add(name, weights, quantization):
        data = gguf.quants.quantize(weights.astype(np.float32), quantization)
        writer.add_tensor(name, data, raw_dtype=quantization)

    add("token_embd.weight", random.normal(size=(96, 64)), kind.Q8_0)
    for block in range(2):
        for name in ("attn_norm", "ffn_norm"):
            add(f"blk.{block}.{name}.weight", np.ones(64), kind.F32)
        for name, shape in shapes.items():
            add(f"blk.{block}.{name}.weight", random.normal(size=shape) * 0.1, kind.Q4_1)
    add("output_norm.weight", np.ones(64), kind.F32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_gguf_written_from_transformers_reads_back_the_same(gguf_file, tmp_path):
    """Weights go to GGUF, with the rows of attention reordered, and come back through transformers."""
    import gguf
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from communique.models.engines.gguf import write_gguf

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=96,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    written = tmp_path / "model.gguf"
    write_gguf(gguf_file, state, written, "new name")

    reader = gguf.GGUFReader(written)
    assert reader.fields["general.architecture"].contents() == "llama"
    assert reader.fields["tokenizer.ggml.tokens"].contents()[5] == "t5"
    shutil.copy(written, tmp_path / "copy.gguf")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    query = tensors["blk.0.attn_q.weight"]
    values = gguf.quants.dequantize(query.data, query.tensor_type)
    # Head 0 of transformers has rows 0..15; GGUF interleaves its two halves: 0, 8, 1, 9, ...
    expected = state["model.layers.0.self_attn.q_proj.weight"]
    np.testing.assert_allclose(values[:4], expected[[0, 8, 1, 9]], atol=0.01)


def test_shipped_engines_agree_on_the_seed_article(seed_article):
    """The shipped classifier gives the same types and nearly the same probabilities on both engines."""
    ours = communique.load(engine="openvino").classify(seed_article)
    reference = communique.load(engine="torch").classify(seed_article)
    for mine, other in zip(ours, reference, strict=True):
        assert mine.types == other.types
        for name in mine.probabilities:
            assert mine.probabilities[name] == pytest.approx(other.probabilities[name], abs=0.02)


def test_int8_weights_are_small_and_the_same_in_every_engine(tmp_path):
    """A network whose matrices are large enough to be worth it: both engines run what lies on disk."""
    from transformers import BertConfig, BertModel

    from communique.models.engines.torch import SentenceEncoder, load_weights, save_weights

    torch.manual_seed(0)
    settings = BertConfig(
        vocab_size=100,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=64,
    )
    network = SentenceEncoder(BertModel(settings), 9).eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    whole, numbers = tmp_path / "float16.safetensors", tmp_path / "int8.safetensors"
    save_weights(network, whole, "float16")
    save_weights(network, numbers, "int8")
    assert numbers.stat().st_size < 0.7 * whole.stat().st_size
    read = SentenceEncoder(BertModel(settings), 9).eval()
    load_weights(read, numbers)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(read.state_dict()[name], tensor, atol=1e-3, rtol=1e-3)
        # Rounding moves a number by half a step of its row at most.
        step = before[name].abs().amax(dim=-1, keepdim=True) / 127 if tensor.ndim == 2 else 1e-3
        assert ((tensor - before[name]).abs() <= step / 2 + 1e-6).all()


def test_a_classifier_with_int8_weights_agrees_with_its_export(classifier_overrides, tmp_path):
    from communique.training.classifier import train_classifier
    from communique.training.config import ClassifierConfig, load_config

    overrides = [
        *classifier_overrides,
        f"output={tmp_path / 'm'}",
        "model.weights=int8",
        "training.max_steps=4",
    ]
    folder = train_classifier(
        load_config(ClassifierConfig, "configs/tiny/classifier.yaml", overrides), quiet=True
    )
    fast, reference = SentenceClassifier.load(folder), SentenceClassifier.load(folder, engine="torch")
    inputs = sentence_inputs([*TEXT, "He urged all members to ratify the treaty."], 1)
    np.testing.assert_allclose(fast.logits(inputs), reference.logits(inputs), atol=0.02)


@pytest.fixture(scope="module")
def language_model(tmp_path_factory):
    """The GGUF of a language model of two layers with a real tokenizer.

    Its output layer makes each token's follower one fixed other token, so that it is sure of itself, as a trained
    model is; with random weights throughout, the last digits of a sum would decide.
    """
    import gguf
    from transformers import LlamaConfig, LlamaForCausalLM

    from communique.models.engines.gguf import write_gguf
    from communique.training.tiny_models import byte_level_tokenizer

    folder = tmp_path_factory.mktemp("language-model")
    tokenizer = byte_level_tokenizer(["<|end|>"])
    vocabulary = tokenizer.get_vocab()
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.1,
        tie_word_embeddings=False,
    )
    state = {name: tensor.numpy() for name, tensor in LlamaForCausalLM(config).state_dict().items()}
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(len(vocabulary), 64)).astype(np.float32)
    words = [place for word, place in vocabulary.items() if word.replace("Ġ", "").isascii() and place]
    state["model.embed_tokens.weight"] = embeddings
    state["lm_head.weight"] = np.zeros_like(embeddings)
    state["lm_head.weight"][words] = embeddings[random.permutation(words)]
    template = folder / "template.gguf"
    writer = gguf.GGUFWriter(template, "llama")
    writer.add_block_count(2)
    writer.add_context_length(2048)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(16)
    writer.add_vocab_size(len(vocabulary))
    writer.add_file_type(7)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(sorted(vocabulary, key=vocabulary.__getitem__))
    writer.add_token_types([3] + [1] * (len(vocabulary) - 1))
    writer.add_token_merges([" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    for name, shape in _gguf_shapes(len(vocabulary)).items():
        exact = name.endswith("norm.weight")
        kind = gguf.GGMLQuantizationType.F32 if exact else gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(np.zeros(shape, np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    write_gguf(template, state, folder / "model.gguf", "tiny")
    return folder / "model.gguf"


def _gguf_shapes(vocabulary):
    block = {
        "attn_norm": (64,),
        "attn_q": (64, 64),
        "attn_k": (32, 64),
        "attn_v": (32, 64),
        "attn_output": (64, 64),
    }
    block |= {"ffn_norm": (64,), "ffn_gate": (128, 64), "ffn_up": (128, 64), "ffn_down": (64, 128)}
    blocks = {f"blk.{i}.{name}.weight": shape for i in range(2) for name, shape in block.items()}
    return {
        "token_embd.weight": (vocabulary, 64),
        **blocks,
        "output_norm.weight": (64,),
        "output.weight": (vocabulary, 64),
    }


@pytest.fixture(scope="module")
def generators(language_model):
    from communique.models.engines.openvino_text import OpenVinoTextGenerator
    from communique.models.engines.torch_text import TorchTextGenerator

    return {
        "openvino": OpenVinoTextGenerator([language_model], 1),
        "torch": TorchTextGenerator(language_model.parent, language_model.name, 1),
    }


def test_both_engines_write_the_same(generators, corpus):
    """The likeliest continuations of 20 prompts."""
    from communique.training.metrics import rouge_scores

    words = sorted({*corpus["train"].read_text(encoding="utf-8").split()} - {""}, key=lambda w: (len(w), w))
    prompts = [f"The council {word.strip('.,')}" for word in words[20:220:10]]
    written = {name: [g.generate(prompt, 16) for prompt in prompts] for name, g in generators.items()}
    assert len(prompts) == 20 and len(set(written["torch"])) > 10
    assert np.mean(rouge_scores(written["openvino"], written["torch"])["rougeL"]) >= 0.9


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_pieces_are_the_text_and_stop_it(generators, engine):
    pieces = []
    whole = generators[engine].generate("The council", 24, on_text=lambda piece: bool(pieces.append(piece)))
    assert "".join(pieces).strip() == whole.strip() and len(pieces) > 3
    pieces.clear()

    def enough(piece):
        pieces.append(piece)
        return len(pieces) >= 3

    cut = generators[engine].generate("The council", 24, on_text=enough)
    assert len(pieces) <= 4 and len(cut) < len(whole)


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_an_error_of_the_callback_reaches_the_caller(generators, engine):
    def broken(piece):
        raise ValueError("no paper left")

    with pytest.raises(ValueError, match="no paper left"):
        generators[engine].generate("The council", 24, on_text=broken)


def test_a_prompt_that_is_too_long_is_refused(generators):
    from communique.errors import InputError

    with pytest.raises(InputError, match="this model reads 2048 at most"):
        generators["torch"].generate("port " * 3000, 4)


def test_control_c_ends_the_writing(language_model):
    """In a process of its own, which says when it writes."""
    script = f"""
import pathlib, signal
from communique.models.engines.openvino_text import OpenVinoTextGenerator
# A shell's background job, and what it starts, ignores the signal otherwise.
signal.signal(signal.SIGINT, signal.default_int_handler)
generator = OpenVinoTextGenerator([pathlib.Path({str(language_model)!r})], 1)
try:
    while True:
        generator.generate("The council", 1500, on_text=lambda piece: bool(print("writing", flush=True)))
except KeyboardInterrupt:
    print("ended", flush=True)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout.readline() == "writing\n"
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout.read().endswith("ended\n")
    assert time.monotonic() - started < 10
    process.wait(10)
