"""The form of `metrics.json`, which `communique evaluate` writes; `communique schema --for metrics` prints it.

What an earlier version wrote has this form too: keys that came later may be missing.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Part = Literal["classification", "abstracts"]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class IntervalForm(_Form):
    """A figure with its 95 % interval by bootstrap over documents."""

    value: float
    low: float
    high: float


class TypeForm(_Form):
    """How well one type is found."""

    precision: float
    recall: float
    f1: float
    support: int
    """Sentences that are annotated with it."""
    intervals: dict[Literal["precision", "recall", "f1"], IntervalForm] | None = None


class ConfusionForm(_Form):
    """Sentences by annotated and predicted primary type."""

    rows: list[str]
    """The annotated types."""
    columns: list[str]
    """The predicted types, and "none" for sentences that got no type."""
    counts: list[list[int]]


class GenreForm(_Form):
    """One genre; the same as in `slices`."""

    primary_accuracy: IntervalForm
    sentences: int


class SliceForm(_Form):
    """A part of the data on its own."""

    primary_accuracy: IntervalForm
    sets_micro_f1: IntervalForm
    commitment_f1: IntervalForm
    sentences: int
    documents: int


class BinForm(_Form):
    """Answers that were said to be right with about the same probability."""

    confidence: float
    accuracy: float
    sentences: int


class CoverageForm(_Form):
    """The accuracy of the most confident share of the answers."""

    coverage: float
    accuracy: IntervalForm


class ContrastForm(_Form):
    """Minimal contrast pairs; one is right when both its sides are."""

    primary_pairs_right: IntervalForm
    sets_pairs_right: IntervalForm
    pairs: int


class RawTextForm(_Form):
    """A system on texts that it cut for itself; wrong boundaries count as wrong labels."""

    classification: dict[str, IntervalForm]
    boundary_f1: IntervalForm
    sentences_found: int
    """Annotated sentences whose boundaries it has."""
    sentences_missed: int
    sentences_extra: int
    """Sentences of its own in the place of annotated ones."""


class ErrorForm(_Form):
    """A sentence whose primary type is wrong."""

    document: str
    sentence: int
    """Its index among the document's sentences, from 0."""
    expected: list[str]
    given: list[str]
    confidence: float
    text: str | None = None


class SourceForm(_Form):
    """A sentence that an abstract's sentence cites."""

    sentence: int
    text: str


class UnsupportedForm(_Form):
    """Something that an abstract says and its text does not."""

    kind: str
    text: str


class WrittenSentenceForm(_Form):
    """A sentence of an abstract, with its sources."""

    text: str
    sources: list[SourceForm]
    unsupported: list[UnsupportedForm]


class WrittenForm(_Form):
    """An abstract beside the annotated one."""

    document: str
    title: str | None
    reference: str
    sentences: list[WrittenSentenceForm]


class SystemForm(_Form):
    """What was measured of one system."""

    classification: dict[str, IntervalForm] | None = None
    """Each measure of `TypeMetric`, and Krippendorff's alpha of the sets."""
    kappa: float | None = None
    """The value of `classification.primary_kappa`."""
    per_type: dict[str, TypeForm] | None = None
    confusion: ConfusionForm | None = None
    by_genre: dict[str, GenreForm] | None = None
    slices: dict[str, dict[str, SliceForm]] | None = None
    """By division (genre, primary type, length, decade, context, quotation; with training data body and topic, "seen"
    or "unseen" there), then by part."""
    calibration: dict[str, IntervalForm] | None = None
    reliability: list[BinForm] | None = None
    risk_coverage: list[CoverageForm] | None = None
    salience: dict[str, IntervalForm] | None = None
    contrast: ContrastForm | None = None
    raw_text: RawTextForm | None = None
    abstracts: dict[str, IntervalForm] | None = None
    errors: list[ErrorForm] | None = None
    """The wrong sentences that it was most sure of."""
    written: list[WrittenForm] | None = None


class CurvePointForm(_Form):
    """A classifier's figures, and how much it learned from."""

    run: str
    """Its folder's name."""
    documents: int
    sentences: int
    """Of its training data."""
    classification: dict[str, IntervalForm]


class DifferenceForm(IntervalForm):
    """How much one system exceeds another; the interval is a paired bootstrap."""

    part: Part
    system: str
    against: str
    measure: str
    p_value: float
    """By approximate randomization, two-sided."""


class EvaluationForm(_Form):
    """An evaluation on held-out annotated documents."""

    communique: str
    """The version."""
    data: dict[str, str]
    """The sha256 of each file of annotated documents."""
    predictions: dict[str, str] = {}
    """The sha256 of each other system's predictions."""
    documents: int
    sentences: int
    abstracts: int
    """Documents with an abstract to compare with; 0 when abstracts were not judged."""
    models: dict[str, str]
    seconds: float
    types: list[str] = []
    """The labels, strongest first."""
    classification_measures: list[str]
    """The measures that tables show."""
    abstract_measures: list[str]
    systems: dict[str, SystemForm]
    differences: list[DifferenceForm] = []
    seen: dict[str, str] = {}
    """The sha256 of each file of training data by which bodies and topics are seen or unseen."""
    learning_curve: list[CurvePointForm] = []
    """Further classifiers on the same documents, by the size of their training data."""


def metrics_schema() -> dict[str, Any]:
    """Return the JSON Schema of `metrics.json`."""
    schema = EvaluationForm.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
