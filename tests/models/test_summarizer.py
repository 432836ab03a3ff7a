import re
import time

import pytest

from communique.models.summarizer import (
    LENGTHS,
    MeetingSummarizer,
    SourceSentence,
    SourceText,
    build_prompt,
    complete_sentences,
    extract,
    select_sentences,
)
from communique.models.taxonomy import commitment_schema

SCHEMA = commitment_schema()
TITLE = "Ferry council backs ice-breaker plan"
SOURCE = [
    SourceSentence(TITLE, ("decision",), 0.9),
    SourceSentence(
        "RIGA, March 3 - Ministers of the Baltic Ferry Council met on Tuesday.", ("consultation",), 0.6
    ),
    SourceSentence("The council approved a plan to spend $1.5 billion on ice-breakers.", ("decision",), 0.95),
    SourceSentence("It was the first such plan since 1994.", ("background",), 0.5),
    SourceSentence("He urged members to share crews.", ("call",), 0.7),
    SourceSentence("Finland pledged to lend two ships from January.", ("pledge",), 0.4),
    SourceSentence("Endit", ("background",), 0.99),
]


class Script:
    """A language model that says what it is told to."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.seeds: list[int | None] = []
        self.prompts: list[str] = []

    def generate(self, prompt, max_new_tokens, seed=None, on_text=lambda piece: False) -> str:
        self.seeds.append(seed)
        self.prompts.append(prompt)
        written = ""
        for piece in re.findall(r"\S+\s*", self.answers[min(len(self.seeds), len(self.answers)) - 1]):
            written += piece
            if on_text(piece):
                break
        return written


def summarizer_saying(*answers: str) -> MeetingSummarizer:
    summarizer = MeetingSummarizer.__new__(MeetingSummarizer)
    summarizer.schema = SCHEMA
    summarizer.tags = True
    summarizer.max_length = 1024
    summarizer.max_abstract_length = 100
    summarizer._generator = Script(*answers)
    return summarizer


def test_selection_holds_the_opening_and_each_commitment():
    assert select_sentences(SOURCE, TITLE, SCHEMA, max_sentences=3) == [1, 2, 5]


def test_selection_leaves_out_title_and_furniture():
    chosen = select_sentences(SOURCE, TITLE, SCHEMA)
    assert 0 not in chosen and 6 not in chosen


def test_selection_keeps_within_its_words_however_long_the_text():
    long = [SourceSentence("word " * 30 + str(i), ("position",), i / 2000) for i in range(2000)]
    chosen = select_sentences(long, None, SCHEMA)
    assert sum(len(long[i].text.split()) for i in chosen) <= 380
    assert max(chosen) > 1900  # the most salient stand at the end


def test_prompt():
    prompt = build_prompt("A title", [("pledge", "They\nvowed."), ("call", "He urged.")])
    assert prompt == "Title: A title\n[pledge] They vowed.\n[call] He urged.\nAbstract:"
    assert build_prompt(None, [("pledge", "They vowed.")], tags=False) == "- They vowed.\nAbstract:"


def test_a_supported_abstract_is_let_through():
    written = "The Baltic Ferry Council approved a plan to spend $1.5 billion on ice-breakers. Finland pledged two ships."
    abstract = summarizer_saying(written).summarize(SOURCE, TITLE)
    assert str(abstract) == abstract.text
    assert abstract.text.startswith(written)
    assert abstract.method == "abstractive" and abstract.notes == ()
    assert [part.sources for part in abstract.sentences][1] == (5,)
    assert [part.extracted for part in abstract.sentences] == [False, False]


def test_a_short_abstract_is_completed_from_the_source():
    abstract = summarizer_saying("Finland pledged to lend two ships from January.").summarize(SOURCE, TITLE)
    assert [part.sources for part in abstract.sentences] == [(1,), (2,), (5,)]
    assert abstract.sentences[0].text == "Ministers of the Baltic Ferry Council met on Tuesday."


def test_another_candidate_is_taken_when_the_first_invents():
    good = "The Baltic Ferry Council approved a plan to spend $1.5 billion."
    summarizer = summarizer_saying("Norway approved a plan to spend $1.5 billion.", good)
    assert summarizer.summarize(SOURCE, TITLE).sentences[0].text == good
    assert summarizer._generator.seeds == [None, 1]


class Answers:
    """A language model that has for each prompt a list of drafts, by attempt; notes how many it writes at a time."""

    def __init__(self, drafts: dict[str, tuple[str, ...]]) -> None:
        self.drafts = drafts
        self.batches: list[tuple[int, int | None]] = []

    def generate(self, prompt, max_new_tokens, seed=None, on_text=lambda piece: False) -> str:
        drafts = next(drafts for key, drafts in self.drafts.items() if key in prompt)
        return drafts[min(seed or 0, len(drafts) - 1)]

    def generate_all(self, prompts, max_new_tokens, seed=None) -> list[str]:
        self.batches.append((len(prompts), seed))
        return [self.generate(prompt, max_new_tokens, seed) for prompt in prompts]


@pytest.mark.parametrize("length", ["medium", "long"])
def test_drafts_of_several_texts_are_written_together_and_are_the_same(length):
    good = "The Baltic Ferry Council approved a plan to spend $1.5 billion."
    invented = "Norway approved a plan to spend $1.5 billion."
    summarizer = summarizer_saying()
    summarizer._generator = Answers(
        {"Good": (good,), "Better": (invented, good), "Bad": (invented,), "Ferries": ("Zork 99.",)}
    )
    sources = [SourceText(SOURCE, title) for title in ("Good", "Better", "Bad", "Ferries")]
    sources.insert(2, SourceText([], "Empty"))
    together = summarizer.summarize_all(sources, length=length)
    assert together == [summarizer.summarize(s.sentences, s.title, length=length) for s in sources]
    assert summarizer._generator.batches[:3] == [(4, None), (3, 1), (2, 2)]
    assert good in together[1].text and together[4].method == "extractive"
    assert summarizer.summarize_all([]) == []


def test_an_invention_is_replaced_by_its_source():
    written = "The Baltic Ferry Council approved a plan to spend $1.5 billion. Finland pledged to lend nine ships from January."
    abstract = summarizer_saying(written).summarize(SOURCE, TITLE)
    assert "nine" not in abstract.text
    assert abstract.sentences[1].text == "Finland pledged to lend two ships from January."
    assert abstract.sentences[1].extracted
    assert "the number 'nine' is not in the source" in abstract.notes[0]


def test_an_abstract_does_not_open_with_a_pronoun():
    written = "It approved a plan to spend $1.5 billion on ice-breakers. Finland pledged two ships."
    abstract = summarizer_saying(written).summarize(SOURCE, TITLE)
    assert not abstract.text.startswith("It ")
    assert "not told yet" in abstract.notes[0]


def test_gibberish_becomes_an_extract():
    abstract = summarizer_saying("qwe rty Zork 99. Blah blah Foo 7.").summarize(SOURCE, TITLE)
    assert abstract.method == "extractive"
    assert all(part.extracted for part in abstract.sentences)
    assert abstract.text


def test_a_call_is_not_told_as_a_promise():
    """The classifier finds a commitment in the written sentence, and none in its source."""
    written = "Ministers of the Baltic Ferry Council met. Members are sharing crews."
    overstated = summarizer_saying(written).summarize(
        SOURCE,
        TITLE,
        types_of=lambda texts: [("pledge",) if "sharing" in text else ("consultation",) for text in texts],
    )
    assert "Members are sharing crews." not in overstated.text
    assert "it tells a pledge where the source holds no commitment" in overstated.notes[0]


def test_extract_is_tidy():
    abstract = extract(SOURCE, TITLE, SCHEMA)
    assert abstract.method == "extractive"
    texts = [part.text for part in abstract.sentences]
    assert "Ministers of the Baltic Ferry Council met on Tuesday." in texts  # no dateline
    assert not any(text.startswith(("He ", "It ")) for text in texts[:1])
    assert "Endit" not in texts and TITLE not in texts
    assert [part.sources for part in abstract.sentences] == sorted(
        part.sources for part in abstract.sentences
    )


def test_a_broken_off_sentence_is_left_out():
    assert complete_sentences(" They met. They agreed to tr\nAbstract: more") == ["They met."]
    assert complete_sentences("They met. They met.") == ["They met."]
    assert complete_sentences("") == []


@pytest.mark.parametrize("sentences", [[], [SourceSentence("Endit", ("background",), 0.1)]])
def test_nothing_to_tell(sentences):
    abstract = summarizer_saying("x").summarize(sentences, None)
    assert abstract.text == "" and abstract.notes


def test_only_a_headline():
    source = [SourceSentence("Ministers agree on ferries after a long night", ("agreement",), 0.2)]
    assert extract(source, None, SCHEMA).text == source[0].text


LONG_TEXT = [
    SourceSentence(
        f"{country} pledged to send {number} ferries to the port of {port} before the winter.",
        ("pledge",),
        0.9,
    )
    for number, (country, port) in enumerate(
        zip(
            "Norway Sweden Denmark Latvia Estonia Poland Germany Finland Iceland Ireland Belgium Portugal".split(),
            "Riga Oslo Lima Accra Hanoi Quito Dakar Suva Bergen Turku Vaasa Malmo".split(),
            strict=True,
        ),
        start=11,
    )
]


@pytest.mark.parametrize(
    ("length", "fewest", "most"), [("short", 12, 40), ("medium", 35, 75), ("long", 80, 150)]
)
def test_an_extract_has_the_length_asked_for(length, fewest, most):
    words = len(extract(LONG_TEXT, None, SCHEMA, length).text.split())
    assert fewest <= words <= most
    assert len(extract(LONG_TEXT, None, SCHEMA, length).sentences) <= LENGTHS[length].sentences


def test_a_short_abstract_is_cut_at_the_end_of_a_sentence():
    everything = " ".join(sentence.text for sentence in LONG_TEXT[:6])
    short = summarizer_saying(everything).summarize(LONG_TEXT, None, length="short")
    assert short.text == f"{LONG_TEXT[0].text} {LONG_TEXT[1].text}"


def test_a_long_abstract_is_written_in_parts_from_more_of_the_text():
    first, second = (" ".join(s.text for s in LONG_TEXT[i : i + 4]) for i in (0, 6))
    summarizer = summarizer_saying(first, f"{LONG_TEXT[0].text} {second}")
    abstract = summarizer.summarize(LONG_TEXT, None, length="long")
    assert [prompt.count("[pledge]") for prompt in summarizer._generator.prompts] == [6, 6]
    # What the second part tells again is told once.
    assert [part.sources for part in abstract.sentences] == [(0,), (1,), (2,), (3,), (6,), (7,), (8,), (9,)]
    assert 100 <= len(abstract.text.split()) <= 150


def test_the_draft_is_streamed_and_its_faults_are_not_let_through():
    invented = "Norway approved a plan to spend $1.5 billion."
    good = "The Baltic Ferry Council approved a plan to spend $1.5 billion."
    pieces: list[str] = []
    abstract = summarizer_saying(invented, good).summarize(SOURCE, TITLE, on_token=pieces.append)
    assert "".join(pieces) == invented and len(pieces) > 3
    assert abstract.text.startswith(good)


def test_when_time_is_over_the_writing_stops_and_sentences_of_the_text_are_given():
    clock: list[str] = []
    summarizer = summarizer_saying("The council approved a plan. " * 1000)

    def slow(piece: str) -> None:
        clock.append(piece)
        time.sleep(0.01)

    abstract = summarizer.summarize(SOURCE, TITLE, timeout=0.05, on_token=slow)
    assert 1 <= len(clock) < 20
    assert abstract.text == extract(SOURCE, TITLE, SCHEMA).text and abstract.method == "extractive"
    assert "the time of 0.05 s was over" in abstract.notes[0]


def test_with_time_enough_nothing_changes():
    written = "The Baltic Ferry Council approved a plan to spend $1.5 billion on ice-breakers."
    plain = summarizer_saying(written).summarize(SOURCE, TITLE)
    assert summarizer_saying(written).summarize(SOURCE, TITLE, timeout=60) == plain


def test_an_extract_of_nothing_but_pronouns_is_not_empty():
    source = [SourceSentence("He urged members to share crews.", ("call",), 0.7)]
    assert extract(source, None, SCHEMA).text == source[0].text
