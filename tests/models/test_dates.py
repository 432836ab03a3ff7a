from datetime import date

import pytest

from communique.models.dates import dates, find_date

WRITTEN = date(1987, 5, 21)  # a Thursday


def found(text, written=WRITTEN):
    return [(text[m.start : m.end], m.value, m.is_deadline) for m in dates(text, written)]


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("They met on 30 June 2025.", "30 June 2025", "2025-06-30"),
        ("They met on June 30th, 2025.", "June 30th, 2025", "2025-06-30"),
        ("The text is dated 2025-06-30.", "2025-06-30", "2025-06-30"),
        ("They met from 14 to 16 February.", "14 to 16 February", "1987-02-14/1987-02-16"),
        (
            "They will meet on 3 and 4 July of this year.",
            "3 and 4 July of this year",
            "1987-07-03/1987-07-04",
        ),
        ("The accord lapsed in December.", "December", "1986-12"),
        ("They will meet again in March.", "March", "1988-03"),
        ("A session will be held in October.", "October", "1987-10"),
        ("It goes beyond its October offer.", "October", "1986-10"),
        ("They said on Wednesday that all was well.", "Wednesday", "1987-05-20"),
        ("He will visit the port on Wednesday.", "Wednesday", "1987-05-27"),
        ("They met today.", "today", "1987-05-21"),
        ("It rose last year.", "last year", "1986"),
        ("They will meet next month.", "next month", "1987-06"),
        ("Experts will arrive next week.", "next week", "1987-W22"),
        ("It was founded two years ago.", "two years ago", "1985"),
        ("It was closed last summer.", "last summer", "1986-22"),
        ("Trade fell in the 1970s.", "1970s", "197X"),
        ("The plan covers 2013 to 2015.", "2013 to 2015", "2013/2015"),
        ("It starts in the second half of next year.", "the second half of next year", "1988-07/1988-12"),
        ("It is valid until the end of June.", "the end of June", "1987-06-30"),
        ("A 1985 study found nothing.", "1985", "1985"),
    ],
)
def test_dates(text, span, value):
    assert found(text) == [(span, value, False)]


@pytest.mark.parametrize(
    ("text", "span", "due"),
    [
        ("They will ratify it by 30 June 2025.", "by 30 June 2025", "2025-06-30"),
        ("They will ratify it by the end of 2030.", "by the end of 2030", "2030-12-31"),
        ("They will ratify it by January.", "by January", "1988-01-31"),
        ("They will ratify it before May 1990.", "before May 1990", "1990-04-30"),
        ("They will ratify it before the end of the year.", "before the end of the year", "1987-12-31"),
        ("They will ratify it no later than March 1990.", "no later than March 1990", "1990-03-31"),
        ("They will ratify it by mid-1990.", "by mid-1990", "1990-06-30"),
        ("They will ratify it by the summer of 1990.", "by the summer of 1990", "1990-08-31"),
        ("They will report within six months.", "within six months", "1987-11-21"),
        ("It is due for completion in nine months.", "in nine months", "1988-02-21"),
        ("They will report within 30 days of ratification.", "within 30 days", "P30D"),
    ],
)
def test_deadlines(text, span, due):
    assert found(text) == [(span, due, True)]


@pytest.mark.parametrize(
    "text",
    [
        "They signed a five-year plan.",
        "They pledged 5 billion over three years.",
        "They will speak every Monday.",
        "The meeting opened at 9.20 a.m.",
        "They may march together.",
        "Resolution 1973 was adopted.",
        "Some 2000 people left.",
        "For the first time in seven years they met.",
        "It was to end on 31 June.",
    ],
)
def test_no_dates(text):
    assert found(text) == []


def test_what_had_happened_by_then_is_no_deadline():
    assert found("By 1985 exports had fallen.") == [("1985", "1985", False)]


def test_without_the_day_of_writing_only_full_dates_have_a_value():
    text = "They met on Tuesday and will report by June or by 1 July 1990."
    assert found(text, None) == [
        ("Tuesday", None, False),
        ("by June", None, True),
        ("by 1 July 1990", "1990-07-01", True),
    ]


def test_leap_day():
    assert found("They will meet on 29 February.") == [("29 February", "1988-02-29", False)]


def test_find_date():
    assert find_date("Done at Riga on 12 May 2020, in two copies.") == date(2020, 5, 12)
    assert find_date("It lasted from 12 to 14 May 2020.") == date(2020, 5, 14)
    assert find_date("31 June 2020, then 1 July 2020") == date(2020, 7, 1)
    assert find_date("In May they met.") is None
