"""Pages made of words at places, as a PDF file gives them."""

import pytest

from communique.inference.readers.page_layout import Page, Word, running_text

WIDTH, HEIGHT, SIZE = 600.0, 800.0, 10.0


def words(text: str, left: float, y: float, size: float = SIZE, bold: bool = False) -> list[Word]:
    """A line set in letters that are half as wide as the type size."""
    placed = []
    for word in text.split():
        right = left + len(word) * size / 2
        placed.append(Word(word, left, right, y, size, bold))
        left = right + size / 2
    return placed


def page(*lines: list[Word]) -> Page:
    return Page(tuple(word for line in lines for word in line), WIDTH, HEIGHT)


def paragraph(lines: list[str], left: float = 60, top: float = 600) -> list[list[Word]]:
    return [words(line, left, top - 12 * number) for number, line in enumerate(lines)]


def text_of(*lines: str) -> str:
    return running_text([page(*paragraph(list(lines)))]).text


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("They signed an agree-", "ment on trade in Riga."), "They signed an agreement on trade in Riga."),
        (("They took a long-", "term view in Riga today."), "They took a long-term view in Riga today."),
        (
            ("The follow-up met, and the follow-", "up agreed on all points."),
            "The follow-up met, and the follow-up agreed on all points.",
        ),
        (
            ("They met in the Asia-", "Pacific region in the year."),
            "They met in the Asia-Pacific region in the year.",
        ),
        (
            ("They took a short- or medium-", "and long-term view of it."),
            "They took a short- or medium- and long-term view of it.",
        ),
    ],
)
def test_words_divided_at_the_end_of_a_line(lines, text):
    assert text_of(*lines) == text


def test_running_heads_and_page_numbers_are_left_out():
    pages = [
        page(
            words(f"Gazette {n}", 60, 780),
            *paragraph([f"They agreed on point {n} today."]),
            words(f"- {n} -", 280, 30),
        )
        for n in (1, 2, 3)
    ]
    assert running_text(pages).text.split("\n\n") == [f"They agreed on point {n} today." for n in (1, 2, 3)]


def test_a_sentence_goes_on_over_the_page_behind_the_footnotes():
    first = page(
        *paragraph(
            [
                "The ministers of the nine states agreed that the",
                "port shall be open to the ships of every flag and",
            ]
        ),
        words("1 See the record of the last session.", 60, 60, size=8),
    )
    second = page(*paragraph(["that it shall stay so. They parted."]))
    assert running_text([first, second]).text.split("\n\n") == [
        "The ministers of the nine states agreed that the port shall be open to the ships of every flag and"
        " that it shall stay so. They parted.",
        "1 See the record of the last session.",
    ]


def test_a_line_spread_to_the_full_width_is_no_table():
    spread = [
        *words("ports of the", 60, 588),
        *words("organisation", 150, 588),
        *words("remain open", 240, 588),
    ]
    lines = [
        words("The ministers of the nine states agreed on", 60, 600),
        spread,
        words("to ships of all the member states.", 60, 576),
    ]
    assert running_text([page(*lines)]).text == (
        "The ministers of the nine states agreed on ports of the organisation remain open to ships of all the member states."
    )


def test_the_rows_of_a_table_stay_rows():
    rows = [("State", "Sum"), ("Norway", "12"), ("Latvia", "7")]
    table = [words(a, 60, 500 - 14 * n) + words(b, 200, 500 - 14 * n) for n, (a, b) in enumerate(rows)]
    text = running_text([page(*paragraph(["The states will pay these sums every year:"]), *table)]).text
    assert text.split("\n\n")[1:] == ["State\tSum", "Norway\t12", "Latvia\t7"]


def test_an_empty_document():
    assert running_text([page()]).text == ""
