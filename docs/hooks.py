"""What the site takes from the repository at each build: cards, the notebook, the help of the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url
from typer.main import get_command

from communique.cli import app

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "example.ipynb"
CARDS = "cards/"
"""The cards lie below this folder as they lie in the repository, so that their links hold."""
_THEIR_SHIM = "https://unpkg.com/iframe-worker/shim"
_OUR_SHIM = "assets/offline-search.js"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s:]+)(#[^)]*)?\)")
_HELP_WIDTH = 100


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, and the pictures of the cards."""
    for card in _cards(config.nav):
        text = (ROOT / card).read_text(encoding="utf-8")
        files.append(File.generated(config, CARDS + card, content=text))
        for link in _LINK.finditer(text):
            picture = (ROOT / card).parent / link[3]
            if link[1] and picture.is_file():
                place = CARDS + picture.relative_to(ROOT).as_posix()
                files.append(File.generated(config, place, abs_src_path=str(picture)))
    files.append(File.generated(config, "reference/command-line.md", content=command_line_page()))
    files.append(File.generated(config, "tutorials/notebook.md", content=notebook_page()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn a card's links to files that are not on the site into the files' names."""
    if not page.file.src_uri.startswith(CARDS):
        return markdown
    folder = (ROOT / page.file.src_uri.removeprefix(CARDS)).parent

    def resolved(link: re.Match[str]) -> str:
        target = (folder / link[3]).resolve()
        if not target.is_relative_to(ROOT):
            return link[2]
        place = target.relative_to(ROOT).as_posix()
        return link[0] if files.get_file_from_path(CARDS + place) else f"{link[2]} (`{place}`)"

    return _LINK.sub(resolved, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Let the search load nothing from elsewhere."""
    return output.replace(_THEIR_SHIM, get_relative_url(_OUR_SHIM, page.url))


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """Do the same to the page for what is not found."""
    return output_content.replace(_THEIR_SHIM, _OUR_SHIM)


def _cards(nav: Any) -> Iterator[str]:  # noqa: ANN401 - lists and dicts of YAML
    """Find the cards that the navigation names."""
    if isinstance(nav, str):
        if nav.startswith(CARDS):
            yield nav.removeprefix(CARDS)
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _cards(part)


def command_line_page() -> str:
    """Write every command's help."""
    lines = ["# Command line", "", "What `--help` prints, of every command.", ""]
    for name, command, context in _commands(get_command(app), None, "communique"):
        lines += [f"## {name}", "", "```text", command.get_help(context).strip(), "```", ""]
    return "\n".join(lines)


def _commands(command: Any, parent: Any, name: str) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - click's
    context = command.context_class(command, parent=parent, info_name=name, terminal_width=_HELP_WIDTH)
    yield context.command_path, command, context
    for part, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, context, part)


def notebook_page() -> str:
    """Write the example notebook as a page."""
    parts = []
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(parts) + "\n"
