"""Exchange with labelling tools: Label Studio, doccano and Prodigy, in both directions."""

from __future__ import annotations

from enum import StrEnum


class Tool(StrEnum):
    """A labelling tool."""

    label_studio = "label-studio"
    doccano = "doccano"
    prodigy = "prodigy"


class Unit(StrEnum):
    """What a labelling tool shows at once."""

    document = "document"
    sentence = "sentence"
