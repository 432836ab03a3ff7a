from datetime import date

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
    return unsupported_in(sentence, SOURCE)


def unsupported_in(sentence, source, dated=None):
    (support,) = check_support([sentence], source, dated=dated)
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
        ("Latvia pledged to lend two ships from January.", ("actor", "Latvia")),
        (
            "The council approved a plan to spend $1.8 billion on ice-breakers by 2031.",
            ("number", "1.8 billion"),
        ),
        ("Finland pledged to lend seven ships from January.", ("number", "seven")),
        ("Finland pledged to lend two ships from February.", ("date", "February")),
        ("A drill will take place off Ventspils on 15 May.", ("date", "15")),
        ("Minister Kadri Saar of Estonia spoke.", ("name", "Saar")),
        ("Ministers of the council met in Oslo.", ("place", "Oslo")),
    ],
)
def test_what_the_source_lacks_is_named(sentence, item):
    assert item in unsupported(sentence)


@pytest.mark.parametrize(
    ("sentence", "item", "source"),
    [
        ("Sweden pledged to lend two ships from January.", ("actor", "Sweden"), 3),
        ("The council met in Ventspils.", ("place", "Ventspils"), 0),
        ("Sweden said that it could not join the scheme before 2031.", ("date", "2031"), 4),
        ("Finland failed to lend two ships from January.", ("polarity", "failed to"), 3),
        ("Finland should lend two ships from January.", ("polarity", "should"), 3),
        ("Members will share crews.", ("polarity", "will"), 2),
    ],
)
def test_what_the_source_tells_otherwise_names_the_sentence(sentence, item, source):
    (support,) = check_support([sentence], SOURCE)
    assert (*item, source) in {(i.kind, i.text, i.source) for i in support.unsupported}


def test_another_actors_act_far_away():
    source = ["The chair spoke."] * 8 + ["Ghana was absent."] + ["The chair spoke."] * 3
    source += ["Kenya pledged to pay its dues at once."]
    (support,) = check_support(["Ghana pledged to pay its dues at once."], source)
    assert [(item.kind, item.text, item.source) for item in support.unsupported] == [("actor", "Ghana", 12)]


@pytest.mark.parametrize(
    ("sentence", "source", "word"),
    [
        ("Members agreed on a quota.", "Members failed on Monday to agree on a quota.", "agreed"),
        ("Members failed to agree on a quota.", "Members agreed on a quota.", "failed to"),
        ("The proposal was accepted.", "Members rejected the proposal by Chad.", "accepted"),
        ("Chad rejected the proposal.", "Chad turned the proposal down.", None),
        ("Chad said Mali would open its border.", "Chad urged Mali to open its border.", "would"),
        ("Chad was urged to open its border.", "Chad pledged to open its border.", "urged"),
    ],
)
def test_polarity(sentence, source, word):
    (support,) = check_support([sentence], [source])
    found = [item.text for item in support.unsupported if item.kind == "polarity"]
    assert found == ([word] if word else [])


def test_a_pronoun_is_followed_to_the_sentences_before():
    source = ["Ministers met.", "Ms Tamm spoke for Estonia.", "She urged members to share crews."]
    assert not check_support(["Estonia urged members to share crews."], source)[0].unsupported
    rain = ["Rain fell."] * 5
    source = ["Latvia was absent.", *rain, "She urged members to share crews."]
    (support,) = check_support(["Latvia urged members to share crews."], source)
    assert [(item.kind, item.text) for item in support.unsupported] == [("actor", "Latvia")]


def test_a_weekday_is_the_date_beside_the_dateline():
    source = ["RIGA, May 21 - Ministers met on Wednesday.", "They meet again next month."]
    day = date(2014, 5, 21)
    assert unsupported_in("Ministers met on 21 May 2014.", source, day) == set()
    assert unsupported_in("Ministers meet again in June.", source, day) == set()
    assert unsupported_in("Ministers met on 20 May.", source, day) == {("date", "20")}
    assert unsupported_in("Ministers met in 2012.", source, day) == {("date", "2012")}


