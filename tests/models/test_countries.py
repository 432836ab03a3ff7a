from datetime import date

import pytest

from communique.models.countries import countries


def found(text, written=None):
    return [(text[span.start : span.end], span.value) for span in countries(text, written)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Republic of Korea met Ivorian envoys.", [("Republic of Korea", "KOR"), ("Ivorian", "CIV")]),
        ("India-Pakistan talks ended.", [("India", "IND"), ("Pakistan", "PAK")]),
        ("U.S., CHINA SIGN ACCORD", [("U.S.", "USA"), ("CHINA", "CHN")]),
        (
            "Guinea-Bissau and Papua New Guinea joined.",
            [("Guinea-Bissau", "GNB"), ("Papua New Guinea", "PNG")],
        ),
        ("The Finns and the Dutch agreed.", [("Finns", "FIN"), ("Dutch", "NLD")]),
        ("Türkiye and Côte d'Ivoire agreed.", [("Türkiye", "TUR"), ("Côte d'Ivoire", "CIV")]),
    ],
)
def test_names_and_adjectives(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Latin American states met by the Gulf of Guinea.",
        "Northern Ireland, New Mexico and British Columbia sent nobody.",
        "The Korean Peninsula lies beside the South China Sea.",
        "Mr Jordan flew from Port of Spain to Lake Chad.",
    ],
)
def test_other_names(text):
    assert found(text) == []


def test_a_capital_is_its_government_before_a_verb_only():
    assert found("He said Dhaka has refused.") == [("Dhaka", "BGD")]
    assert found("They met in Dhaka and left for Riga.") == []


def test_a_capital_of_two_states():
    assert found("Moscow has refused.", date(1989, 5, 17)) == [("Moscow", "SUN")]
    assert found("Moscow has refused.", date(2009, 5, 17)) == [("Moscow", "RUS")]
