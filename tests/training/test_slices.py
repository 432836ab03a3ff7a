import pytest

from communique.models.taxonomy import commitment_schema
from communique.training.corpus import AnnotatedDocument
from communique.training.slices import needs_context, slices

SCHEMA = commitment_schema()


@pytest.mark.parametrize(
    "sentence",
    [
        "He also urged restraint.",
        "But they signed.",
        "The two sides agreed to trade.",
        "The ministers also met.",
        '"It is late," said Ruiz.',
    ],
)
def test_sentences_that_need_what_stands_before(sentence):
    assert needs_context(sentence)


@pytest.mark.parametrize(
    "sentence", ["Henry urged restraint.", "The council met.", "Ministers from Italy signed."]
)
def test_sentences_that_stand_alone(sentence):
    assert not needs_context(sentence)


def document(date, *texts):
    text = "\n".join(texts)
    starts = [text.index(part) for part in texts]
    spans = zip(starts, texts, strict=True)
    return AnnotatedDocument.model_validate(
        {
            "id": "d",
            "genre": "wire",
            "date": date,
            "text": text,
            "sentences": [{"start": s, "end": s + len(t), "types": ["pledge", "call"]} for s, t in spans],
        }
    )


def test_every_sentence_has_a_part_in_every_division():
    long = "word " * 50 + "end."
    result = slices(
        [document("27-MAR-1987 11:48", "He said “go”.", long), document("", "Ships sailed.")], SCHEMA
    )
    assert {name: division.of_sentences for name, division in result.items()} == {
        "genre": [["wire", "wire"], ["wire"]],
        "primary type": [["pledge", "pledge"], ["pledge"]],
        "length": [["up to 15 words", "more than 45 words"], ["up to 15 words"]],
        "decade": [["1980s", "1980s"], ["unknown"]],
        "context": [["needs context", "stands alone"], ["stands alone"]],
        "quotation": [["quotation", "no quotation"], ["no quotation"]],
    }
    assert slices([document("2014-05-01T09:30:00", "A.")], SCHEMA)["decade"].parts == ("2010s",)
    # By length, not by the alphabet.
    assert result["length"].parts == ("up to 15 words", "more than 45 words")


def test_bodies_and_topics_that_training_never_saw():
    def of(body, topic, text="Ships sailed."):
        return document("", text).model_copy(update={"body": body, "topic": topic})

    seen = [of("Arctic  Council", "fisheries", "Ministers of the Lake Forum met.")]
    judged = [
        of("Arctic council", "fisheries"),
        of("Lake Forum", "energy"),
        of("Lake", ""),
        of("Port League", "x"),
    ]
    result = slices(judged, SCHEMA, seen)
    # A name in a text counts, a longer name that holds it does, too; spelling and spaces do not.
    assert result["body"].of_sentences == [["seen"], ["seen"], ["seen"], ["unseen"]]
    assert result["topic"].of_sentences == [["seen"], ["unseen"], ["unknown"], ["unseen"]]
    assert "body" not in slices(judged, SCHEMA)
