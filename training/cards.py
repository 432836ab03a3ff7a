"""Model cards, written from the files of a model folder and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..models.folder import file_hash, write_hashes

EVALUATIONS = "evaluations"


def write_card(folder: Path) -> Path:
    """Write a model folder's README.md, which is `card_text`. The folder's hashes are written anew."""
    path = folder / "README.md"
    path.write_text(card_text(folder), encoding="utf-8")
    write_hashes(folder)
    return path


def card_text(folder: Path) -> str:
    """Tell a model from its config, labels, run record and evaluations.

    Evaluations are the files `evaluations/NAME.json` (its `metrics.json`) and `evaluations/NAME-FIGURE.png`
    that `communique evaluate` wrote.
    """

    def read(name: str) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads((folder / name).read_text(encoding="utf-8"))

    config = read("config.json")
    evaluations = {
        path.stem: json.loads(path.read_text()) for path in sorted(folder.glob(f"{EVALUATIONS}/*.json"))
    }
    pictures = {
        name: [path.name for path in sorted(folder.glob(f"{EVALUATIONS}/{name}-*.png"))]
        for name in evaluations
    }
    weights = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.startswith((".safetensors", ".bin", ".gguf", ".part"))
    )
    template = markdown_environment().get_template(f"{config['kind']}_card.md.jinja")
    return template.render(
        config=config,
        labels=read("labels.json"),
        run=read("run.json"),
        evaluations=evaluations,
        pictures=pictures,
        settings=(folder / "training.yaml").read_text(encoding="utf-8"),
        hashes={path.relative_to(folder).as_posix(): file_hash(path) for path in weights},
        sizes={path.relative_to(folder).as_posix(): path.stat().st_size / 1e6 for path in weights},
    )


def markdown_environment() -> Environment:
    """Return what fills the templates of cards; `figure` writes a number with three places."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML
    )
    environment.filters["figure"] = lambda value: f"{value:.3f}"
    return environment
