"""A comparison of two texts for readers: text, JSON, Markdown, a page of HTML. What differs is set off."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Iterator
from typing import Literal

from rich.console import Console
from rich.text import Text

from .comparison import VERDICTS, Change, ComparedText, Comparison, Provision, Verdict

ComparisonFormat = Literal["text", "json", "markdown", "html"]

_STYLES: dict[Verdict, str] = {
    "new": "bold green",
    "strengthened": "green",
    "weakened": "yellow",
    "repeated": "dim",
    "dropped": "bold red",
}
_TEXT_WIDTH = 100
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
article {{ border-top: 1px solid #8886; padding: .5rem 0; }}
p {{ margin: .3rem 0; }}
.side {{ opacity: .7; display: inline-block; min-width: 3rem; }}
.reasons {{ font-style: italic; }}
mark {{ background: #fd06; color: inherit; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{counts}</p>
{sections}
</body>
</html>
"""


def render_comparison(comparison: Comparison, format: ComparisonFormat) -> str:
    """Write a comparison in a format; "text" is without colour, `print_comparison` shows it on a terminal."""
    writers: dict[ComparisonFormat, Callable[[Comparison], str]] = {
        "json": lambda compared: compared.to_json(indent=2) + "\n",
        "markdown": _markdown,
        "html": _html,
        "text": _plain_text,
    }
    return writers[format](comparison)


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Show a comparison to a reader: what is new first, what was dropped last, the words that differ underlined."""
    console.print(Text(_title(comparison), style="bold underline"))
    console.print(Text(_counts(comparison)))
    for verdict, changes in _groups(comparison):
        console.print()
        console.print(Text(f"{verdict} ({len(changes)})", style=_STYLES[verdict]))
        for change in changes:
            for side, provision in _sides(change):
                line = Text(
                    f"  {side} {provision.index + 1:>3} {provision.primary:<13}", style=_STYLES[verdict]
                )
                line.append_text(_marked_text(provision))
                console.print(line)
            for reason in change.reasons:
                console.print(Text(f"      why: {reason}", style="italic"))


def _title(comparison: Comparison) -> str:
    return f"{_name(comparison.old)} -> {_name(comparison.new)}"


def _name(text: ComparedText) -> str:
    name = text.title or text.source or "text"
    return f"{name} ({text.date})" if text.date else name


def _counts(comparison: Comparison) -> str:
    return ", ".join(f"{len(comparison.having(verdict))} {verdict}" for verdict in VERDICTS)


def _groups(comparison: Comparison) -> Iterator[tuple[Verdict, list[Change]]]:
    for verdict in VERDICTS:
        if changes := comparison.having(verdict):
            yield verdict, changes


def _sides(change: Change) -> Iterator[tuple[str, Provision]]:
    if change.old is not None:
        yield "old", change.old
    if change.new is not None:
        yield "new", change.new


def _pieces(provision: Provision) -> Iterator[tuple[str, bool]]:
    """Cut a provision where words begin or cease to differ; white space becomes single blanks."""
    place = provision.start
    for start, end in provision.changed:
        yield _blanks(provision.text[place - provision.start : start - provision.start]), False
        yield _blanks(provision.text[start - provision.start : end - provision.start]), True
        place = end
    yield _blanks(provision.text[place - provision.start :]), False


def _blanks(text: str) -> str:
    return "".join(" " if letter.isspace() else letter for letter in text)


def _marked_text(provision: Provision) -> Text:
    text = Text()
    for piece, differs in _pieces(provision):
        text.append(piece, style="underline" if differs else "")
    return text


def _plain_text(comparison: Comparison) -> str:
    buffer = io.StringIO()
    print_comparison(comparison, Console(file=buffer, width=_TEXT_WIDTH, color_system=None))
    return buffer.getvalue()


def _markdown(comparison: Comparison) -> str:
    lines = [f"# {_title(comparison)}", "", _counts(comparison), ""]
    for verdict, changes in _groups(comparison):
        lines += [f"## {verdict} ({len(changes)})", "", "| old | new | why |", "|---|---|---|"]
        for change in changes:
            cells = [_markdown_cell(side) if side else "" for side in (change.old, change.new)]
            lines.append(f"| {' | '.join([*cells, _escaped('; '.join(change.reasons))])} |")
        lines.append("")
    return "\n".join(lines)


def _markdown_cell(provision: Provision) -> str:
    words = "".join(
        f"**{_escaped(piece)}**" if differs else _escaped(piece) for piece, differs in _pieces(provision)
    )
    return f"{provision.index + 1}, {provision.primary}: {words}"


def _escaped(text: str) -> str:
    for sign in "\\|*":
        text = text.replace(sign, f"\\{sign}")
    return text


def _html(comparison: Comparison) -> str:
    return _PAGE.format(
        title=html.escape(_title(comparison)),
        counts=html.escape(_counts(comparison)),
        sections="\n".join(
            f"<section>\n<h2>{verdict} ({len(changes)})</h2>\n{''.join(map(_html_change, changes))}</section>"
            for verdict, changes in _groups(comparison)
        ),
    )


def _html_change(change: Change) -> str:
    lines = ["<article>"]
    for side, provision in _sides(change):
        words = "".join(
            f"<mark>{html.escape(piece)}</mark>" if differs else html.escape(piece)
            for piece, differs in _pieces(provision)
        )
        label = f"{side} {provision.index + 1}, {html.escape(provision.primary)}"
        lines.append(f'<p><span class="side">{label}</span> {words}</p>')
    lines += [f'<p class="reasons">{html.escape(reason)}</p>' for reason in change.reasons]
    return "\n".join([*lines, "</article>\n"])
