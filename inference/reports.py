"""Results as text, JSON, JSON Lines, CSV and Markdown."""

from __future__ import annotations

import csv
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
from .results import Analysis, LabelledSentence

Content = Literal["analysis", "sentences", "abstract"]
Format = Literal["text", "json", "jsonl", "csv", "markdown"]

_HIDDEN: dict[Content, tuple[str, ...]] = {
    "analysis": (),
    "sentences": ("abstract",),
    "abstract": ("sentences",),
}
_STYLES: dict[Kind, str] = {"commitment": "bold green", "directive": "bold yellow", "statement": "dim"}
_TEXT_WIDTH = 100
UNDECIDED = "(undecided)"
"""What stands in the place of a type where the classifier abstained."""


def render(analyses: Sequence[Analysis], format: Format, content: Content, schema: LabelSchema) -> str:
    """Write results in a format.

    Args:
        analyses: The results, one for each text.
        format: "text" is written without colour; `print_text` shows it on a terminal.
        content: Whether sentences, abstract or both are wanted.
        schema: The label schema, for the columns of the table.
    """
    writers: dict[Format, Callable[[], str]] = {
        "json": lambda: _json(analyses, content),
        "jsonl": lambda: "".join(
            json.dumps(to_dict(analysis, content), ensure_ascii=False) + "\n" for analysis in analyses
        ),
        "csv": lambda: _abstract_csv(analyses) if content == "abstract" else _sentence_csv(analyses, schema),
        "markdown": lambda: "\n".join(_markdown(analysis, content) for analysis in analyses),
        "text": lambda: _plain_text(analyses, content, schema),
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


def _sentence_csv(analyses: Iterable[Analysis], schema: LabelSchema) -> str:
    columns = ["source", "index", "start", "end", "primary", "types", "is_commitment"]
    columns += ["commitment_probability", "confidence", "salience"]
    columns += [f"p_{name}" for name in schema.names] + ["explanation", *FACT_KINDS, "text"]
    return _csv(
        columns,
        (
            [
                analysis.source,
                sentence.index,
                sentence.start,
                sentence.end,
                sentence.primary or UNDECIDED,
                ";".join(sentence.types),
                sentence.is_commitment,
                sentence.commitment_probability,
                sentence.confidence,
                sentence.salience,
                *(sentence.probabilities[name] for name in schema.names),
                ";".join(word.text for word in sentence.explanation),
                *(
                    ";".join(_value(fact) for fact in sentence.facts if fact.kind == kind)
                    for kind in FACT_KINDS
                ),
                sentence.text,
            ]
            for analysis in analyses
            for sentence in analysis.sentences
        ),
    )


def _abstract_csv(analyses: Iterable[Analysis]) -> str:
    return _csv(
        ["source", "title", "method", "sentence", "sources", "extracted", "text"],
        (
            [
                analysis.source,
                analysis.title,
                analysis.abstract.method,
                number,
                ";".join(map(str, part.sources)),
                part.extracted,
                part.text,
            ]
            for analysis in analyses
            if analysis.abstract is not None
            for number, part in enumerate(analysis.abstract.sentences)
        ),
    )


def _csv(columns: list[str], rows: Iterable[list[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


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
            facts = f" {_cell(_facts_line(sentence))} |" if has_facts else ""
            lines.append(f"| {sentence.index + 1} | {types} |{facts} {_cell(sentence.text)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


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
