"""What labelling tools and annotators do to documents is taken over, counted, or named with its place."""

import copy
import json

import pytest

from communique.errors import CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.corpus import AnnotatedDocument
from communique.training.labelling import Tool, Unit
from communique.training.labelling.items import Draft
from communique.training.labelling.tools import export_drafts, import_annotations

SCHEMA = commitment_schema()
DOVE = "🕊🕊"
SENTENCES = (f"{DOVE} The envoys met.", "He urged both to sign.", "They vowed to do so.")


@pytest.fixture
def document():
    text = " ".join(SENTENCES)
    places = [text.index(sentence) for sentence in SENTENCES]
    types = ("consultation", "call", "pledge")
    return AnnotatedDocument(
        id="dove",
        text=text,
        sentences=[
            {"start": start, "end": start + len(sentence), "types": (name,)}
            for start, sentence, name in zip(places, SENTENCES, types, strict=True)
        ],
    )


@pytest.fixture
def task(document, tmp_path):
    """The document as a task of Label Studio."""
    return exported(tmp_path, Tool.label_studio, Unit.document, document)[0]


def exported(tmp_path, tool, unit, document):
    output = tmp_path / "items.json"
    export_drafts([Draft(document)], tool, unit, SCHEMA, output)
    if tool is Tool.label_studio:
        return json.loads(output.read_text())
    return [json.loads(line) for line in output.read_text().split("\n") if line]


def imported(tmp_path, tool, *files, annotator=None):
    paths = []
    for number, items in enumerate(files):
        paths.append(tmp_path / f"annotator{number}.json")
        lines = "\n".join(json.dumps(item) for item in items)
        paths[-1].write_text(json.dumps(items) if tool is Tool.label_studio else lines)
    return import_annotations(paths, tool, SCHEMA, annotator)


def values(task):
    return [part["value"] for part in task["annotations"][0]["result"]]


def test_offsets_in_utf16_units_are_told_by_the_marked_text(task, document, tmp_path):
    for value in values(task):
        value["start"] += 2 if value["start"] else 0
        value["end"] += 2
    result = imported(tmp_path, Tool.label_studio, [task])
    assert result.documents == [document] and result.faults == []


def test_offsets_in_utf16_units_are_told_by_the_exported_sentences(document, tmp_path):
    (item,) = exported(tmp_path, Tool.doccano, Unit.document, document)
    item["label"] = [[start + 2 if start else 0, end + 2, name] for start, end, name in item["label"]]
    assert imported(tmp_path, Tool.doccano, [item]).documents == [document]


def test_white_space_at_the_ends_of_a_mark_is_let_go(task, document, tmp_path):
    value = values(task)[1]
    value.update(start=value["start"] - 1, end=value["end"] + 1, text=f" {value['text']} ")
    assert imported(tmp_path, Tool.label_studio, [task]).documents == [document]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: values(t)[1].update(labels=["cal"]), "unknown type 'cal'; did you mean 'call'"),
        (lambda t: values(t)[1].update(labels=["call", "background"]), "must stand alone"),
        (lambda t: values(t)[1].update(start=3, text=None), "overlaps '🕊🕊 The envoys met.'"),
        (lambda t: values(t)[1].update(start=5), r"do not show what it marks, 'He urged both to sign.'"),
        (lambda t: values(t)[1].update(start="x"), "do not show what it marks"),
        (lambda t: values(t)[1].update(end=9999, text=None), "do not show what it marks"),
    ],
)
def test_a_label_that_cannot_be_taken_over_is_named_and_the_others_are_kept(task, tmp_path, change, message):
    task["id"] = 12
    change(task)
    result = imported(tmp_path, Tool.label_studio, [task])
    (fault,) = result.faults
    assert str(fault).startswith(f"{tmp_path}/annotator0.json: task 12: ") and message in str(fault)
    assert [sentence.types for sentence in result.documents[0].sentences] == [("consultation",), ("pledge",)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t["data"].update(text="The envoys parted."), "its text was changed after the export"),
        (lambda t: t["data"].update(text=None), "has no text in data.text"),
        (lambda t: t.pop("data"), "perhaps JSON-MIN"),
        (lambda t: t["data"]["communique"].pop("unit"), "its record is damaged (key 'communique.unit')"),
        (
            lambda t: t["data"]["communique"]["document"].update(genre=3),
            "its record is damaged (key 'communique.genre')",
        ),
    ],
)
def test_a_task_that_cannot_be_taken_over_is_named(task, tmp_path, change, message):
    broken = copy.deepcopy(task)
    change(broken)
    result = imported(tmp_path, Tool.label_studio, [broken])
    assert [message in str(fault) for fault in result.faults] == [True] and result.documents == []


