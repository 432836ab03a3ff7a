"""Documents to a labelling tool and back: one function for each direction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...models.files import write_whole
from ...models.taxonomy import LabelSchema
from . import Tool, Unit
from .annotations import Imported, documents_of
from .doccano import label_types, read_doccano, to_doccano
from .items import Draft, items_of
from .label_studio import labelling_configuration, read_label_studio, to_label_studio
from .prodigy import read_prodigy, recipe, to_prodigy


def export_drafts(
    drafts: Sequence[Draft], tool: Tool, unit: Unit, schema: LabelSchema, output: Path
) -> list[str]:
    """Write documents for a labelling tool, with a file of its settings beside them where it has one.

    Args:
        drafts: The documents.
        tool: The tool.
        unit: Whether an item is a document or a sentence.
        schema: The labels that can be given.
        output: The file to write.

    Returns:
        What to do in the tool, a line each.
    """
    items = items_of(drafts, unit)
    match tool:
        case Tool.label_studio:
            settings = output.with_name(f"{output.stem}-config.xml")
            write_whole(output, to_label_studio(items))
            write_whole(settings, labelling_configuration(schema, unit))
            return [
                f"Label Studio: make a project, paste {settings} into Labeling Setup, Custom template, Code, "
                f"and import {output}; later choose Export, JSON"
            ]
        case Tool.doccano:
            settings = output.with_name(f"{output.stem}-labels.json")
            write_whole(output, to_doccano(items))
            write_whole(settings, label_types(schema))
            project = (
                "Sequence labeling (allow overlapping spans)"
                if unit is Unit.document
                else "Text classification"
            )
            return [
                f"doccano: make a project of the kind {project}, import {settings} under Labels and {output} under "
                "Dataset (JSONL, text, label); later export the dataset as JSONL, only what is approved"
            ]
        case Tool.prodigy:
            write_whole(output, to_prodigy(items, schema))
            return [
                f"Prodigy: {recipe(schema, unit, output)}",
                "later: prodigy db-out corrections > labelled.jsonl",
            ]


def import_annotations(
    paths: Sequence[Path], tool: Tool, schema: LabelSchema, annotator: str | None = None
) -> Imported:
    """Read a tool's files and make annotated documents of them; see `documents_of`.

    Raises:
        CorpusError: If a file cannot be read, or annotators disagree and none is chosen.
    """
    match tool:
        case Tool.label_studio:
            outcomes = [outcome for path in paths for outcome in read_label_studio(path)]
        case Tool.doccano:
            several = len(paths) > 1
            outcomes = [o for path in paths for o in read_doccano(path, path.stem if several else "")]
        case Tool.prodigy:
            outcomes = [outcome for path in paths for outcome in read_prodigy(path)]
    return documents_of(outcomes, schema, annotator)