def test_acronyms():
    short, long = ["The SCO met."], ["The Shanghai Cooperation Organization met."]
    assert unsupported_in("The Shanghai Cooperation Organization met.", short) == set()
    assert unsupported_in("The SCO met.", long) == set()
    assert unsupported_in("The SAARC met.", long) == {("name", "SAARC")} or unsupported_in(
        "The SAARC met.", long
    ) == {("actor", "SAARC")}


def test_offsets():
    text = "The council approved a plan. Finland pledged to lend nine ships in 2033."
    first, second = check_support(text, SOURCE)
    assert text[second.start :].startswith(second.text) and first.start == 0
    for item in second.unsupported:
        assert second.text[item.start : item.end] == item.text
    assert [item.text for item in second.unsupported] == ["nine", "2033"]


def test_joined_in_another_way():
    loose = check_support(["Finland approved ice-breakers for Ventspils on a drill."], SOURCE)[0]
    close = check_support(["Finland pledged to lend two ships."], SOURCE)[0]
    assert loose.fidelity < 0.6 < close.fidelity


def test_wording_that_no_sentence_holds():
    (support,) = check_support(["Fishermen celebrated the harvest with songs."], SOURCE)
    assert not support.is_told
    assert check_support([SOURCE[3]], SOURCE)[0].is_told


def test_takes_whole_texts():
    supports = check_support("Finland pledged to lend two ships. Sweden could not join.", " ".join(SOURCE))
    assert [support.sources for support in supports] == [(3,), (4,)]


@pytest.mark.parametrize(
    ("abstract", "source"), [("", "A text."), ("A word.", ""), ([], []), (["..."], ["..."])]
)
def test_nothing_to_compare(abstract, source):
    for support in check_support(abstract, source):
        assert support.sources == () and 0 <= support.coverage <= 1


@pytest.mark.parametrize(
    ("sentence", "source", "group"),
    [
        (
            "The ministers urged members to ratify.",
            ["The ministers met.", "He also urged members to ratify."],
            "The ministers",
        ),
        ("They also warned of delays.", ["The Dutch minister warned of delays."], "They"),
        (
            "The ministers urged members to ratify.",
            ["The ministers urged members to ratify, and he urged haste."],
            None,
        ),
        (
            "The ministers urged members to ratify.",
            ["The ministers urged members to ratify.", "He urged haste."],
            None,
        ),
        ("The ministers urged members to ratify.", ["Ratification was urged."], None),
    ],
)
def test_the_act_of_one_person_is_not_the_group_s(sentence, source, group):
    found = [item.text for support in check_support([sentence], source) for item in support.unsupported]
    assert found == ([group] if group else [])


@pytest.mark.parametrize(
    ("sentence", "source", "item"),
    [
        (
            "They approved a joint exercise.",
            ["They approved a plan and talked over a joint exercise."],
            "a joint exercise",
        ),
        ("They approved a plan.", ["They approved a plan and talked over a joint exercise."], None),
        ("They approved a joint exercise.", ["They approved a plan and a joint exercise."], None),
        (
            "They approved an exercise.",
            ["They met, approved a plan and discussed an exercise.", "The exercise was approved."],
            None,
        ),
        ("They signed a treaty.", ["They signed a long awaited treaty."], None),
    ],
)
def test_what_was_only_talked_over_was_not_approved(sentence, source, item):
    found = [item.text for support in check_support([sentence], source) for item in support.unsupported]
    assert found == ([item] if item else [])


