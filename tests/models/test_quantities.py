from datetime import date

import pytest

from communique.models.quantities import find_date_parts, find_quantities, related_date_parts


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$1.5 billion", [1.5e9]),
        ("1,500 million dollars", [1.5e9]),
        ("1.5 bln dlrs", [1.5e9]),
        ("half a trillion euros", [5e11]),
        ("two weeks, 2 days", [2, 2]),
        ("a three-day summit", [3]),
        ("two four-wheel-drive vehicles", [2, 4]),
        ("one hundred and thirty-nine hostages", [139]),
        ("10 percent of 200,000 bags", [10, 200000]),
        ("on 14 May 2031 and in 1999", []),
        ("200 million in 2000", [2e8]),
    ],
)
def test_numbers_by_value(text, values):
    assert [quantity.value for quantity in find_quantities(text)] == values


def test_the_two_states_no_figure():
    (quantity,) = find_quantities("The two agreed.")
    assert quantity.refers_back


@pytest.mark.parametrize("text", ["$5", "5 million dlrs", "five Danish crowns", "SDR 5 billion"])
def test_money(text):
    assert next(find_quantities(text)).is_money


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("on 14 May 2031", {("day", (5, 14)), ("month", 5), ("year", 2031)}),
        ("May 14-15", {("day", (5, 14)), ("day", (5, 15)), ("month", 5)}),
        ("on 3 and 4 Dec.", {("day", (12, 3)), ("day", (12, 4)), ("month", 12)}),
        ("on Wednesday", {("weekday", 2)}),
        ("from 2013-2015", {("year", 2013), ("year", 2015)}),
        ("May not", set()),
        ("It may march on", set()),
        ("in Mar del Plata", set()),
    ],
)
def test_dates(text, parts):
    assert {(part.kind, part.value) for part in find_date_parts(text)} == parts


def test_relative_dates():
    wednesday = date(2014, 5, 21)
    assert ("day", (5, 20)) in related_date_parts("yesterday", wednesday)
    assert {("day", (5, 19)), ("day", (5, 26))} <= related_date_parts("on Monday", wednesday)
    assert ("year", 2015) in related_date_parts("next year", wednesday)
    assert ("month", 6) in related_date_parts("next month", wednesday)
    assert ("year", 2015) in related_date_parts("in March", wednesday)
    assert related_date_parts("in March 2020", wednesday) == set()
