"""The README's figures and the shipped cards are what their evaluations say."""

import pytest

from communique.errors import CommuniqueError
from communique.models.folder import shipped_models
from communique.training.cards import card_text
from communique.training.readme import with_figures

from ..conftest import ROOT

CURE = "write it anew with `communique models card`"


def test_the_readme_tells_what_was_measured():
    readme = ROOT / "README.md"
    assert with_figures(readme) == readme.read_text(), f"{CURE} --readme README.md"
    for name in ("sentences", "abstracts", "facts", "support"):
        assert f"<!-- figures: {name} -->" in readme.read_text()


@pytest.mark.parametrize("name", shipped_models())
def test_the_cards_tell_what_was_measured(name):
    folder = shipped_models()[name]
    assert card_text(folder) == (folder / "README.md").read_text(), f"{CURE} {folder}"


def test_only_the_marked_places_are_written(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(
        "before\n<!-- figures: support -->\n| old | 0.999 |\n<!-- end of figures -->\nafter 0.999\n"
    )
    text = with_figures(readme)
    assert text.startswith("before\n<!-- figures: support -->\n\n| planted error |")
    assert text.endswith("\n\n<!-- end of figures -->\nafter 0.999\n") and "| old |" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no place", "has no place for figures"),
        ("<!-- figures: fact -->\n<!-- end of figures -->\n", "unknown figures 'fact'; did you mean 'facts'"),
        ("<!-- figures: facts -->\n", "a place for figures has no end"),
        ("<!-- figures: facts -->\n<!-- figures: support -->\n<!-- end of figures -->\n", "has no end"),
    ],
)
def test_a_place_that_cannot_be_filled(tmp_path, content, message):
    readme = tmp_path / "README.md"
    readme.write_text(content)
    with pytest.raises(CommuniqueError, match=message):
        with_figures(readme)
