"""Plots of training runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import MissingExtraError

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
