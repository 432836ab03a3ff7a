"""The figures of README.md, written from stored evaluations into the places that are marked for them.

    <!-- figures: facts -->
    …
    <!-- end of figures -->

Names are the blocks of readme.md.jinja. Figures of models come from the evaluations in the folders of the shipped
models, those of rules from seeds/evaluations/: facts.json (`communique evaluate-facts --output`) and support.json
(`communique benchmark support --output`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ..errors import CommuniqueError
from ..models.folder import shipped_models
from ..models.validation import nearest
from .cards import EVALUATIONS, markdown_environment
from .config import PACKAGE_FOLDER
from .report import figure_cell

RULES = PACKAGE_FOLDER / "seeds" / EVALUATIONS
TEMPLATE = "readme.md.jinja"

_OPENING = re.compile(r"^<!-- figures: (.*?) -->\n", re.MULTILINE)
_MARKED = re.compile(r"^<!-- figures: (.*?) -->\n(.*?)^<!-- end of figures -->$", re.MULTILINE | re.DOTALL)


def with_figures(readme: Path) -> str:
    """Return a README with its marked figures written anew; nothing else of it changes.

    Raises:
        CommuniqueError: If the file cannot be read, has no marked place, one without an end or of an unknown
            name, or an evaluation lacks what is told in it.
    """
    try:
        content = readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommuniqueError(f"{readme}: cannot be read ({error})") from None
    names = _OPENING.findall(content)
    if not names:
        raise CommuniqueError(f"{readme}: has no place for figures; mark one with <!-- figures: facts -->")
    if names != [match[1] for match in _MARKED.finditer(content)]:
        raise CommuniqueError(
            f"{readme}: a place for figures has no end; close each with <!-- end of figures --> before the next"
        )
    texts = {name: _figures(name, readme) for name in names}
    return _MARKED.sub(
        lambda match: f"<!-- figures: {match[1]} -->\n\n{texts[match[1]]}\n\n<!-- end of figures -->", content
    )


def _figures(name: str, readme: Path) -> str:
    from jinja2 import UndefinedError

    environment = markdown_environment()
    environment.filters["interval"] = figure_cell
    template = environment.get_template(TEMPLATE)
    if name not in template.blocks:
        raise CommuniqueError(f"{readme}: unknown figures '{name}'{nearest(name, list(template.blocks))}")
    evaluations: dict[str, Any] = {
        model.replace("-", "_"): _stored(folder / EVALUATIONS) for model, folder in shipped_models().items()
    }
    try:
        parts = template.blocks[name](template.new_context(evaluations | _stored(RULES)))
        return "".join(parts).strip()
    except UndefinedError as error:
        raise CommuniqueError(
            f"{readme}: figures '{name}' cannot be written: {error.message}; put the evaluation that holds it into "
            f"{RULES} or the model's folder {EVALUATIONS}/"
        ) from None


def _stored(folder: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
