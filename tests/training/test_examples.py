"""Labelled texts of a user's own: read from every form, held out fairly, learned from."""

import json

import pytest

import communique
from communique.errors import ConfigError, CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.classifier import train_classifier
from communique.training.config import ClassifierConfig, SummarizerConfig, load_config
from communique.training.examples import (
    hold_out,
    is_example_file,
    load_examples,
    load_training_data,
    schema_of_examples,
)

ROWS = [("Ships sail at dawn.", "sea"), ("Trains leave, at noon.", "rail"), ('He said "boats".', "sea;talk")]


@pytest.fixture
def forms(tmp_path):
    """The same examples as CSV, as two kinds of JSON Lines and, without the doubly labelled one, as a folder."""
    table = tmp_path / "rows.csv"
    table.write_bytes(
        b"\xef\xbb\xbfid,text,label\r\n1,Ships sail at dawn.,sea\r\n"
        b'2,"Trains leave, at noon.",rail\r\n3,"He said ""boats"".",sea;talk\r\n'
    )
    lines, lists = tmp_path / "rows.jsonl", tmp_path / "lists.jsonl"
    lines.write_text("".join(json.dumps({"text": t, "label": label}) + "\n" for t, label in ROWS))
    lists.write_text("".join(json.dumps({"sentence": t, "types": n.split(";")}) + "\n" for t, n in ROWS))
    folder = tmp_path / "folder"
    for number, (text, label) in enumerate(ROWS[:2]):
        (folder / label).mkdir(parents=True)
        (folder / label / f"{number}.txt").write_text(text + "\n")
    return table, lines, lists, folder


def read(path):
    return sorted((d.text, d.sentences[0].types) for d in load_examples(path))


def test_every_form_is_read_alike(forms):
    table, lines, lists, folder = forms
    expected = sorted((text, tuple(label.split(";"))) for text, label in ROWS)
    assert read(table) == read(lines) == read(lists) == expected
    assert read(folder) == sorted((text, (label,)) for text, label in ROWS[:2])
    assert all(is_example_file(path) for path in forms)


def test_annotated_documents_are_no_examples(corpus, tmp_path):
    assert not is_example_file(corpus["train"])
    assert not is_example_file(tmp_path / "gone.jsonl")


def test_the_schema_is_what_occurs(forms):
    schema = schema_of_examples(load_examples(forms[0]), "mine")
    assert schema.names == ["rail", "sea", "talk"] and schema.several
    assert not schema_of_examples(load_examples(forms[3]), "mine").several


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("body,label\nx,a\n", "has the columns body, label; it needs one of text, sentence"),
        ("text,label\nx,a\n,b\n", ":3: the text is empty"),
        ("text,label\nx,\n", ":2: has no label"),
        ("text,label\n", "no labelled text in it"),
    ],
)
def test_broken_rows_are_named(content, message, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(content)
    with pytest.raises(CorpusError, match=message):
        load_examples(path)


def test_a_label_outside_the_schema_is_named(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\nThey met.,consultations\n")
    with pytest.raises(CorpusError, match=r"rows\.csv:2: unknown type 'consultations'; did you mean"):
        load_training_data([path], commitment_schema())


def test_each_label_keeps_its_share(tmp_path):
    path = tmp_path / "rows.csv"
    rows = [f"text {i},{'common' if i % 5 else 'rare'}\n" for i in range(100)]
    path.write_text("text,label\n" + "".join(rows))
    left, aside = hold_out(load_examples(path), 0.2, seed=1)
    labels = [document.sentences[0].types[0] for document in aside]
    assert (labels.count("common"), labels.count("rare"), len(left)) == (16, 4, 80)
    assert not {d.id for d in left} & {d.id for d in aside}
    assert hold_out(load_examples(path), 0.2, seed=1)[1] == aside


def test_trained_on_a_table_it_gives_the_tables_labels(tmp_path):
    path = tmp_path / "mine.csv"
    subjects = ["The harbour", "The minister", "Every delegate", "A spokesman", "The old council"]
    good = [f"{s} said it was very good {i}.,praise\n" for i, s in enumerate(subjects * 8)]
    bad = [f"{s} said it was very bad {i}.,blame\n" for i, s in enumerate(subjects * 8)]
    path.write_text("text,label\n" + "".join(good + bad))
    common = ["model.base=tiny-encoder", "model.max_length=64", "training.precision=float32"]
    common += [f"data.train={path}", "training.learning_rate=3e-3", "training.epochs=20"]
    common += ["training.min_steps=40"]  # no more than the epochs make, but fewer evaluations
    settings = load_config(ClassifierConfig, "custom.yaml", [*common, f"output={tmp_path / 'm'}"])
    folder = train_classifier(settings, quiet=True)
    analyzer = communique.load(folder)
    assert analyzer.schema.names == ["blame", "praise"]
    asked = [f"{s} said it was very {word} 77." for s in subjects for word in ("good", "bad")]
    labels = [s.types for s in analyzer.classify(asked, split=False)]
    assert labels == [("praise",), ("blame",)] * len(subjects)
    assert json.loads((folder / "run.json").read_text())["metrics"]["primary_accuracy"] > 0.9

    nothing_aside = [*common, f"output={tmp_path / 'n'}", "data.validation_share=0", "training.max_steps=2"]
    folder = train_classifier(load_config(ClassifierConfig, "custom.yaml", nothing_aside), quiet=True)
    assert json.loads((folder / "run.json").read_text())["metrics"] == {}
    assert "nothing was measured" in (folder / "README.md").read_text()


def test_a_summarizer_needs_validation_data():
    with pytest.raises(ConfigError, match=r"data\.validation is empty"):
        load_config(SummarizerConfig, "summarizer.yaml", ["data.validation=[]"])
