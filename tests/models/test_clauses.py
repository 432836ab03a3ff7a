import pytest

from communique.models.clauses import clauses


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("They agreed to open a hotline.", ["They agreed to open a hotline."]),
        (
            "They agreed to open a hotline, and to train guards.",
            ["They agreed to open a hotline", "They agreed to train guards."],
        ),
        (
            "Fiji will train midwives and will waive their fees.",
            ["Fiji will train midwives", "Fiji will waive their fees."],
        ),
        (
            "Norway will lend two ships for the survey, and Iceland will pay the crews.",
            ["Norway will lend two ships for the survey", "Iceland will pay the crews."],
        ),
        (
            "The council adopted a work plan; it elected Ms Osei as its chair.",
            ["The council adopted a work plan", "it elected Ms Osei as its chair."],
        ),
        # What an act is for is no second act, and "to" before a noun no verb.
        (
            "Norway will lend ships to help fishermen and to guard the coast.",
            ["Norway will lend ships to help fishermen and to guard the coast."],
        ),
        (
            "He thanked Peru, and all who came to the talks.",
            ["He thanked Peru, and all who came to the talks."],
        ),
    ],
)
def test_one_part_an_act(sentence, parts):
    found = clauses(sentence)
    assert [part.text for part in found] == parts
    for part in found:
        assert part.text == sentence[: part.shared] + sentence[part.start : part.end].strip()