@pytest.mark.parametrize(
    ("tool", "content", "message"),
    [
        (Tool.label_studio, "{", "is not JSON"),
        (Tool.label_studio, '{"data": {}}', "is no JSON array of tasks"),
        (Tool.doccano, "{", "is not JSON"),
        (Tool.doccano, "[]", "holds no item with a 'text'"),
        (Tool.doccano, '{"text": "a", "annotations": []}', "labels as numbers"),
        (Tool.doccano, '{"text": "a", "label": [[0, 9, "call"]]}', "does not fit a text of 1 characters"),
        (Tool.doccano, '{"text": "a", "label": 3}', "is no list"),
        (Tool.prodigy, '{"text": "a", "answer": "maybe"}', "answer 'maybe'"),
        (Tool.prodigy, '{"text": "a", "answer": "accept"}', "neither 'spans' nor 'accept'"),
        (Tool.prodigy, '{"text": "a", "spans": [{"start": 0}], "answer": "accept"}', "does not fit"),
    ],
)
def test_broken_files(tool, content, message, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text(content)
    try:
        found = str(import_annotations([path], tool, SCHEMA).faults[0])
    except CorpusError as error:
        found = str(error)
    assert found.startswith(str(path)) and message in found


def test_what_annotators_left_out_is_counted(task, tmp_path):
    skipped, untouched, emptied = (copy.deepcopy(task) for _ in range(3))
    skipped["annotations"][0]["was_cancelled"] = True
    untouched["annotations"] = []
    emptied["annotations"][0]["result"] = []
    result = imported(tmp_path, Tool.label_studio, [skipped, untouched, emptied])
    assert result.left_out == {"skipped": 1, "not labelled": 1}
    assert result.without_type == 3 and result.documents == []


def by_two(task, first, second, **more):
    """The task as labelled by two annotators, who differ in the second sentence."""
    both = copy.deepcopy(task)
    (annotation,) = both["annotations"]
    both["annotations"] = []
    for name, types in (("anna@x.org", first), ("ben@x.org", second)):
        own = copy.deepcopy(annotation)
        own["completed_by"] = {"email": name}
        own["result"][1]["value"]["labels"] = types
        both["annotations"].append(own)
    both["annotations"][1].update(more)
    return both


def test_annotators_who_agree_need_no_choice(task, document, tmp_path):
    result = imported(tmp_path, Tool.label_studio, [by_two(task, ["call"], ["call"])])
    (found,) = result.documents
    assert found.annotators == ("anna@x.org", "ben@x.org")
    assert found.sentences[1].passes == (("call",), ("call",))
    assert result.agreements[0].agreement.primary_kappa == 1.0


def test_annotators_who_disagree_need_a_choice(task, tmp_path):
    both = [by_two(task, ["call"], ["position"])]
    with pytest.raises(CorpusError) as caught:
        imported(tmp_path, Tool.label_studio, both)
    message = str(caught.value)
    assert "labelled differently by anna@x.org and ben@x.org" in message
    assert "--annotator majority" in message and "3 sentence(s), Cohen's kappa" in message
    chosen = imported(tmp_path, Tool.label_studio, both, annotator="ben@x.org").documents[0].sentences[1]
    assert chosen.types == ("position",) and chosen.passes == (("call",), ("position",))
    with pytest.raises(
        CorpusError, match=r"annotator 'carl' labelled no item; items labelled by: anna@x\.org"
    ):
        imported(tmp_path, Tool.label_studio, both, annotator="carl")


def test_what_is_marked_as_right_decides(task, tmp_path):
    both = [by_two(task, ["call"], ["position"], ground_truth=True)]
    assert imported(tmp_path, Tool.label_studio, both).documents[0].sentences[1].types == ("position",)


def test_the_majority_decides_and_without_one_a_sentence_is_left_out(document, tmp_path):
    files = []
    for second in ("call", "position", "position"):
        (item,) = exported(tmp_path, Tool.doccano, Unit.document, document)
        item["label"][1][2] = second
        files.append([item])
    files[0][0]["label"][2][2], files[1][0]["label"][2][2] = "decision", "activity"
    result = imported(tmp_path, Tool.doccano, *files, annotator="majority")
    (found,) = result.documents
    assert [sentence.types for sentence in found.sentences] == [("consultation",), ("position",)]
    assert len(result.agreements) == 3
    (fault,) = result.faults
    assert "'They vowed to do so.': more than half of 3 annotators agree on no type" in str(fault)


def test_the_last_answer_of_an_annotator_counts(document, tmp_path):
    items = exported(tmp_path, Tool.prodigy, Unit.sentence, document)
    first, second = ({**items[1], "accept": [name], "_annotator_id": "anna"} for name in ("call", "pledge"))
    (found,) = imported(tmp_path, Tool.prodigy, [first, second]).documents
    assert [sentence.types for sentence in found.sentences] == [("pledge",)]


def test_a_sentence_may_change_its_salience_in_label_studio(document, tmp_path):
    marked = document.model_copy(
        update={"sentences": tuple(s.model_copy(update={"salient": True}) for s in document.sentences)}
    )
    (task,) = exported(tmp_path, Tool.label_studio, Unit.document, marked)
    task["annotations"][0]["result"][1]["value"]["choices"] = ["not salient"]
    (found,) = imported(tmp_path, Tool.label_studio, [task]).documents
    assert [sentence.salient for sentence in found.sentences] == [False, True, True]
