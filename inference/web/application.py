"""The application: the page, its JSON API, their description, health and measures."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from ..._version import __version__
from ...errors import CommuniqueError, InputError, MissingExtraError
from ..api import Analyzer
from ..reports import json_schema
from ..result_page import script, stylesheet
from .analysis_queue import AnalysisQueue, QueueFullError, Report, TooManyJobsError
from .analysis_routes import SCHEMA_NAMES, analysis_routes
from .corrections import ConflictError, CorrectionStore, InvalidCorrectionError, UnknownDocumentError
from .document_routes import document_routes
from .guard import LOOPBACK_NAMES, Guard
from .limits import Limits
from .metrics import CONTENT_TYPE, Metrics
from .services import Services, TextTooLongError, TookTooLongError
from .uploads import Uploads

_STATIC = Path(__file__).with_name("static")
_STATUSES: dict[type[CommuniqueError], HTTPStatus] = {
    UnknownDocumentError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    TextTooLongError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InvalidCorrectionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    MissingExtraError: HTTPStatus.NOT_IMPLEMENTED,
    TooManyJobsError: HTTPStatus.TOO_MANY_REQUESTS,
    QueueFullError: HTTPStatus.SERVICE_UNAVAILABLE,
    TookTooLongError: HTTPStatus.SERVICE_UNAVAILABLE,
    CommuniqueError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The answers to errors; the first class that fits counts."""
_SECONDS_UNTIL_RETRY = "5"


def create_application(
    analyzer: Analyzer,
    store: CorrectionStore,
    limits: Limits | None = None,
    *,
    token: str | None = None,
    hosts: Collection[str] = (),
) -> FastAPI:
    """Make the application, to be run by any ASGI server.

    Args:
        analyzer: What analyses.
        store: Where documents and corrections are kept; it is closed with the application.
        limits: How much is taken on.
        token: What clients have to send as `Authorization: Bearer TOKEN`; None asks for nothing.
        hosts: Names, beside localhost, by which the server may be called.
    """
    limits = limits or Limits()
    queue = AnalysisQueue(limits.waiting, limits.per_client)
    metrics = Metrics(lambda: len(queue))
    uploads = Uploads(analyzer, store, queue, limits, metrics)
    services = Services(analyzer, store, queue, uploads, limits, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # The summarizer takes seconds to load, which otherwise the first user would wait.
        queue.submit("", lambda report: _load_models(analyzer, report))
        yield
        queue.close()
        uploads.close()
        store.close()

    application = FastAPI(
        title="communique",
        version=__version__,
        summary="Labels the commitments in diplomatic communiqués and writes grounded abstracts.",
        # The usual pages of documentation load scripts of third parties.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    application.add_middleware(
        Guard, limits=limits, metrics=metrics, token=token, hosts={*LOOPBACK_NAMES, *hosts}
    )
    application.add_exception_handler(CommuniqueError, _known_error)
    application.add_exception_handler(RequestValidationError, _invalid_request)
    application.add_exception_handler(HTTPException, _http_error)
    application.include_router(analysis_routes(services))
    application.include_router(document_routes(services))
    _add_server_routes(application, services)
    _add_page(application)
    application.openapi = lambda: _description(application)  # type: ignore[method-assign]
    return application


def _load_models(analyzer: Analyzer, report: Report) -> None:
    report("loading models")
    analyzer.classifier  # noqa: B018 - it is loaded when first asked for
    analyzer.summarizer  # noqa: B018


def _add_server_routes(application: FastAPI, services: Services) -> None:
    @application.get("/healthz", tags=["server"])
    def health() -> dict[str, Any]:
        """Tell that the server works, its limits, and how many requests wait for the models or run."""
        return {
            "status": "ok",
            "version": __version__,
            "unfinished": len(services.queue),
            "limits": asdict(services.limits),
        }

    @application.get("/metrics", tags=["server"], response_class=Response)
    def measures() -> Response:
        """Return counts and times in the text format of Prometheus."""
        return Response(services.metrics.text(), media_type=CONTENT_TYPE)


def _add_page(application: FastAPI) -> None:
    @application.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_STATIC / "page.html")

    @application.get("/docs", include_in_schema=False)
    def documentation() -> FileResponse:
        return FileResponse(_STATIC / "docs.html")

    @application.get("/static/results.css", include_in_schema=False)
    def results_style() -> Response:
        return Response(stylesheet(), media_type="text/css")

    @application.get("/static/results.js", include_in_schema=False)
    def results_script() -> Response:
        return Response(script(), media_type="text/javascript")

    application.mount("/static", StaticFiles(directory=_STATIC), name="static")


def _known_error(_: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return _error(status, str(error))


def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = (
        f"{'.'.join(str(part) for part in problem['loc'][1:]) or 'the request'}: {problem['msg']}"
        for problem in error.errors()
    )
    return _error(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(problems))


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _error(HTTPStatus(error.status_code), f"{request.method} {request.url.path}: {error.detail}")


def _error(status: HTTPStatus, message: str) -> JSONResponse:
    wait = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    headers = {"Retry-After": _SECONDS_UNTIL_RETRY} if wait else None
    return JSONResponse({"error": message}, status, headers)


def _description(application: FastAPI) -> dict[str, Any]:
    """Describe the API (OpenAPI), its results by the same schemas as `communique schema` prints."""
    if application.openapi_schema is None:
        description = get_openapi(
            title=application.title,
            version=application.version,
            summary=application.summary,
            routes=application.routes,
        )
        schemas = description["components"]["schemas"]
        for content, name in SCHEMA_NAMES.items():
            written = json.dumps(json_schema(content)).replace("#/$defs/", "#/components/schemas/")
            schema = json.loads(written)
            for key, definition in schema.pop("$defs").items():
                schemas.setdefault(key, definition)
            del schema["$schema"]
            schemas[name] = schema | {"title": name}
        schemas["Error"] = {
            "title": "Error",
            "type": "object",
            "properties": {"error": {"type": "string", "description": "What is wrong and what to do."}},
            "required": ["error"],
        }
        application.openapi_schema = description
    return application.openapi_schema
