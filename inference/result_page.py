"""Results as one page of HTML that loads nothing: read, filtered and printed in any browser, offline.

`render_page` writes the whole page. Another page shows the same block with `render_results`, `stylesheet` and `script`,
whose `enhanceResults(element)` gives a block that was put in later its filters.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .._version import __version__
from ..models.countries import country_table
from ..models.spans import ACTOR_KINDS, FACT_KINDS, Fact, FactKind
from ..models.taxonomy import LabelSchema
from .deadlines import UNKNOWN
from .reports import UNDECIDED
from .results import Analysis, LabelledSentence

UNSURE_BELOW = 0.6
"""A sentence whose primary type is less likely to be right is marked as unsure."""
_TONES = 9
"""How many colours `results.css` has; a longer label set uses them again."""
_TEMPLATES = Path(__file__).with_name("templates")


def render_page(analyses: Sequence[Analysis], schema: LabelSchema) -> str:
    """Write results as a page that stands alone.

    Nothing in it is fetched from elsewhere, and its content security policy lets nothing but its own style and
    script work, so that no text can act as code.

    Args:
        analyses: The results, one for each text; those made with `facts=True` can be filtered by actor and deadline.
        schema: The label schema of the classifier.
    """
    style, code = stylesheet() + _part("page.css"), script()
    policy = (
        f"default-src 'none'; style-src {_source_hash(style)}; script-src {_source_hash(code)}; "
        "base-uri 'none'; form-action 'none'"
    )
    title = _heading(analyses[0]) if len(analyses) == 1 else f"{len(analyses)} documents"
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            title=title,
            count=len(analyses),
            policy=policy,
            style=style,
            script=code,
            results=render_results(analyses, schema, level=1 if len(analyses) == 1 else 2),
            schema=schema,
            version=__version__,
        )
    )


def render_results(analyses: Sequence[Analysis], schema: LabelSchema, *, level: int = 2) -> str:
    """Write results as a block of HTML for a page that has `stylesheet` and `script`; a page holds one such block.

    Args:
        analyses: The results, one for each text.
        schema: The label schema of the classifier.
        level: The level of the documents' headings, 1 to 5.
    """
    return (
        _environment()
        .get_template("results.html.jinja")
        .render(
            analyses=analyses,
            level=level,
            facets=_Facets.of(analyses, schema),
            tones=_tones(schema),
            kinds={label.name: label.kind for label in schema.types},
            undecided=UNDECIDED,
            unsure_below=UNSURE_BELOW,
            heading=_heading,
            cited_by=_cited_by,
            pieces=_pieces,
            facts_by_kind=_facts_by_kind,
        )
    )


def stylesheet() -> str:
    """Return the CSS of a block of results."""
    return _part("results.css")


def script() -> str:
    """Return the JavaScript of a block of results: `enhanceResults(element)`, applied to every block there is."""
    return _part("results.js")


class _Choice(NamedTuple):
    """A value by which sentences can be filtered."""

    place: int
    sentences: int
    """How many sentences have it."""


@dataclass(frozen=True, slots=True)
class _Facets:
    """What sentences can be filtered by, in the order shown."""

    types: dict[str, _Choice]
    actors: dict[str, _Choice]
    deadlines: dict[str, _Choice]

    @classmethod
    def of(cls, analyses: Iterable[Analysis], schema: LabelSchema) -> _Facets:
        types: Counter[str] = Counter()
        actors: Counter[str] = Counter()
        deadlines: Counter[str] = Counter()
        for analysis in analyses:
            for sentence in analysis.sentences:
                types.update(_types(sentence))
                actors.update(_actors(sentence))
                deadlines.update(_deadlines(sentence))
        return cls(
            _choices(types, [name for name in (*schema.names, UNDECIDED) if name in types]),
            _choices(actors, sorted(actors, key=str.casefold)),
            _choices(deadlines, sorted(deadlines, key=lambda due: (not due[0].isdigit(), due))),
        )

    def of_sentence(self, sentence: LabelledSentence) -> Iterator[tuple[str, str]]:
        """Yield the places of a sentence's types, actors and deadlines, as the script reads them."""
        for name, values, choices in (
            ("types", _types(sentence), self.types),
            ("actors", _actors(sentence), self.actors),
            ("deadlines", _deadlines(sentence), self.deadlines),
        ):
            if values:
                yield name, " ".join(str(choices[value].place) for value in values)


def _choices(counts: Counter[str], ordered: Iterable[str]) -> dict[str, _Choice]:
    return {value: _Choice(place, counts[value]) for place, value in enumerate(ordered)}


def _types(sentence: LabelledSentence) -> tuple[str, ...]:
    return sentence.types or (UNDECIDED,)


def _actors(sentence: LabelledSentence) -> list[str]:
    return list(dict.fromkeys(_shown(fact) for fact in sentence.facts if fact.kind in ACTOR_KINDS))


def _deadlines(sentence: LabelledSentence) -> list[str]:
    return list(dict.fromkeys(fact.value or UNKNOWN for fact in sentence.facts if fact.kind == "deadline"))


def _facts_by_kind(sentence: LabelledSentence) -> Iterator[tuple[FactKind, list[str]]]:
    for kind in FACT_KINDS:
        values = list(dict.fromkeys(_shown(fact) for fact in sentence.facts if fact.kind == kind))
        if values:
            yield kind, values


def _shown(fact: Fact) -> str:
    """Write a fact for readers: a country by its name, a day beside its wording."""
    if fact.value in country_table():
        return country_table()[fact.value].names[0]
    if fact.kind in ("date", "deadline") and fact.value != fact.text:
        return f"{fact.value or UNKNOWN} “{fact.text}”"
    return fact.text if fact.kind == "amount" else fact.value or fact.text


def _pieces(sentence: LabelledSentence) -> Iterator[tuple[str, bool]]:
    """Cut a sentence into words that explain its type and what is between them."""
    end = 0
    for word in sorted(sentence.explanation, key=lambda word: word.start):
        yield sentence.text[end : word.start], False
        yield sentence.text[word.start : word.end], True
        end = word.end
    yield sentence.text[end:], False


def _cited_by(analysis: Analysis) -> dict[int, list[int]]:
    """Return for each sentence the numbers, from 1, of the abstract's sentences that name it as a source."""
    cited: dict[int, list[int]] = {sentence.index: [] for sentence in analysis.sentences}
    for number, part in enumerate(analysis.abstract.sentences if analysis.abstract else (), 1):
        for source in part.sources:
            cited[source].append(number)
    return cited


def _heading(analysis: Analysis) -> str:
    return analysis.title or analysis.source or "Text"


def _tones(schema: LabelSchema) -> dict[str, str]:
    """Give each type a colour class of the style; the one that stands for nothing else is grey."""
    tones = {name: f"tone-{place % _TONES}" for place, name in enumerate(schema.names)}
    return tones | {name: "tone-none" for name in (schema.exclusive, UNDECIDED) if name is not None}


def _source_hash(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
