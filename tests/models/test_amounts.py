import pytest

from communique.models.amounts import amounts


def found(text):
    return [(text[span.start : span.end], span.value) for span in amounts(text)]


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("It lends $2.7 billion a year.", "$2.7 billion a year", "2700000000 USD/year"),
        ("It paid 500 mln dlrs.", "500 mln dlrs", "500000000 USD"),
        ("It paid JD2.5 million.", "JD2.5 million", "2500000 JOD"),
        ("It paid C$ 5 million.", "C$ 5 million", "5000000 CAD"),
        ("It paid NOK 65 million.", "NOK 65 million", "65000000 NOK"),
        ("It paid three million Swiss francs.", "three million Swiss francs", "3000000 CHF"),
        ("It paid 6 billion francs.", "6 billion francs", "6000000000 franc"),
        ("It paid US$5-10 million.", "US$5-10 million", "5000000/10000000 USD"),
        ("It grew by 12 to 15 percent.", "12 to 15 percent", "12/15 %"),
        ("It sold 1,250.50 euros of bonds.", "1,250.50 euros", "1250.5 EUR"),
        ("It costs 4,200 dlrs a tonne.", "4,200 dlrs a tonne", "4200 USD/t"),
        ("A 900-kilometre line was built.", "900-kilometre", "900 km"),
        ("It lets 12 cubic metres a second pass.", "12 cubic metres a second", "12 m³/s"),
        ("It fell by twenty-five per cent.", "twenty-five per cent", "25 %"),
    ],
)
def test_amounts(text, span, value):
    assert found(text) == [(span, value)]


def test_a_unit_left_out_is_that_of_the_amount_before():
    text = "It paid 183 million dollars out of an estimated total of 450 million."
    assert found(text) == [("183 million dollars", "183000000 USD"), ("450 million", "450000000 USD")]


@pytest.mark.parametrize(
    "text", ["31 offices closed.", "A DM note", "Article 5 holds.", "It has 8 million people."]
)
def test_no_amounts(text):
    assert found(text) == []
