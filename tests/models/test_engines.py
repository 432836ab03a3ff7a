"""The engines beyond what the classifier's tests hold together: export and GGUF."""

import shutil

import communique
import numpy as np
import pytest
import torch
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
    from communique.models.engines.gguf import write_gguf
    from transformers import LlamaConfig, LlamaForCausalLM

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
    from communique.models.engines.torch import SentenceEncoder, load_weights, save_weights
    from transformers import BertConfig, BertModel

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
