from __future__ import annotations

import threading

import pytest

from communique.errors import InputError
from communique.inference.results import Abstract, AbstractSentence, Analysis, LabelledSentence
from communique.inference.web.corrections import CorrectionStore
from communique.models.taxonomy import commitment_schema

TEXT = (
    "Talks in Riga\nThe council approved a work plan of 9 points. He urged all members to ratify the treaty."
)
TYPES = (("background",), ("decision",), ("call",))


def made_up_analysis() -> Analysis:
    """An analysis of `TEXT` that no model had to make."""
    sentences = []
    start = 0
    for index, part in enumerate(TEXT.replace("points. ", "points.\n").split("\n")):
        types = TYPES[index]
        sentences.append(
            LabelledSentence(
                index, start, start + len(part), part, types, types[0], {}, index == 1, 0.5, 0.8, 0.7
            )
        )
        start += len(part) + 1
    abstract = Abstract(
        sentences[1].text, (AbstractSentence(sentences[1].text, (1,), extracted=True),), "extractive"
    )
    return Analysis("riga.txt", "Talks in Riga", tuple(sentences), abstract, {"classifier": "made up"})


class StandIn:
    """An analyzer that answers when it is let."""

    classifier = summarizer = None
    schema = commitment_schema()

    def __init__(self):
        self.let = threading.Event()
        self.let.set()

    def analyze(self, document, *, method="extractive", facts=False):
        assert self.let.wait(10)
        if "break" in document.text:
            raise RuntimeError("broken")
        if not document.text.strip():
            raise InputError("the text is empty")
        return made_up_analysis()


@pytest.fixture
def stand_in():
    return StandIn()


@pytest.fixture
def store(tmp_path):
    with_documents = CorrectionStore(tmp_path / "data" / "corrections.sqlite")
    yield with_documents
    with_documents.close()


@pytest.fixture
def document(store) -> str:
    """The name of a document in the store."""
    return store.add(TEXT, made_up_analysis(), commitment_schema())
