import pytest

from communique.models.tidying import dangles, tidied


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("GENEVA (Agency) -- Ministers met.", "Ministers met."),
        ("BISHKEK, June 26 (Xinhua) -- Ministers met.", "Ministers met."),
        ("MALE, Maldives, Nov 23 - Leaders met.", "Leaders met."),
        ("Damascus, 13 December (SNA) -- Ministers met.", "Ministers met."),
        ("ABUJA, Nigeria — Ministers met.", "Ministers met."),
        (
            "The Ministers of Kenya – Mr Otieno – and Chad met.",
            "The Ministers of Kenya – Mr Otieno – and Chad met.",
        ),
        ("12. The Ministers\nnoted the report.", "The Ministers noted the report."),
        ("• they agreed to trade.", "They agreed to trade."),
        ("A: The council adopted a budget.", "The council adopted a budget."),
        ("But the council said no.", "The council said no."),
        ("In this regard, Syria gave money.", "Syria gave money."),
        ("Instead of a ban, they chose a tax.", "Instead of a ban, they chose a tax."),
        ("So far nothing was signed.", "So far nothing was signed."),
        ("The ministers also approved a plan.", "The ministers approved a plan."),
        ("They cut tariffs but also quotas.", "They cut tariffs but also quotas."),
        ("Members of the Asia-Pacific group met.", "Members of the Asia-Pacific group met."),
    ],
)
def test_what_a_sentence_drags_along_is_trimmed_off(sentence, expected):
    assert tidied(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Peru and Chile signed a trade pact, officials said.", "Peru and Chile signed a trade pact."),
        (
            "The two sides agreed to meet again, the joint statement said.",
            "The two sides agreed to meet again.",
        ),
        (
            "According to the communique read at noon, the next summit will be held in Lima.",
            "The next summit will be held in Lima.",
        ),
    ],
)
def test_who_reports_a_joint_act_is_left_out(sentence, expected):
    assert tidied(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Chad signed no pact, officials said.",  # a denial
        "Peru would sign the pact in May, officials said.",  # an expectation
        "Peru secretly agreed to the pact, diplomats said.",  # a claim
        "The embargo is illegal, the statement said.",  # a view
        "Norway will lend two ships, its minister said.",  # a promise
        "Israel agreed to a truce, a Syrian official said.",  # somebody with a side
        "Argentina signed the accord, an Agriculture Department spokesman said.",
        'Ministers agreed "to stop", officials said.',
    ],
)
def test_whose_claim_view_or_promise_it_is_stays(sentence):
    assert tidied(sentence) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "He urged members to share crews.",
        "Its minister handed over the keys.",
        "Algeria will send 20 observers, he said.",
        "After an hour of talks, they signed the pact.",
        "Cuba, he noted, must appear in the text.",
        "The latter refused.",
    ],
)
def test_pronouns_dangle(sentence):
    assert dangles(sentence)


@pytest.mark.parametrize(
    "sentence", ["The ministers said they would meet.", "Theirs is a hard task.", "Peru said it would sign."]
)
def test_pronouns_whose_noun_is_there_do_not_dangle(sentence):
    assert not dangles(sentence)
