import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from communique.errors import CorrectionsError
from communique.inference.web.annotations import annotated_documents
from communique.inference.web.corrections import (
    ConflictError,
    CorrectionStore,
    InvalidCorrectionError,
    UnknownDocumentError,
    default_database,
)
from communique.models.taxonomy import commitment_schema
from communique.training.corpus import check_files, load_documents

from .conftest import TEXT, TYPES, made_up_analysis


def types_of(store, document):
    return [sentence.types for sentence in store.document(document).corrected().sentences]


def test_corrections_stand_in_their_places_and_the_models_analysis_stays(store, document):
    store.correct_types(document, 2, ["pledge", "decision"], 0)
    store.correct_abstract(document, "  The council approved 7 points.  ", 0)
    reviewed = store.document(document)
    corrected = reviewed.corrected()
    assert [s.types for s in corrected.sentences] == [TYPES[0], TYPES[1], ("decision", "pledge")]
    assert (corrected.sentences[2].primary, corrected.sentences[2].is_commitment) == ("decision", True)
    assert corrected.abstract.text == "The council approved 7 points."
    assert corrected.abstract.sentences[0].sources == (1,)
    assert any("'7'" in note for note in corrected.abstract.notes)
    assert reviewed.analysis == made_up_analysis() and reviewed.text == TEXT


def test_undoing_goes_back_step_by_step(store, document):
    first = store.correct_types(document, 1, ["pledge"], 0)
    second = store.correct_types(document, 1, ["call"], 1)
    with pytest.raises(ConflictError, match=f"after correction {first.number}"):
        store.undo(document, first.number)
    store.undo(document, second.number)
    assert types_of(store, document)[1] == ("pledge",)
    store.undo(document, first.number)
    assert types_of(store, document)[1] == TYPES[1]
    with pytest.raises(ConflictError):
        store.undo(document, first.number)


def test_of_two_tabs_the_later_is_told(store, document):
    store.correct_types(document, 1, ["pledge"], 0)
    with pytest.raises(
        ConflictError, match=r"sentence 2 was changed in another tab .* \(version 1, you saw 0\)"
    ):
        store.correct_types(document, 1, ["call"], 0)
    assert types_of(store, document)[1] == ("pledge",)
    # What is restored has changed as well.
    store.undo(document, store.document(document).corrections[0].number)
    with pytest.raises(ConflictError):
        store.correct_types(document, 1, ["call"], 0)
    store.correct_types(document, 2, ["position"], 0)
    store.correct_abstract(document, "Another.", 0)
    with pytest.raises(ConflictError, match="the abstract was changed"):
        store.correct_abstract(document, "A third.", 0)


def test_two_servers_at_once_lose_nothing(store, document):
    other = CorrectionStore(store.path)
    refused = []

    def correct(which, sentence):
        for version in range(20):
            which.correct_types(document, sentence, ["pledge" if version % 2 else "call"], version)
            try:
                which.correct_abstract(document, f"By {sentence}, version {version}.", version)
            except ConflictError:
                refused.append(sentence)

    threads = [threading.Thread(target=correct, args=pair) for pair in ((store, 1), (other, 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = store.document(document).versions()
    assert (versions[1], versions[2]) == (20, 20)
    assert versions[None] == 40 - len(refused) and len(refused) >= 20
    other.close()


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([], "no type"),
        (["pledj"], "unknown type 'pledj'; did you mean 'pledge'"),
        (["background", "call"], "must stand alone"),
        (["call", "call"], "named twice"),
    ],
)
def test_types_that_the_label_set_does_not_allow(store, document, types, message):
    with pytest.raises(InvalidCorrectionError, match=message):
        store.correct_types(document, 1, types, 0)
    assert store.document(document).corrections == ()


def test_what_does_not_exist(store, document):
    with pytest.raises(UnknownDocumentError, match="no document 'x'"):
        store.document("x")
    with pytest.raises(UnknownDocumentError, match="sentences 0 to 2"):
        store.correct_types(document, 3, ["call"], 0)
    with pytest.raises(UnknownDocumentError, match="no correction 7"):
        store.undo(document, 7)
    with pytest.raises(InvalidCorrectionError, match="empty"):
        store.correct_abstract(document, " \n", 0)
    store.delete(document)
    with pytest.raises(UnknownDocumentError):
        store.delete(document)
    assert store.entries() == []


_CORRECT_FOR_EVER = """
import itertools, sys
from communique.inference.web.corrections import CorrectionStore
store = CorrectionStore(__import__("pathlib").Path(sys.argv[1]))
for version in itertools.count():
    print(store.correct_types(sys.argv[2], 1, ["pledge" if version % 2 else "call"], version).number, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(store, document):
    command = [sys.executable, "-c", _CORRECT_FOR_EVER, str(store.path), document]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        acknowledged = [int(process.stdout.readline()) for _ in range(25)]
        process.send_signal(signal.SIGKILL)
        acknowledged += map(int, process.stdout.read().split())
    again = CorrectionStore(store.path)
    kept = [correction.number for correction in again.document(document).corrections]
    # One may have been written and not yet acknowledged.
    assert kept[: len(acknowledged)] == acknowledged and len(kept) <= len(acknowledged) + 1
    again.correct_types(document, 1, ["position"], len(kept))
    again.close()


def test_files_that_are_something_else_are_left_alone(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("These are my notes, which nobody should overwrite. " * 20)
    before = text.read_bytes()
    with pytest.raises(CorrectionsError, match=r"notes\.txt: is not a database of corrections"):
        CorrectionStore(text)
    assert text.read_bytes() == before
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(CorrectionsError, match="a database of something else"):
        CorrectionStore(foreign)
    later = tmp_path / "later.sqlite"
    with sqlite3.connect(later) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(CorrectionsError, match="has format 9"):
        CorrectionStore(later)
    with pytest.raises(CorrectionsError, match="cannot be opened"):
        CorrectionStore(tmp_path)


def test_only_the_user_reads_the_file(store):
    assert store.path.stat().st_mode & 0o077 == 0


def test_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_database() == tmp_path / "communique" / "corrections.sqlite"


def test_corrected_documents_are_annotated_documents(store, document, tmp_path):
    untouched = store.add(TEXT, made_up_analysis(), commitment_schema())
    store.correct_types(document, 2, ["pledge", "decision"], 0)
    path = tmp_path / "corrections.jsonl"

    def exported():
        path.write_text(annotated_documents(map(store.document, (document, untouched))), encoding="utf-8")
        assert check_files([path], commitment_schema()) == []
        return load_documents([path], commitment_schema())

    (annotated,) = exported()
    assert annotated.id == document and annotated.text == TEXT
    assert [sentence.types for sentence in annotated.sentences] == [
        TYPES[0],
        TYPES[1],
        ("decision", "pledge"),
    ]
    assert annotated.abstract is None
    store.correct_abstract(document, "The council approved a plan.", 0)
    (annotated,) = exported()
    assert annotated.abstract == "The council approved a plan."
