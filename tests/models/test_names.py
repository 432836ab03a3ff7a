import pytest

from communique.models.country_mentions import country_names, find_countries, seats_of_government
from communique.models.names import NameIndex, find_names, is_place, is_venue


def names(text):
    return [name.key for name in find_names(text)]


def test_names_of_a_sentence():
    assert names("Ministers met Kadri Tamm in Riga on Monday.") == ["kadri", "tamm", "riga"]
    assert names("U.S. and Saudi officials met.") == ["us", "saudi"]
    assert names("Views differed.") == []
    assert names("Talukder said so.") == ["talukder"]


@pytest.mark.parametrize(
    ("text", "source", "held"),
    [
        ("Chinese", "China agreed.", True),
        ("China", "The Chinese side agreed.", True),
        ("South Sudan", "Sudan agreed.", False),
        ("Niger", "The Nigerian side agreed.", False),
        ("SCO", "The Shanghai Cooperation Organization met.", True),
        ("OECD", "The Organisation for Economic Co-operation and Development met.", True),
        ("Sahelian", "States of the Sahel met.", True),
        ("Tamm", "Ms Tamm's plan", True),
        ("Saar", "Ms Tamm's plan", False),
    ],
)
def test_the_same_name_in_another_form(text, source, held):
    (name,) = find_names(f"He met {text}.")
    assert NameIndex([source]).holds(name) is held


def test_a_capital_acts_for_its_government():
    (name,) = find_names("Then Dhaka agreed.")[-1:]
    assert NameIndex(["Bangladesh agreed."]).acts_for(name)
    assert not NameIndex(["Bangladesh agreed."]).holds(name)


def test_countries():
    text = "U.N., Koreans, South Korea, Vietnam. Côte d'Ivoire"
    found = [text[mention.start : mention.end] for mention in find_countries(text)]
    assert found == ["U.N.", "Koreans", "South Korea", "Vietnam", "Côte d'Ivoire"]
    assert len(set(country_names())) == len(country_names())
    assert seats_of_government()["brussels"] == {"Belgium", "European Union"}


def test_places_and_venues():
    text = "Ministers met in Riga and will meet in Oslo."
    assert is_place(text, text.index("Riga")) and is_place(text, text.index("Oslo"))
    assert is_venue(text, text.index("Riga")) and not is_venue(text, text.index("Oslo"))
    assert is_place("RIGA, May 3 - Ministers met.", 0)
