"""What goes to a tool and comes back unchanged is what it was; files in the tools' own forms are read."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
from typer.testing import CliRunner

from communique.cli import app
from communique.errors import CorpusError
from communique.inference.results import Analysis, LabelledSentence
from communique.models.taxonomy import commitment_schema
from communique.training.corpus import AnnotatedDocument, inputs_of, load_documents
from communique.training.examples import load_training_data
from communique.training.labelling import Tool, Unit
from communique.training.labelling.items import Draft, read_drafts
from communique.training.labelling.tools import export_drafts, import_annotations

from ...conftest import authored_document, write_corpus

SCHEMA = commitment_schema()
EVERY_WAY = [(tool, unit) for tool in Tool for unit in Unit]


def full_document():
    """A document that uses every field, with characters beyond the Basic Multilingual Plane."""
    text = "🕊 Accord of Riga 🇱🇻\r\n\r\nBoth sides agreed to trade and vowed peace 🕊.  He spoke.\nThey met."
    places = [text.index(piece) for piece in ("🕊 Accord", "Both", "He spoke", "They met")]
    ends = [text.index(end) + len(end) for end in ("of Riga 🇱🇻", "peace 🕊.", "He spoke.", "They met.")]
    types = [("background",), ("agreement", "pledge"), ("position",), ("consultation",)]
    sentences = [
        {"start": start, "end": end, "types": names, "salient": salient, "doubt": salient is None}
        for start, end, names, salient in zip(places, ends, types, (None, True, False, True), strict=True)
    ]
    sentences[1]["passes"] = (("pledge", "agreement"), ("agreement",))
    return AnnotatedDocument(
        id="riga-1",
        title="Accord of Riga",
        genre="wire",
        kind="story",
        source="written for the tests",
        licence="CC0",
        url="https://example.org/riga",
        date="2020-05-06",
        body="Riga Group",
        topic="peace",
        text=text,
        sentences=sentences,
        abstract="Both sides agreed to trade.",
        abstracts=("Both sides agreed to trade.", "They met."),
        split="train",
        annotators=("first pass", "second pass"),
        guide="GUIDELINE.md",
    )


@pytest.mark.parametrize(("tool", "unit"), EVERY_WAY)
def test_nothing_is_lost(tool, unit, tmp_path):
    documents = [full_document(), AnnotatedDocument.model_validate(authored_document(1, "train"))]
    output = tmp_path / "items.json"
    export_drafts([Draft(document) for document in documents], tool, unit, SCHEMA, output)
    result = import_annotations([output], tool, SCHEMA)
    assert result.documents == documents
    assert (result.faults, result.left_out, result.changed, result.without_type) == ([], {}, 0, 0)


def exported(tmp_path, tool, unit, *documents):
    output = tmp_path / "items.json"
    export_drafts([Draft(document) for document in documents], tool, unit, SCHEMA, output)
    if tool is Tool.label_studio:
        return json.loads(output.read_text())
    return [json.loads(line) for line in output.read_text().split("\n") if line]


def imported(tmp_path, tool, items, **options):
    path = tmp_path / "labelled.json"
    lines = (json.dumps(item) for item in items)
    path.write_text(json.dumps(items) if tool is Tool.label_studio else "\n".join(lines))
    return import_annotations([path], tool, SCHEMA, **options)


def test_corrected_types_keep_what_the_tool_cannot_hold(tmp_path):
    (item,) = exported(tmp_path, Tool.doccano, Unit.document, full_document())
    item["label"] = [[s, e, "call" if name == "position" else name] for s, e, name in item["label"]]
    # doccano gives the example a number, and a list of comments.
    result = imported(tmp_path, Tool.doccano, [{**item, "id": 17, "Comments": []}])
    (document,) = result.documents
    assert document.id == "riga-1" and result.changed == 1
    assert document.sentences[2].types == ("call",) and document.sentences[2].salient is False
    assert document.sentences[1].passes and document.abstract == full_document().abstract


def test_suggested_sentences_of_a_text_come_together_again(tmp_path):
    items = exported(tmp_path, Tool.prodigy, Unit.sentence, full_document())
    items[3]["accept"] = ["call"]
    items[0]["answer"], items[2]["answer"] = "ignore", "reject"
    result = imported(tmp_path, Tool.prodigy, [items[3], items[0], items[2], items[1]])
    (document,) = result.documents
    assert document.sentence_texts() == ["Both sides agreed to trade and vowed peace 🕊.", "They met."]
    assert document.sentences[1].types == ("call",)
    assert result.left_out == {"skipped": 1, "rejected": 1} and result.changed == 1


def result_of(text, sentences):
    """A result as `communique analyze` makes it, the first sentence undecided."""
    labelled = []
    for index, sentence in enumerate(sentences):
        start = text.index(sentence)
        types = ("decision",) if index else ()
        labelled.append(
            LabelledSentence(
                index=index,
                start=start,
                end=start + len(sentence),
                text=sentence,
                types=types,
                primary=types[0] if types else None,
                probabilities={"decision": 0.7},
                is_commitment=bool(types),
                salience=0.5,
                confidence=0.25 * (index + 1),
                commitment_probability=0.7,
            )
        )
    return Analysis("riga.txt", "Talks in Riga", tuple(labelled), None, {"classifier": "tiny"})


def test_results_become_predictions_with_scores_which_nobody_confirmed(tmp_path):
    text = "Talks in Riga 🕊\n\nThe council approved a plan. It will meet again."
    analysis = result_of(text, ["Talks in Riga 🕊", "The council approved a plan.", "It will meet again."])
    path = tmp_path / "results.jsonl"
    path.write_text(analysis.to_json() + "\n")
    (draft,) = read_drafts([path], SCHEMA)
    assert draft.document.id == "riga.txt" and draft.document.abstract is None
    assert draft.document.sentence_texts() == [sentence.text for sentence in analysis.sentences]
    output = tmp_path / "tasks.json"
    export_drafts([draft], Tool.label_studio, Unit.document, SCHEMA, output)
    (task,) = json.loads(output.read_text())
    (prediction,) = task["predictions"]
    scores = [part["score"] for part in prediction["result"]]
    assert scores == [0.5, 0.75] and prediction["model_version"] == "tiny" and "annotations" not in task
    result = import_annotations([output], Tool.label_studio, SCHEMA)
    assert result.documents == [] and result.left_out == {"not labelled": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"models": {}, "sentences": [{"start": 0}]}', r"results\.jsonl:1: is no result \(key 'source"),
        ('{"models": {}, "sentences": 3}', "is no result"),
        ("{", "is not JSON"),
        ('{"id": "a"}', "key 'text'"),
    ],
)
def test_what_is_neither_document_nor_result_is_named(tmp_path, line, message):
    path = tmp_path / "results.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(CorpusError, match=message):
        read_drafts([path], SCHEMA)


def test_equal_ids_are_refused(tmp_path):
    path = write_corpus(tmp_path / "corpus.jsonl", 1, "train")
    with pytest.raises(CorpusError, match="two documents have the id 'train-0'"):
        read_drafts([path, path], SCHEMA)


@pytest.mark.parametrize("unit", Unit)
def test_label_studio_is_given_every_label_and_name_that_its_tasks_use(tmp_path, unit):
    tasks = exported(tmp_path, Tool.label_studio, unit, full_document())
    view = ElementTree.fromstring((tmp_path / "items-config.xml").read_text())
    kind = "Label" if unit is Unit.document else "Choice"
    assert {tag.get("value") for tag in view.iter(kind)} >= set(SCHEMA.names)
    names = {tag.get("name"): tag for tag in view.iter() if tag.get("name")}
    for part in (part for task in tasks for part in task["annotations"][0]["result"]):
        assert names[part["from_name"]].get("toName") == part["to_name"] == "text"
        assert names[part["from_name"]].tag.lower() == part["type"]
    assert "pre-wrap" in next(view.iter("Style")).text
    values = {tag.get("value") for tag in view.iter() if (tag.get("value") or "").startswith("$")}
    assert all(value.removeprefix("$") in tasks[0]["data"] for value in values)


def test_doccano_is_given_the_label_types(tmp_path):
    exported(tmp_path, Tool.doccano, Unit.document, full_document())
    labels = json.loads((tmp_path / "items-labels.json").read_text())
    assert [label["text"] for label in labels] == SCHEMA.names
    assert len({label["suffix_key"] for label in labels}) == len(labels)


def test_prodigy_gets_tokens_that_every_span_fits(tmp_path):
    (task,) = exported(tmp_path, Tool.prodigy, Unit.document, full_document())
    for span in task["spans"]:
        assert task["tokens"][span["token_start"]]["start"] == span["start"]
        assert task["tokens"][span["token_end"]]["end"] == span["end"]
    assert all(task["text"][t["start"] : t["end"]] == t["text"] for t in task["tokens"])
    assert len(task["spans"]) == 5  # one sentence has two types


def test_equal_sentences_of_two_documents_are_two_tasks(tmp_path):
    one = full_document()
    items = exported(tmp_path, Tool.prodigy, Unit.sentence, one, one.model_copy(update={"id": "riga-2"}))
    assert len({item["_input_hash"] for item in items}) == len(items) == 8


# As each tool writes what was labelled in it without an export of ours; the sentences are our own.
TEXT = "🕊 The envoys met. He urged both to sign."
LABEL_STUDIO = {
    "id": 41,
    "annotations": [
        {
            "id": 7,
            "completed_by": 3,
            "result": [
                {
                    "value": {"start": 2, "end": 17, "text": "The envoys met.", "labels": ["consultation"]},
                    "id": "b3RkZ",
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                    "origin": "manual",
                },
                {"id": "x", "type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
                {
                    "value": {"start": 18, "end": 40, "text": "He urged both to sign.", "labels": ["call"]},
                    "id": "qQ8vL",
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                    "origin": "manual",
                },
            ],
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": "2024-02-01T10:00:00.000000Z",
            "updated_at": "2024-02-01T10:00:00.000000Z",
            "draft_created_at": None,
            "lead_time": 12.4,
            "prediction": {},
            "result_count": 2,
            "unique_id": "6f1e",
            "task": 41,
            "project": 2,
            "updated_by": 3,
            "parent_prediction": None,
            "parent_annotation": None,
            "last_created_by": None,
        }
    ],
    "file_upload": "1a2b-texts.txt",
    "drafts": [],
    "predictions": [],
    "data": {"text": TEXT},
    "meta": {},
    "created_at": "2024-02-01T09:00:00.000000Z",
    "updated_at": "2024-02-01T10:00:00.000000Z",
    "inner_id": 1,
    "total_annotations": 1,
    "cancelled_annotations": 0,
    "total_predictions": 0,
    "comment_count": 0,
    "unresolved_comment_count": 0,
    "last_comment_updated_at": None,
    "project": 2,
    "updated_by": 3,
    "comment_authors": [],
}
DOCCANO = {"id": 41, "text": TEXT, "label": [[2, 17, "consultation"], [18, 40, "call"]], "Comments": []}
DOCCANO_WITH_RELATIONS = {
    "id": 41,
    "text": TEXT,
    "entities": [
        {"id": 1, "label": "consultation", "start_offset": 2, "end_offset": 17},
        {"id": 2, "label": "call", "start_offset": 18, "end_offset": 40},
    ],
    "relations": [],
    "Comments": [],
}
PRODIGY = {
    "text": TEXT,
    "meta": {"source": "x"},
    "_input_hash": 41,
    "_task_hash": -7,
    "_is_binary": False,
    "tokens": [],
    "_view_id": "spans_manual",
    "spans": [
        {"start": 2, "end": 17, "token_start": 1, "token_end": 4, "label": "consultation"},
        {"start": 18, "end": 40, "token_start": 5, "token_end": 10, "label": "call"},
    ],
    "answer": "accept",
    "_timestamp": 1690289516,
    "_annotator_id": "corrections-anna",
    "_session_id": "corrections-anna",
}


@pytest.mark.parametrize(
    ("tool", "item"),
    [
        (Tool.label_studio, LABEL_STUDIO),
        (Tool.doccano, DOCCANO),
        (Tool.doccano, DOCCANO_WITH_RELATIONS),
        (Tool.prodigy, PRODIGY),
    ],
)
def test_texts_that_were_put_into_the_tool_by_hand(tool, item, tmp_path):
    result = imported(tmp_path, tool, [item])
    (document,) = result.documents
    assert result.faults == [] and document.id == "41"
    assert document.sentence_texts() == ["The envoys met.", "He urged both to sign."]
    assert [sentence.types for sentence in document.sentences] == [("consultation",), ("call",)]
    path = tmp_path / "again.jsonl"
    path.write_text(document.model_dump_json() + "\n")
    assert load_documents([path], SCHEMA) == [document]


@pytest.mark.parametrize(
    ("tool", "item"),
    [
        (Tool.doccano, {"id": 5, "text": "He urged both to sign.", "label": ["call"], "Comments": ["sure?"]}),
        (
            Tool.prodigy,
            {
                "text": "He urged both to sign.",
                "options": [{"id": "call", "text": "call"}, {"id": "pledge", "text": "pledge"}],
                "accept": ["call"],
                "answer": "accept",
                "_input_hash": 5,
                "_task_hash": 6,
                "_view_id": "choice",
                "config": {"choice_style": "single"},
            },
        ),
        (
            Tool.label_studio,
            {
                "id": 5,
                "data": {"text": "He urged both to sign."},
                "annotations": [
                    {
                        "id": 1,
                        "completed_by": {"id": 1, "email": "anna@example.org"},
                        "result": [
                            {
                                "value": {"choices": ["call"]},
                                "id": "u",
                                "from_name": "sentiment",
                                "to_name": "text",
                                "type": "choices",
                            }
                        ],
                    }
                ],
            },
        ),
    ],
)
def test_single_sentences_that_were_put_into_the_tool_by_hand(tool, item, tmp_path):
    (document,) = imported(tmp_path, tool, [item]).documents
    assert (document.id, document.excerpt, document.sentences[0].types) == ("5", True, ("call",))


def test_corrections_on_the_command_line_train_a_classifier(tmp_path):
    corpus, items, corrections = (tmp_path / name for name in ("c.jsonl", "items.json", "corrections.jsonl"))
    corpus.write_text(full_document().model_dump_json() + "\n")
    runner = CliRunner()
    options = ["--to", "doccano", "--unit", "sentence", "-o", str(items)]
    result = runner.invoke(app, ["corpus", "export", str(corpus), *options])
    assert result.exit_code == 0 and "Text classification" in result.stderr
    lines = [json.loads(line) for line in items.read_text().splitlines()]
    lines[2]["label"], lines[3]["label"] = ["call"], ["cal"]
    items.write_text("".join(json.dumps(line) + "\n" for line in lines[1:]))
    result = runner.invoke(app, ["corpus", "import", str(items), "--from", "doccano", "-o", str(corrections)])
    assert result.exit_code == 1
    assert f"{items}:3, example riga-1@" in result.stderr and "did you mean 'call'" in result.stderr
    assert (
        "1 document(s), 2 sentence(s)" in result.stderr and "1 sentence(s) have other types" in result.stderr
    )
    (document,) = load_training_data([corrections], SCHEMA)
    agreed, spoke = inputs_of(document, 1)
    assert agreed.context == "🕊 Accord of Riga 🇱🇻" and spoke.context == agreed.text
    assert [sentence.types for sentence in document.sentences] == [("agreement", "pledge"), ("call",)]
