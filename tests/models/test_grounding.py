import pytest
from communique.models.grounding import check_support

SOURCE = [
    "RIGA, March 3 - Baltic Ferry Council (BFC) ministers met on Tuesday to discuss winter traffic.",
    "The council approved a plan to spend $1.5 billion on ice-breakers by 2031.",
    "Estonian Transport Minister Kadri Tamm urged members to share crews.",
    "Finland pledged to lend two ships from January.",
    "Sweden said that it could not join the scheme before 2029.",
    "A drill will take place off Ventspils on 14 May.",
]


def unsupported(sentence):
    (support,) = check_support([sentence], SOURCE)
    return {(item.kind, item.text) for item in support.unsupported}


@pytest.mark.parametrize(
    ("sentence", "sources"),
    [
        ("The council approved a plan to spend $1.5 billion on ice-breakers.", (1,)),
        ("Finland pledged to lend two ships, and a drill was to take place off Ventspils on 14 May.", (3, 5)),
        ("Minister Kadri Tamm of Estonia urged members to share crews.", (2,)),
    ],
)
def test_finds_the_sources(sentence, sources):
    (support,) = check_support([sentence], SOURCE)
    assert support.sources == sources
    assert support.unsupported == ()
    assert support.coverage > 0.8


@pytest.mark.parametrize(
    "sentence",
    [
        "BFC ministers approved a plan to spend 1,500 million dollars on ice-breakers.",
        "The Baltic Ferry Council approved a plan to spend 1.5 bln dollars on ice-breakers by 2031.",
        "A drill will take place off Ventspils on May 14.",
        "The Finnish side pledged to lend two ships from Jan.",
        "Estonia's Tamm urged members to share crews.",
    ],
)
def test_the_same_thing_written_differently_is_supported(sentence):
    assert unsupported(sentence) == set()


@pytest.mark.parametrize(
    ("sentence", "item"),
    [
        ("Latvia pledged to lend two ships from January.", ("name", "latvia")),
        ("The council approved a plan to spend $1.8 billion on ice-breakers by 2031.", ("number", "1.8e+09")),
        ("Finland pledged to lend seven ships from January.", ("number", "7")),
        ("Finland pledged to lend two ships from February.", ("date", "february")),
        ("Minister Kadri Saar urged members to share crews.", ("name", "saar")),
    ],
)
def test_what_the_source_lacks_is_named(sentence, item):
    assert item in unsupported(sentence)


def test_another_actors_act():
    source = ["The talks began early.", "Rules were read out.", "Nobody objected."] + ["The chair spoke."] * 5
    source += ["Ghana was absent.", "The chair spoke.", "The chair spoke.", "The chair spoke."]
    source += ["Kenya pledged to pay its dues at once."]
    (support,) = check_support(["Ghana pledged to pay its dues at once."], source)
    assert [(item.kind, item.text) for item in support.unsupported] == [
        ("actor", "ghana"),
        ("actor", "Ghana"),
    ]


def test_a_pronoun_is_followed_to_the_sentences_before():
    source = ["Ministers met.", "Ms Tamm spoke for Estonia.", "She urged members to share crews."]
    assert not check_support(["Ms Tamm urged members to share crews."], source)[0].unsupported
    wrong = check_support(
        ["The council urged members to share crews."], [*source[:1], *["Rain fell."] * 4, *source[1:]]
    )
    assert ("actor", "council") in {(item.kind, item.text) for item in wrong[0].unsupported}


def test_joined_in_another_way():
    loose = check_support(["Finland approved ice-breakers for Ventspils on a drill."], SOURCE)[0]
    close = check_support(["Finland pledged to lend two ships."], SOURCE)[0]
    assert loose.fidelity < 0.6 < close.fidelity


def test_wording_that_no_sentence_holds():
    kinds = {kind for kind, _ in unsupported("Fishermen celebrated the harvest with songs.")}
    assert "wording" in kinds


def test_takes_whole_texts():
    supports = check_support("Finland pledged to lend two ships. Sweden could not join.", " ".join(SOURCE))
    assert [support.sources for support in supports] == [(3,), (4,)]


@pytest.mark.parametrize(
    ("abstract", "source"), [("", "A text."), ("A word.", ""), ([], []), (["..."], ["..."])]
)
def test_nothing_to_compare(abstract, source):
    for support in check_support(abstract, source):
        assert support.sources == () and 0 <= support.coverage <= 1