@pytest.mark.parametrize(
    ("sentence", "source", "actor"),
    [
        ("Norway will pay for the harbour office.", ["Ottawa will pay for the harbour office."], "Norway"),
        ("Canada will pay for the harbour office.", ["Ottawa will pay for the harbour office."], None),
        (
            "Mali's minister promised to mend the bridge.",
            ["The Chadian Minister of Works, Ali Deby, promised to mend the bridge to Mali."],
            "Mali",
        ),
        (
            "Chad's minister promised to mend the bridge.",
            ["The Chadian Minister of Works, Ali Deby, promised to mend the bridge to Mali."],
            None,
        ),
        (
            "Kenya and Chad pledged small donations.",
            ["Kenya was absent.", "Niger and Chad pledged small donations."],
            "Kenya",
        ),
        (
            "Hansen said the ferry would not sail before spring.",
            [
                "Hansen spoke first.",
                "Berg spoke next.",
                "Berg told reporters all.",
                "He said the ferry would not sail before spring.",
            ],
            "Hansen",
        ),
        (
            "Berg said the ferry would not sail before spring.",
            [
                "Hansen spoke first.",
                "Berg spoke next.",
                "Berg told reporters all.",
                "He said the ferry would not sail before spring.",
            ],
            None,
        ),
        (
            "Chad's government undertook to mend the bridge.",
            ["Chad spoke.", *["Rain fell."] * 5, "It undertook to mend the bridge."],
            None,
        ),
    ],
)
def test_who_acts_through_a_capital_a_minister_or_a_pronoun(sentence, source, actor):
    found = [item.text for item in check_support([sentence], source)[0].unsupported if item.kind == "actor"]
    assert found == ([actor] if actor else [])


@pytest.mark.parametrize(
    ("sentence", "source", "word"),
    [
        (
            "Chad pledged that Mali would open its border.",
            ["N'Djamena asked Bamako for an open border at the river, and Mali to open its posts."],
            "pledged",
        ),
        ("Chad accepted any lower quota.", ["Chad refused to accept any lower quota."], "accepted"),
        (
            "Chad was urged to host the meeting.",
            ["Chad indicated its readiness to host the meeting."],
            "urged",
        ),
        (
            "Chad would not plant more cane.",
            ["Chad spoke.", "My government will plant more cane."],
            "would not",
        ),
        (
            "Members rejected 200 observers for the border.",
            ["Members gave the go-ahead for 200 unarmed observers for the border."],
            "rejected",
        ),
    ],
)
def test_polarity_in_other_words(sentence, source, word):
    found = [
        item.text for item in check_support([sentence], source)[0].unsupported if item.kind == "polarity"
    ]
    assert found[:1] == ([word] if word else [])


@pytest.mark.parametrize(
    ("place", "known"),
    [("Struga", False), ("Pogradec", True)],
)
def test_the_place_at_the_end_of_a_heading(place, known):
    source = [
        "Minutes of the fourth session of the Lake Commission, Pogradec",
        "Rain fell.",
        "The next one is in Struga.",
    ]
    found = unsupported_in(f"The Lake Commission met in {place}.", source)
    assert found == (set() if known else {("place", place)})


def test_a_treaty_is_not_a_plan_for_a_later_meeting():
    source = [
        "The parties to the Treaty, meeting in Georgetown in March,",
        "Recalling their rights,",
        "Decide to meet again in Suva in May.",
    ]
    assert unsupported_in("The parties to the Treaty met in Suva in March.", source) == {("place", "Suva")}
    assert unsupported_in("The parties to the Treaty met in Georgetown in March.", source) == set()


def test_an_acronym_in_the_place_of_another():
    source = [
        "The OPEC secretariat spoke.",
        *["Rain fell."] * 3,
        "The WHO will check all donated blood by May.",
    ]
    assert unsupported_in("The OPEC will check all donated blood by May.", source) == {("actor", "OPEC")}
    assert unsupported_in("All donated blood will be checked by OPEC by May.", source) == {("name", "OPEC")}
    assert unsupported_in("The WHO will check all donated blood by May.", source) == set()
    assert unsupported_in("BSEC health ministers met.", source) == {("name", "BSEC")}
