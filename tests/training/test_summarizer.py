import json

import pytest

import communique
from communique.errors import CorpusError, ModelFolderError, TrainingError
from communique.models.grounding import check_support
from communique.models.summarizer import MeetingSummarizer, SourceSentence
from communique.models.taxonomy import commitment_schema
from communique.training.base_models import find_checkpoint
from communique.training.config import SummarizerConfig, load_config
from communique.training.corpus import AnnotatedDocument, load_documents, read_abstracts
from communique.training.summarizer import load_with_abstracts, train_summarizer, training_pairs

from ..conftest import authored_document

SCHEMA = commitment_schema()


def test_prompt_and_abstract_of_a_document():
    document = AnnotatedDocument.model_validate(authored_document(0, "train"))
    prompt, target = training_pairs(document, SCHEMA, noise=0, seed="a", tags=True)
    assert prompt.startswith(f"Title: {document.title}\n[resource] ")
    assert prompt.endswith("\nAbstract:")
    assert target == document.abstract


def test_a_target_never_says_what_its_prompt_does_not_hold():
    document = authored_document(0, "train")
    document["abstract"] += " Brazil sent 77 ships."
    parsed = AnnotatedDocument.model_validate(document)
    _, target = training_pairs(parsed, SCHEMA, noise=0, seed="a", tags=True)
    assert "Brazil" not in target
    document["abstract"] = "Brazil sent 77 ships."
    assert (
        training_pairs(AnnotatedDocument.model_validate(document), SCHEMA, noise=0, seed="a", tags=True)
        is None
    )


def test_what_grounding_would_not_let_through_is_no_target():
    document = authored_document(0, "train")
    # The same words joined in another way.
    backwards = " ".join(reversed(document["abstract"].replace(".", "").split()))
    document["abstract"] += f" {backwards.capitalize()}."
    _, target = training_pairs(
        AnnotatedDocument.model_validate(document), SCHEMA, noise=0, seed="a", tags=True
    )
    assert target == authored_document(0, "train")["abstract"]


def test_abstracts_from_a_file_of_their_own_take_the_place_of_the_documents(tmp_path, corpus):
    path = tmp_path / "abstracts.jsonl"
    path.write_text('{"id": "train-0", "abstract": "Zork."}\n{"id": "nobody", "abstract": "They met."}\n')
    documents = load_with_abstracts([corpus["train"]], SCHEMA, read_abstracts([path]))
    assert {document.id: document.abstract for document in documents}["train-0"] == "Zork."
    assert documents[1].abstract == authored_document(1, "train")["abstract"]


def test_abstracts_that_are_none_are_refused(tmp_path):
    path = tmp_path / "abstracts.jsonl"
    path.write_text('{"id": "a", "abstract": "They met."}\n\n{"id": "a", "abstract": "They parted."}\n')
    with pytest.raises(CorpusError, match=r"abstracts.jsonl:3: a second abstract of document 'a'"):
        read_abstracts([path])
    path.write_text('{"id": "a", "text": "They met."}\n')
    with pytest.raises(CorpusError, match=r"abstracts.jsonl:1: a line must be"):
        read_abstracts([path])


def test_noise_changes_the_selection_and_the_seed_fixes_it():
    document = authored_document(1, "train")
    for i in range(20):
        line = f"\nDelegates of {i} towns stood in the rain."
        start = len(document["text"]) + 1
        document["text"] += line
        document["sentences"].append({"start": start, "end": start + len(line) - 1, "types": ["background"]})
    parsed = AnnotatedDocument.model_validate(document)
    prompts = [
        training_pairs(parsed, SCHEMA, noise=0.45, seed=seed, tags=True)[0] for seed in ("a", "b", "a")
    ]
    assert prompts[0] == prompts[2] != prompts[1]


def test_the_folder_is_whole(summarizer_folder):
    run = json.loads((summarizer_folder / "run.json").read_text())
    assert run["steps"] == 4 and "rouge1" in run["metrics"]
    assert "tiny-summarizer" in (summarizer_folder / "README.md").read_text()
    assert (summarizer_folder / "transformers" / "model.safetensors").is_file()


def test_what_an_untrained_model_writes_is_not_let_through(tiny_analyzer, corpus):
    for document in load_documents([corpus["validation"]], SCHEMA):
        abstract = tiny_analyzer.summarize(document.text)
        assert abstract.text
        source = [sentence.text for sentence in tiny_analyzer.classify(document.text)]
        for support in check_support([part.text for part in abstract.sentences], source):
            assert not support.unsupported


def test_documents_without_abstract_are_no_use(tmp_path):
    document = {**authored_document(0, "train"), "abstract": None}
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(document))
    config = load_config(
        SummarizerConfig,
        "tiny/summarizer.yaml",
        [f"data.train={path}", f"data.validation={path}", f"output={tmp_path / 'm'}"],
    )
    with pytest.raises(TrainingError, match="no document has an abstract"):
        train_summarizer(config)


def test_lora(corpus, tmp_path):
    config = load_config(
        SummarizerConfig,
        "tiny/summarizer.yaml",
        [
            f"data.train={corpus['train']}",
            f"data.validation={corpus['validation']}",
            "training.lora.rank=2",
            "training.max_steps=2",
            f"output={tmp_path / 'm'}",
        ],
    )
    folder = train_summarizer(config, quiet=True)
    assert communique.models.summarizer.MeetingSummarizer.load(folder).engine_name == "torch"


@pytest.mark.parametrize("kind", ["bart", "t5"])
def test_a_sequence_to_sequence_base_trains_and_runs(kind, corpus, tmp_path):
    base = "tiny-seq2seq" if kind == "bart" else str(write_tiny_t5(tmp_path / "t5"))
    overrides = [
        f"data.train={corpus['train']}",
        f"data.validation={corpus['validation']}",
        f"model.base={base}",
        "training.max_steps=2",
        f"output={tmp_path / 'm'}",
    ]
    folder = train_summarizer(load_config(SummarizerConfig, "tiny/summarizer.yaml", overrides), quiet=True)
    summarizer = MeetingSummarizer.load(folder)
    assert summarizer.folder.config["architecture"] == "seq2seq" and summarizer.engine_name == "torch"
    source = [SourceSentence("The council approved a plan of nine points.", ("decision",), 0.9)]
    pieces: list[str] = []
    assert summarizer.summarize(source, None, on_token=pieces.append).text == source[0].text
    # An encoder's model does not repeat its prompt.
    assert "Abstract:" not in "".join(pieces)
    with pytest.raises(ModelFolderError, match="use the torch engine"):
        MeetingSummarizer.load(folder, engine="openvino")


def write_tiny_t5(folder):
    from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

    tokenizer = AutoTokenizer.from_pretrained(find_checkpoint("tiny-seq2seq").source)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_base_with_too_few_positions_is_refused(corpus, tmp_path):
    overrides = [
        f"data.train={corpus['train']}",
        f"data.validation={corpus['validation']}",
        "model.base=tiny-seq2seq",
        "model.max_length=4096",
        f"output={tmp_path / 'm'}",
    ]
    with pytest.raises(TrainingError, match=r"has 2048 positions; set model.max_length=2048"):
        train_summarizer(load_config(SummarizerConfig, "tiny/summarizer.yaml", overrides), quiet=True)
