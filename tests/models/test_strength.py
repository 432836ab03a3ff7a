"""What makes an act stronger or weaker, judged on sentences whose types are given."""

import pytest

from communique.models.facts import document_date, find_facts
from communique.models.strength import Act, direction_of, shifts
from communique.models.taxonomy import commitment_schema
from communique.models.text import Document, segment


def act(text, kind, date):
    document = Document(text, date=date)
    facts = find_facts(document, segment(text))[0]
    probabilities = {name: float(name == kind) for name in commitment_schema().names}
    return Act(text, (kind,), probabilities, facts, document_date(document))


def judged(old, new, kinds="pledge pledge"):
    before, after = kinds.split()
    found = shifts(act(old, before, "2024-05-01"), act(new, after, "2025-05-01"), commitment_schema())
    return direction_of(found), [shift.reason for shift in found]


@pytest.mark.parametrize(
    ("old", "new", "direction", "reason"),
    [
        (
            "Peru will close the mine by 2026.",
            "Peru will close the mine by 2028.",
            "weakened",
            "the deadline moved from 2026 to 2028",
        ),
        (
            "Peru will close the mine within two years.",
            "Peru will close the mine within one year.",
            "strengthened",
            "the deadline moved from within two years to within one year",
        ),
        (
            "Peru will close the mine.",
            "Peru will close the mine by 2028.",
            "strengthened",
            "a deadline was added: by 2028",
        ),
        (
            "Peru will close the mine by 2028.",
            "Peru will close the mine.",
            "weakened",
            "the deadline was dropped: by 2028",
        ),
        (
            "Peru will pay 4 million euros.",
            "Peru will pay 6.5 million euros.",
            "strengthened",
            "the figure rose from 4 million euros to 6.5 million euros",
        ),
        (
            "Peru will train 200 wardens.",
            "Peru will train 80 wardens.",
            "weakened",
            "the figure fell from 200 wardens to 80 wardens",
        ),
        (
            "Peru will keep losses below 5 per cent.",
            "Peru will keep losses below 3 per cent.",
            "strengthened",
            "the figure fell from 5 per cent to 3 per cent",
        ),
        (
            "Peru aims to close the mine.",
            "Peru will close the mine.",
            "strengthened",
            "the wording is firmer: 'aims to' became 'will'",
        ),
        (
            "Peru will ban the trade.",
            "Peru will consider banning the trade.",
            "weakened",
            "the wording is softer: 'will' became 'will consider'",
        ),
        (
            "Peru will report on nurses.",
            "Where resources permit, Peru will report on nurses.",
            "weakened",
            "the condition 'Where resources permit' was added",
        ),
        (
            "Peru will report every year.",
            "Peru will report every six months.",
            "strengthened",
            "it is to happen more often: every year, now every six months",
        ),
        (
            "Peru and Chile will pay the crews.",
            "Peru will pay the crews.",
            "weakened",
            "no longer named: CHL",
        ),
        (
            "Tariffs will fall from 1 July 2026.",
            "Tariffs will fall from 1 July 2027.",
            "weakened",
            "the date moved from 1 July 2026 to 1 July 2027",
        ),
        (
            "Peru will keep its troops there until 30 June 2026.",
            "Peru will keep its troops there until 30 June 2027.",
            "strengthened",
            "the date moved from 30 June 2026 to 30 June 2027",
        ),
    ],
)
def test_one_change_and_its_reason(old, new, direction, reason):
    assert judged(old, new) == (direction, [reason])


def test_a_stronger_type_or_kind():
    text = "The members have a common tariff."
    assert judged(text, text, "pledge decision") == ("strengthened", ["the pledge became a decision"])
    assert judged(text, text, "agreement position") == ("weakened", ["the agreement became a position"])
    assert judged(text, text, "position background") == (None, [])


def test_calls_by_their_verbs():
    assert judged("They urged Peru to pay.", "They called on Peru to pay.", "call call")[0] is None
    assert judged("They asked Peru to pay.", "They demanded that Peru pay.", "call call")[0] == "strengthened"
    assert judged("They urged Peru to pay.", "They invited Peru to pay.", "call call")[0] == "weakened"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "The next session will be held in Lima on 3 May 2025.",
            "The next session will be held in Quito on 9 May 2026.",
        ),
        ("Peru will pay 1,500 million pesos.", "Peru will provide 1.5 billion pesos."),
        ("Peru will report within six months.", "Peru will report within six months."),
        ("Peru will license its boats by May 2026.", "By May 2026 Peru will license its boats."),
    ],
)
def test_what_binds_as_before(old, new):
    assert judged(old, new) == (None, [])


def test_of_two_that_differ_the_weightier_counts():
    direction, reasons = judged("Peru aims to close the mine by 2026.", "Peru will close the mine by 2028.")
    assert direction == "strengthened" and len(reasons) == 2
