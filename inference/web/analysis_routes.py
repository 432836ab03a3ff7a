"""The routes that analyse a text and answer with JSON; nothing of it is kept."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ...models.text import Document
from ..api import abstain
from ..reports import Content, to_dict
from ..results import Analysis
from .limits import MAX_EXPLAINED_CHARACTERS
from .services import Services

SCHEMA_NAMES: dict[Content, str] = {
    "analysis": "Analysis",
    "sentences": "LabelledText",
    "abstract": "SummarizedText",
}
"""What the answers are called in the description of the API."""


def _checked_characters(text: str) -> str:
    """Refuse halves of surrogate pairs, which JSON can name and no text can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is half of a surrogate pair, which is no character"
        ) from None
    return text


Text = Annotated[str, AfterValidator(_checked_characters)]


class TextRequest(BaseModel):
    """A text, and what is known of it."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(examples=["The ministers agreed to reopen the border."])
    title: Text | None = Field(None, description="Its title, if the text does not open with it.")
    date: datetime.date | None = Field(None, description="The day from which 'next year' counts.")
    source: Text | None = Field(None, description="A name by which you find it again.")

    def document(self) -> Document:
        """Return the text as a document."""
        written = self.date.isoformat() if self.date else None
        return Document(self.text, self.title, written, self.source)


class ClassifyRequest(TextRequest):
    """A text whose sentences are to be labelled."""

    facts: bool = Field(False, description="Find actors, addressees, dates, deadlines and amounts, too.")
    explain: bool = Field(False, description="Name the words that carried each label; slow.")
    min_confidence: float = Field(
        0.0, ge=0, le=1, description="Give no type where the primary one is less likely to be right."
    )


class SummarizeRequest(TextRequest):
    """A text of which an abstract is wanted."""

    method: Literal["abstractive", "extractive"] = Field(
        "abstractive", description="Written by the language model, or picked sentences."
    )


class AnalyzeRequest(SummarizeRequest):
    """A text of which both are wanted."""

    facts: bool = Field(False, description="Find actors, addressees, dates, deadlines and amounts, too.")


def analysis_routes(services: Services) -> APIRouter:
    """Return the routes /v1/analyze, /v1/classify and /v1/summarize."""
    router = APIRouter(prefix="/v1", tags=["analysis"])
    analyzer = services.analyzer

    async def answered(
        request: Request, asked: TextRequest, content: Content, work: Callable[[], Analysis]
    ) -> JSONResponse:
        services.check_length(asked.text)
        analysis = await services.answer(client_of(request), work)
        services.metrics.sentences.inc(len(analysis.sentences))
        return JSONResponse(to_dict(analysis, content))

    @router.post("/analyze", responses=_answers("analysis"))
    async def analyze(asked: AnalyzeRequest, request: Request) -> JSONResponse:
        """Label every sentence of a text and write its abstract."""

        def work() -> Analysis:
            return analyzer.analyze(asked.document(), method=asked.method, facts=asked.facts)

        return await answered(request, asked, "analysis", work)

    @router.post("/classify", responses=_answers("sentences"))
    async def classify(asked: ClassifyRequest, request: Request) -> JSONResponse:
        """Label every sentence of a text."""
        if asked.explain:
            services.check_length(asked.text, MAX_EXPLAINED_CHARACTERS)

        def work() -> Analysis:
            analysis = analyzer.analyze(asked.document(), method=None, facts=asked.facts)
            sentences = analyzer.explain(analysis.sentences) if asked.explain else analysis.sentences
            return replace(analysis, sentences=tuple(abstain(sentences, asked.min_confidence)))

        return await answered(request, asked, "sentences", work)

    @router.post("/summarize", responses=_answers("abstract"))
    async def summarize(asked: SummarizeRequest, request: Request) -> JSONResponse:
        """Write the abstract of a text."""

        def work() -> Analysis:
            return analyzer.analyze(asked.document(), method=asked.method)

        return await answered(request, asked, "abstract", work)

    return router


def client_of(request: Request) -> str:
    """Return who sends a request: its address."""
    return request.client.host if request.client else ""


def _answers(content: Content) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route, for the description of the API."""
    schema = {"$ref": f"#/components/schemas/{SCHEMA_NAMES[content]}"}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    refusals = {
        401: "The token is missing or wrong.",
        413: "The text or the request is too large.",
        422: "The text is empty, or a field is wrong.",
        429: "This client has too many requests in progress.",
        503: "Too much is waiting, or the answer took too long.",
    }
    return {
        200: {"description": "The result.", "content": {"application/json": {"schema": schema}}},
        **{status: {"description": why, "content": error} for status, why in refusals.items()},
    }
