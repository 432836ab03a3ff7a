"""The routes of the page: documents that are kept, their progress, their corrections, and what can be taken away."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ...models.taxonomy import LabelSchema
from ..reports import render
from ..result_page import render_results
from ..results import Analysis
from .analysis_routes import Text, client_of
from .annotations import annotated_documents
from .corrections import Correction, DocumentEntry, ReviewedDocument, UnknownDocumentError
from .services import Services
from .uploads import UploadReport

MAX_ABSTRACT_CHARACTERS = 10_000
MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "annotations": "application/jsonl",
}


@dataclass(frozen=True)
class DocumentView:
    """A document as it stands after its corrections, with all that correcting it needs."""

    id: str
    added: str
    analysis: Analysis
    label_schema: LabelSchema
    model_types: tuple[tuple[str, ...], ...]
    """The types that the models gave to each sentence."""
    sentence_versions: tuple[int, ...]
    """To be named with a correction, so that it does not overwrite another."""
    abstract_version: int
    corrections: tuple[Correction, ...]
    """Those that stand, the oldest first."""
    results: str
    """The analysis as a block of HTML."""

    @classmethod
    def of(cls, document: ReviewedDocument) -> DocumentView:
        """Make the view of a document."""
        analysis = document.corrected()
        versions = document.versions()
        return cls(
            document.id,
            document.added,
            analysis,
            document.schema,
            tuple(sentence.types for sentence in document.analysis.sentences),
            tuple(versions[sentence.index] for sentence in analysis.sentences),
            versions[None],
            tuple(sorted(document.standing().values(), key=lambda correction: correction.number)),
            render_results([analysis], document.schema),
        )


class TypesCorrection(BaseModel):
    """Other types for a sentence."""

    model_config = ConfigDict(extra="forbid")

    types: list[str]
    version: int = Field(description="The version of the sentence that you saw.")


class AbstractCorrection(BaseModel):
    """Another text for the abstract."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(max_length=MAX_ABSTRACT_CHARACTERS)
    version: int = Field(description="The version of the abstract that you saw.")


def document_routes(services: Services) -> APIRouter:
    """Return the routes below /v1/uploads, /v1/documents and /v1/annotations."""
    router = APIRouter(prefix="/v1", tags=["documents"])
    store = services.store

    @router.post("/uploads", status_code=202)
    async def upload(
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=255)],
        date: Annotated[
            datetime.date | None, Query(description="The day from which 'next year' counts.")
        ] = None,
    ) -> UploadReport:
        """Give a file, as the body of the request, to be read, analysed and kept."""
        written = date.isoformat() if date else None
        return services.uploads.submit(client_of(request), name, await request.body(), written)

    @router.get("/uploads/{upload_id}")
    def upload_progress(upload_id: str) -> UploadReport:
        """Tell how far an upload is."""
        report = services.uploads.report(upload_id)
        if report is None:
            raise UnknownDocumentError(
                f"there is no upload '{upload_id}'; the server may have been restarted"
            )
        return report

    @router.get("/documents")
    def documents() -> list[DocumentEntry]:
        """List the documents that are kept, the latest first."""
        return store.entries()

    @router.get("/documents/{document_id}")
    def document(document_id: str) -> DocumentView:
        """Return a document as it stands after its corrections."""
        return DocumentView.of(store.document(document_id))

    @router.delete("/documents/{document_id}", status_code=204)
    def delete_document(document_id: str) -> None:
        """Delete a document and its corrections for good."""
        store.delete(document_id)

    @router.put("/documents/{document_id}/sentences/{index}")
    def correct_types(document_id: str, index: int, correction: TypesCorrection) -> Correction:
        """Put other types in the place of a sentence's."""
        made = store.correct_types(document_id, index, correction.types, correction.version)
        services.metrics.corrections.inc()
        return made

    @router.put("/documents/{document_id}/abstract")
    def correct_abstract(document_id: str, correction: AbstractCorrection) -> Correction:
        """Put another text in the place of the abstract."""
        made = store.correct_abstract(document_id, correction.text, correction.version)
        services.metrics.corrections.inc()
        return made

    @router.delete("/documents/{document_id}/corrections/{number}")
    def undo(document_id: str, number: int) -> Correction:
        """Undo a correction: what stood before it stands again."""
        return store.undo(document_id, number)

    @router.get("/documents/{document_id}/export", response_class=Response)
    def export(
        document_id: str,
        format: Literal["json", "csv", "xlsx", "markdown", "html", "annotations"] = "annotations",
    ) -> Response:
        """Return a document as it stands after its corrections, as a file."""
        reviewed = store.document(document_id)
        content = (
            annotated_documents([reviewed])
            if format == "annotations"
            else render([reviewed.corrected()], format, "analysis", reviewed.schema)
        )
        return Response(content, media_type=MEDIA_TYPES[format])

    @router.get("/annotations", response_class=Response)
    def annotations() -> Response:
        """Return all documents that have a correction as annotated documents (JSON Lines), to train on."""
        reviewed = (store.document(entry.id) for entry in store.entries() if entry.corrections)
        return Response(annotated_documents(reviewed), media_type=MEDIA_TYPES["annotations"])

    return router
