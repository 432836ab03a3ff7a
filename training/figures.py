"""Plots of training runs and of the corpus, legible in print and by the colour-blind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError
from ..models.taxonomy import LabelSchema
from .corpus import AnnotatedDocument

try:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError:
    raise MissingExtraError("A plot", "train") from None


def loss_curve(log: list[dict[str, Any]], path: Path) -> None:
    """Draw training and validation loss over the steps as a PNG.

    Args:
        log: The log history of transformers' Trainer.
        path: The file to write.
    """
    # The object-oriented interface leaves a caller's own matplotlib backend alone.
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    styles: list[tuple[str, str, dict[str, Any]]] = [
        ("loss", "training", {"color": "#0072B2"}),
        ("eval_loss", "validation", {"color": "#D55E00", "marker": "o", "linestyle": "--"}),
    ]
    for key, label, style in styles:
        points = [(entry["step"], entry[key]) for entry in log if key in entry]
        axes.plot([step for step, _ in points], [loss for _, loss in points], label=label, **style)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def corpus_figures(documents: Sequence[AnnotatedDocument], schema: LabelSchema, folder: Path) -> list[Path]:
    """Draw how the types are spread over the genres, and how long sentences and documents are.

    Args:
        documents: Annotated documents.
        schema: Their labels.
        folder: Where to write `types-by-genre.png` and `lengths.png`; made if missing.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "types-by-genre.png", folder / "lengths.png"]
    _types_by_genre(documents, schema, paths[0])
    _lengths(documents, paths[1])
    return paths


def speed_and_accuracy(result: dict[str, Any], path: Path) -> None:
    """Draw a benchmark: accuracy of each system with its interval, and sentences a second.

    Args:
        result: What `benchmark_classifier` returned.
        path: The PNG to write.
    """
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    systems = {
        name: figures["classification"]["primary_macro_f1"]
        for name, figures in result["accuracy"]["systems"].items()
        if "classification" in figures
    }
    values = [interval["value"] for interval in systems.values()]
    errors = [
        [interval["value"] - interval["low"] for interval in systems.values()],
        [interval["high"] - interval["value"] for interval in systems.values()],
    ]
    left.barh(list(systems), values, xerr=errors, color="#0072B2", capsize=3)
    left.set_xlabel("macro-F1 of the primary type, 95 % interval")
    left.invert_yaxis()
    names = [f"{speed['system']}, {speed['threads']} thread(s)" for speed in result["speed"]]
    right.barh(names, [speed["sentences_per_second"] for speed in result["speed"]], color="#D55E00")
    right.set_xlabel("sentences a second")
    right.invert_yaxis()
    figure.savefig(path, dpi=120)


def _types_by_genre(documents: Sequence[AnnotatedDocument], schema: LabelSchema, path: Path) -> None:
    genres = sorted({document.genre for document in documents})
    shares = []
    for genre in genres:
        primary = [
            schema.primary(sentence.types)
            for document in documents
            if document.genre == genre
            for sentence in document.sentences
        ]
        shares.append([100 * primary.count(name) / len(primary) for name in schema.names])
    figure = Figure(figsize=(8, 1.5 + 0.6 * len(genres)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", aspect="auto", vmin=0)
    darkest = max(max(row) for row in shares)
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            colour = "white" if value > 0.6 * darkest else "black"
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(schema.names)), schema.names, rotation=30, ha="right")
    axes.set_yticks(range(len(genres)), genres)
    axes.set_title("Primary types by genre, per cent of the genre's sentences", fontsize=11)
    figure.savefig(path, dpi=120)


def _lengths(documents: Sequence[AnnotatedDocument], path: Path) -> None:
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    words = [len(text.split()) for document in documents for text in document.sentence_texts()]
    left.hist(words, bins=range(0, 71, 2), color="#0072B2")
    left.set_xlabel("words a sentence (above 70 not drawn)")
    left.set_ylabel("sentences")
    counts = [len(document.sentences) for document in documents]
    right.hist(counts, bins=range(min(counts), max(counts) + 2), color="#D55E00")
    right.set_xlabel("sentences a document")
    right.set_ylabel("documents")
    figure.savefig(path, dpi=120)
