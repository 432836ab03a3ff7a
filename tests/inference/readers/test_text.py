import pytest

from communique.errors import InputError
from communique.inference.readers.front_matter import find_date, find_publisher
from communique.inference.readers.text import decoded, read_markdown


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Joint communiqué\n\nAstana, 4 July 2024\n\nThe ministers met.", "4 July 2024"),
        ("Talks\n\nFor immediate release: July 4, 2024\n\nThey met.", "July 4, 2024"),
        ("RIGA, July 4 (LETA) -- Ministers met here on Thursday.", "July 4"),
        ("We, the leaders, met in Riga on 9-10 September 2023 and agreed.", "9-10 September 2023"),
        ("They met.\n\nThey agreed.\n\nDone at Riga on 1 May 1999.", "1 May 1999"),
        ("2024-07-04\n\nThey met.", "2024-07-04"),
        ("Two years after 24 February 2022 the war goes on.", None),
        ("They will send 12 ships in 2030.", None),
    ],
)
def test_date(text, date):
    assert find_date(text) == date


@pytest.mark.parametrize(
    ("text", "publisher"),
    [
        ("RIGA, July 4 (LETA) -- Ministers met here on Thursday.", "LETA"),
        ("Talks in Riga\n\nThey met.\n\nSource: Ministry of Ports", "Ministry of Ports"),
        ("The Shanghai Cooperation Organisation (SCO) met in Riga - again.", None),
    ],
)
def test_publisher(text, publisher):
    assert find_publisher(text) == publisher


def test_markdown():
    source = (
        "---\ntitle: Talks\ndate: 2024-07-04\nsource: LETA\n---\n# Ports\n\nThe **ministers** met in\n"
        "[Riga](http://x).[^1]\n\n1. They *agreed*.\n2. They parted.\n\n| State | Sum |\n|---|---|\n| Norway | 12 |\n\n"
        "[^1]: See the record.\n\nLast words.\n"
    )
    document = read_markdown(source.encode(), "x.md").document
    assert (document.title, document.date, document.publisher) == ("Talks", "2024-07-04", "LETA")
    assert document.text.split("\n\n") == [
        "Ports",
        "The ministers met in Riga.",
        "1. They agreed.",
        "2. They parted.",
        "State\tSum",
        "Norway\t12",
        "Last words.",
        "See the record.",
    ]


def test_an_encoding_that_is_named_wrongly_is_not_believed():
    assert decoded("Zürich".encode(), "x", "ascii") == ("Zürich", ())
    assert decoded("Zürich".encode("latin-1"), "x", "latin-1") == ("Zürich", ())
    with pytest.raises(InputError, match="binary data"):
        decoded(bytes(range(256)), "x", "utf-8")
