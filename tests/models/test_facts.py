import random

import pytest

from communique.models.facts import document_date, find_facts
from communique.models.text import Document, segment

TEXT = (
    "Ministers of the Baltic Ferry Council (BFC) met in Riga on 3 March 2020.\n"
    "The Council urged Finland and Sweden to pay 5 million euros each by the end of the year.\n"
    "Norway's Minister of Trade and Industry, Kari Lund, said the BFC would meet next year."
)


def facts_of(text, **document):
    sentences = segment(text)
    return [
        [(fact.kind, fact.text, fact.value) for fact in group]
        for group in find_facts(Document(text, **document), sentences)
    ]


def test_facts_of_a_text():
    assert facts_of(TEXT) == [
        [
            ("office", "Ministers", "minister"),
            ("body", "Baltic Ferry Council", "Baltic Ferry Council"),
            ("body", "BFC", "Baltic Ferry Council"),
            ("date", "3 March 2020", "2020-03-03"),
        ],
        [
            ("body", "Council", "Baltic Ferry Council"),
            ("addressee", "Finland", "FIN"),
            ("country", "Finland", "FIN"),
            ("addressee", "Sweden", "SWE"),
            ("country", "Sweden", "SWE"),
            ("amount", "5 million euros", "5000000 EUR"),
            ("deadline", "by the end of the year", "2020-12-31"),
        ],
        [
            ("country", "Norway", "NOR"),
            ("office", "Minister of Trade and Industry", "minister of trade and industry"),
            ("body", "BFC", "Baltic Ferry Council"),
            ("date", "next year", "2021"),
        ],
    ]


def test_the_date_of_the_source_comes_before_that_in_the_text():
    assert str(document_date(Document(TEXT))) == "2020-03-03"
    assert str(document_date(Document(TEXT, date="May 4, 2021"))) == "2021-05-04"
    assert document_date(Document("They met.", date="spring")) is None
    assert facts_of("They will meet next year.", date="2021-05-04") == [[("date", "next year", "2022")]]
    assert facts_of("They will meet next year.") == [[("date", "next year", None)]]


def kinds(text, kind):
    return [(span, value) for group in facts_of(text) for found, span, value in group if found == kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Ministry of Social Affairs and Labour of Chad met.", ["Ministry of Social Affairs and Labour"]),
        ("The Food and Agriculture Organization of the United Nations met.",
         ["Food and Agriculture Organization of the United Nations"]),
        ("The World Bank and the Andean Reserve Fund met.", ["World Bank", "Andean Reserve Fund"]),
        ("The Indian Red Cross met.", ["Indian Red Cross"]),
        ("The Indian Foreign Ministry met.", ["Foreign Ministry"]),
        ("The Bank of England met.", ["Bank of England"]),
        ("The Undersecretary of the Ministry of Trade left.", ["Ministry of Trade"]),
        ("The bank and its council met at the conference.", []),
        ("The Soviet Union met.", []),
    ],
)  # fmt: skip
def test_bodies(text, expected):
    assert [span for span, _ in kinds(text, "body")] == expected


def test_acronyms():
    assert kinds("The EU met the G-8.", "body") == [("EU", "European Union"), ("G-8", "Group of Eight")]
    assert kinds("THE MAN WHO MET NATO", "body") == [("NATO", "North Atlantic Treaty Organization")]
    assert kinds("Growth of GDP slowed.", "body") == []
    text = "The Economic Cooperation Organization met. ECO states agreed."
    assert kinds(text, "body")[1] == ("ECO", "Economic Cooperation Organization")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Tongan Deputy Prime Minister spoke.", ["deputy prime minister"]),
        ("Foreign and defence ministers spoke.", ["foreign and defence minister"]),
        ("The Heads of State and Government met.", ["head of state and government"]),
        ("The Trade Ministry Director left.", ["trade ministry director"]),
        (
            "The Minister of Economy, Trade and Industry of Japan left.",
            ["minister of economy, trade and industry"],
        ),
        ("The EU Secretary-General left.", ["secretary-general"]),
        ("Uruguay will chair the group.", []),
        ("General Royce Tillman spoke.", []),
    ],
)
def test_offices(text, expected):
    assert [value for _, value in kinds(text, "office")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They called once more on the donors to pay.", ["donors"]),
        ("It exhorted the airlines of the member countries to fly.", ["airlines of the member countries"]),
        ("They asked members whose dues are late to pay.", ["members"]),
        ("The board was told to report.", ["board"]),
        ("He said that Peru should join.", ["PER"]),
        ("He told reporters that it had to end.", []),
        ("They urged them to pay.", []),
        ("They took note of the request to the court.", []),
        ("They asked for help.", []),
    ],
)
def test_addressees(text, expected):
    assert [value for _, value in kinds(text, "addressee")] == expected


def test_offsets_hold_in_any_text():
    generator = random.Random(7)
    pieces = [
        *TEXT.split(),
        "\n",
        "\n\n",
        "\u00a0",
        "ſecond",
        "İ",
        "millİon",
        "29",
        "February",
        "٣",
        "$",
        "31 June",
    ]
    for _ in range(300):
        text = " ".join(generator.choices(pieces, k=25))
        sentences = segment(text)
        for sentence, facts in zip(sentences, find_facts(Document(text), sentences), strict=True):
            for fact in facts:
                assert text[fact.start : fact.end] == fact.text == fact.text.strip() != ""
                assert sentence.start <= fact.start and fact.end <= sentence.end
