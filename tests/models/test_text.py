import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from communique.models.text import Document, Sentence, find_title, segment

HARD_CASES = Path(__file__).parent / "data" / "sentence_boundaries.txt"
MARK = "¦"

SEED_LIKE = """Port ministers of six lake states pledged Monday to keep ferries running.
The pledge came in a note released after a one-day meeting here.
On the sidelines, Mr. Banda also met the envoys of two lakes. Endi"""


def hard_cases() -> list[tuple[str, str]]:
    blocks = HARD_CASES.read_text(encoding="utf-8").split("\n== ")[1:]
    return [(kind, body.rstrip("\n")) for kind, _, body in (block.partition("\n") for block in blocks)]


def expected_starts(marked: str) -> tuple[str, set[int]]:
    """The text without its marks, and the offsets at which its second and later sentences begin."""
    pieces = marked.split(MARK)
    text = "".join(pieces)
    starts = set()
    offset = 0
    for piece in pieces[:-1]:
        offset += len(piece)
        starts.add(offset + len(text[offset:]) - len(text[offset:].lstrip()))
    return text, starts


def boundary_score(cases: list[tuple[str, str]]) -> tuple[float, int, list[str]]:
    """F1 over inner boundaries, how many boundaries there are, and a line for every miss."""
    right = predicted = expected = 0
    misses = []
    for kind, marked in cases:
        text, starts = expected_starts(marked)
        found = {sentence.start for sentence in segment(text)[1:]}
        right += len(starts & found)
        predicted += len(found)
        expected += len(starts)
        for name, offsets in (("missed", starts - found), ("wrong", found - starts)):
            for offset in sorted(offsets):
                context = f"{text[max(0, offset - 30) : offset]}{MARK}{text[offset : offset + 20]}"
                misses.append(f"{name} [{kind}] {context!r}")
    return 2 * right / (predicted + expected), expected, misses


def check_invariants(text: str) -> list[Sentence]:
    sentences = segment(text)
    end = 0
    for index, sentence in enumerate(sentences):
        assert sentence.index == index
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text and sentence.text == sentence.text.strip()
        assert sentence.start >= end
        assert not text[end : sentence.start].strip("\u200b\u2060\ufeff\x00 \n\r\t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029")
        end = sentence.end
    paragraphs = [sentence.paragraph for sentence in sentences]
    assert paragraphs == sorted(paragraphs)
    return sentences


@pytest.mark.parametrize("held_back", [False, True])
def test_hard_cases(held_back: bool) -> None:
    cases = [case for case in hard_cases() if case[0].startswith("held back") is held_back]
    score, count, misses = boundary_score(cases)
    report = "\n".join([f"F1 {score:.4f} on {count} boundaries", *misses])
    print(report)  # noqa: T201
    assert count >= (60 if held_back else 140)
    assert score >= 0.97, report
