"""Results in every format: text, JSON, Markdown, tables, a page."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from pydantic import TypeAdapter
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..models.spans import FACT_KINDS, Fact
from ..models.summarizer import Abstract
from ..models.taxonomy import Kind, LabelSchema
from .commitments import Commitment, commitments
from .results import Analysis, LabelledSentence
from .tables import Table, markdown_cell, record_table, to_csv, to_parquet, to_xlsx

Content = Literal["analysis", "sentences", "abstract"]
Format = Literal["text", "json", "jsonl", "csv", "markdown", "html", "xlsx", "parquet"]

_HIDDEN: dict[Content, tuple[str, ...]] = {
    "analysis": (),
    "sentences": ("abstract",),
    "abstract": ("sentences",),
}
_STYLES: dict[Kind, str] = {"commitment": "bold green", "directive": "bold yellow", "statement": "dim"}
_TEXT_WIDTH = 100
UNDECIDED = "(undecided)"
"""What stands in the place of a type where the classifier abstained."""


def render(
    analyses: Sequence[Analysis], format: Format, content: Content, schema: LabelSchema
) -> str | bytes:
    """Write results in a format; Excel and Parquet give bytes.

    Args:
        analyses: The results, one for each text.
        format: "text" is written without colour; `print_text` shows it on a terminal.
        content: Whether sentences, abstract or both are wanted. CSV and Parquet have one table, of the sentences unless
            only abstracts are wanted; Excel has sentences, commitments and abstracts; a page always has the text.
        schema: The label schema of the classifier.

    Raises:
        MissingExtraError: If the format needs an extra that is not installed.
    """
    writers: dict[Format, Callable[[], str | bytes]] = {
        "json": lambda: _json(analyses, content),
        "jsonl": lambda: "".join(
            json.dumps(to_dict(analysis, content), ensure_ascii=False) + "\n" for analysis in analyses
        ),
        "csv": lambda: to_csv(_table(analyses, content, undecided=UNDECIDED)),
        "markdown": lambda: "\n".join(_markdown(analysis, content) for analysis in analyses),
        "text": lambda: _plain_text(analyses, content, schema),
        "html": lambda: _html(analyses, schema),
        "xlsx": lambda: _xlsx(analyses, content),
        "parquet": lambda: to_parquet(_table(analyses, content)),
    }
    return writers[format]()


def print_text(analysis: Analysis, content: Content, schema: LabelSchema, console: Console) -> None:
    """Show a result to a reader: types in colour, commitments set off, the abstract with its sources."""
    heading = analysis.title or analysis.source
    if heading:
        console.print(Text(heading, style="bold underline"))
    if content != "abstract":
        width = max(len(name) for name in (*schema.names, UNDECIDED)) + 1
        for sentence in analysis.sentences:
            console.print(_sentence_line(sentence, schema, width))
            if sentence.facts:
                console.print(Padding(Text(_facts_line(sentence), style="cyan"), (0, 0, 0, width + 5)))
    if content != "sentences" and analysis.abstract is not None:
        if content == "analysis":
            console.print()
            console.print(Text(f"Abstract ({analysis.abstract.method})", style="bold"))
        console.print(Padding(_abstract_text(analysis.abstract), (0, 0, 0, 2)))
        for note in analysis.abstract.notes:
            console.print(Text(f"  note: {note}", style="dim"))


def to_dict(analysis: Analysis, content: Content = "analysis") -> dict[str, Any]:
    """Return a result as plain data, without the part that was not asked for."""
    return {key: value for key, value in analysis.to_dict().items() if key not in _HIDDEN[content]}


def json_schema(content: Content = "analysis") -> dict[str, Any]:
    """Return the JSON Schema of one result of `--format json` or of a line of `--format jsonl`."""
    schema = TypeAdapter(Analysis).json_schema(mode="serialization")
    for key in _HIDDEN[content]:
        del schema["properties"][key]
        schema["required"].remove(key)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _json(analyses: Sequence[Analysis], content: Content) -> str:
    """Write one object for one text and an array for several."""
    data: Any = [to_dict(analysis, content) for analysis in analyses]
    if len(data) == 1:
        data = data[0]
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def sentence_table(analyses: Sequence[Analysis], *, undecided: str | None = None) -> Table:
    """Return the sentences of analyses as a table, a row each.

    Args:
        analyses: The results of one classifier.
        undecided: What stands for the primary type where the classifier abstained.
    """
    names = list(analyses[0].sentences[0].probabilities) if analyses else []
    columns: dict[str, Any] = {
        "source": str,
        "index": int,
        "start": int,
        "end": int,
        "primary": str,
        "types": tuple[str, ...],
        "is_commitment": bool,
        "commitment_probability": float,
        "confidence": float,
        "salience": float,
        **{f"p_{name}": float for name in names},
        "explanation": tuple[str, ...],
        **dict.fromkeys(FACT_KINDS, tuple[str, ...]),
        "text": str,
    }
    rows = [
        (
            analysis.source,
            sentence.index,
            sentence.start,
            sentence.end,
            sentence.primary or undecided,
            sentence.types,
            sentence.is_commitment,
            sentence.commitment_probability,
            sentence.confidence,
            sentence.salience,
            *(sentence.probabilities[name] for name in names),
            tuple(word.text for word in sentence.explanation),
            *(tuple(_value(fact) for fact in sentence.facts if fact.kind == kind) for kind in FACT_KINDS),
            sentence.text,
        )
        for analysis in analyses
        for sentence in analysis.sentences
    ]
    return Table("sentences", columns, rows)


def abstract_table(analyses: Iterable[Analysis]) -> Table:
    """Return the sentences of abstracts as a table, a row each."""
    columns = {
        "source": str,
        "title": str,
        "method": str,
        "sentence": int,
        "sources": tuple[int, ...],
        "extracted": bool,
        "text": str,
    }
    rows = [
        (
            analysis.source,
            analysis.title,
            analysis.abstract.method,
            number,
            part.sources,
            part.extracted,
            part.text,
        )
        for analysis in analyses
        if analysis.abstract is not None
        for number, part in enumerate(analysis.abstract.sentences)
    ]
    return Table("abstracts", columns, rows)


def _table(analyses: Sequence[Analysis], content: Content, *, undecided: str | None = None) -> Table:
    return (
        abstract_table(analyses) if content == "abstract" else sentence_table(analyses, undecided=undecided)
    )


def _xlsx(analyses: Sequence[Analysis], content: Content) -> bytes:
    """Write the table; of whole analyses all three, each on a sheet."""
    table = _table(analyses, content, undecided=UNDECIDED)
    if content != "analysis":
        return to_xlsx([table])
    found = record_table("commitments", Commitment, commitments(analyses))
    return to_xlsx([table, found, abstract_table(analyses)])


def _html(analyses: Sequence[Analysis], schema: LabelSchema) -> str:
    # Imported on demand: the template engine costs a moment, which only those pay who want a page.
    from .result_page import render_page

    return render_page(analyses, schema)


def _markdown(analysis: Analysis, content: Content) -> str:
    lines = [f"# {analysis.title or analysis.source or 'Text'}", ""]
    if content != "sentences" and analysis.abstract is not None:
        sources = [", ".join(str(i + 1) for i in part.sources) for part in analysis.abstract.sentences]
        lines += [
            " ".join(
                f"{part.text} [{numbers}]"
                for part, numbers in zip(analysis.abstract.sentences, sources, strict=True)
            ),
            "",
        ]
    if content != "abstract":
        has_facts = any(sentence.facts for sentence in analysis.sentences)
        columns = ["no.", "types", *(["facts"] if has_facts else []), "sentence"]
        lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
        for sentence in analysis.sentences:
            types = ", ".join(f"**{name}**" if sentence.is_commitment else name for name in sentence.types)
            types = types or UNDECIDED
            facts = f" {markdown_cell(_facts_line(sentence))} |" if has_facts else ""
            lines.append(f"| {sentence.index + 1} | {types} |{facts} {markdown_cell(sentence.text)} |")
        lines.append("")
    return "\n".join(lines)


def _facts_line(sentence: LabelledSentence) -> str:
    """Write the facts of a sentence by kind: "country: NOR, SWE; amount: 5000000 USD"."""
    kinds = {kind: [_value(fact) for fact in sentence.facts if fact.kind == kind] for kind in FACT_KINDS}
    return "; ".join(
        f"{kind}: {', '.join(dict.fromkeys(values))}" for kind, values in kinds.items() if values
    )


def _value(fact: Fact) -> str:
    return fact.value or fact.text


def _plain_text(analyses: Sequence[Analysis], content: Content, schema: LabelSchema) -> str:
    buffer = io.StringIO()
    console = Console(file=buffer, width=_TEXT_WIDTH, color_system=None)
    for number, analysis in enumerate(analyses):
        if number:
            console.print()
        print_text(analysis, content, schema, console)
    return buffer.getvalue()


def _sentence_line(sentence: LabelledSentence, schema: LabelSchema, width: int) -> Padding:
    style = _STYLES[schema.type_named(sentence.primary).kind] if sentence.primary else "magenta"
    line = Text(f"{'▌' if sentence.is_commitment else ' '}{sentence.index + 1:>3} ", style=style)
    line.append(f"{sentence.primary or UNDECIDED:<{width}}", style=style)
    others = sentence.types[1:]
    line.append_text(_marked(sentence, style))
    if others:
        line.append(f"  (+ {', '.join(others)})", style=style)
    return Padding(line, 0)


def _marked(sentence: LabelledSentence, style: str) -> Text:
    """Write a sentence on one line, with the words that explain its type set off."""
    if not sentence.explanation:
        return Text(" ".join(sentence.text.split()), style="" if sentence.is_commitment else "dim")
    # Each white space becomes one blank, so that the words' offsets still hold.
    text = Text(re.sub(r"\s", " ", sentence.text), style="" if sentence.is_commitment else "dim")
    for word in sentence.explanation:
        text.stylize(f"{style} underline not dim", word.start, word.end)
    return text


def _abstract_text(abstract: Abstract) -> Text:
    """Put the numbers of its source sentences, counted from 1, behind each sentence."""
    text = Text()
    for part in abstract.sentences:
        text.append(part.text + " ")
        text.append(f"[{', '.join(str(i + 1) for i in part.sources)}] ", style="cyan")
    return text
