"""What stands before the application: who may ask, how much, and what a browser may do with the answer."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import logging
import time
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Limits
from .metrics import Metrics

SECONDS_TO_SEND = 60.0
"""How long a client may take to send its request."""
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

_SAFE_METHODS = ("GET", "HEAD")
_WITH_TOKEN = ("/v1/", "/metrics")
"""What the token protects; the page itself holds nothing and asks for it."""
_HEADERS = {
    # No script or style but the page's own files, nothing from or to other servers, in nobody's frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class RefusedError(Exception):
    """A request that is not passed on."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Guard:
    """Checks every request before the application sees it, and adds security headers to every answer.

    A page of another site that a user visits can make the browser send requests here. Those are told by the Host
    header, where the site's name was pointed at this machine (DNS rebinding), and by the Origin header, where the
    site writes across (CSRF).

    Args:
        app: The application.
        limits: How large a request may be.
        metrics: Where requests are counted.
        token: What clients have to send as `Authorization: Bearer TOKEN`; None asks for nothing.
        hosts: Names by which this server may be called. Numeric addresses need none, for no other site can be
            reached by them.
    """

    def __init__(
        self, app: ASGIApp, limits: Limits, metrics: Metrics, token: str | None, hosts: Collection[str]
    ) -> None:
        self._app = app
        self._max_bytes = limits.megabytes * 1_000_000
        self._metrics = metrics
        self._token = token
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request and pass it on (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(scope)
            body = await self._body(scope, receive)
            await self._app(scope, _replayed(body, receive), send_with_headers)
        except RefusedError as error:
            await send_error(send_with_headers, error.status, str(error))
        except Exception:
            logging.getLogger(__name__).exception("%s %s", scope["method"], scope["path"])
            if status:
                raise
            message = "something went wrong that should not; the server's output tells what"
            await send_error(send_with_headers, HTTPStatus.INTERNAL_SERVER_ERROR, message)
        finally:
            route = scope.get("route")
            path = getattr(route, "path", "other")
            self._metrics.count_request(scope["method"], path, status, time.monotonic() - started)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if name not in self._hosts and not _is_address(name):
            raise RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"this server is not called '{name}'; start it with --allow-host {name} if it should be",
            )
        if scope["method"] not in _SAFE_METHODS:
            origin = headers.get("origin")
            if (origin is not None and urlsplit(origin).netloc != host) or headers.get(
                "sec-fetch-site", "same-origin"
            ) not in ("same-origin", "none"):
                raise RefusedError(
                    HTTPStatus.FORBIDDEN, f"a page of another site ({origin}) may not change anything here"
                )
        if self._token is not None and scope["path"].startswith(_WITH_TOKEN):
            scheme, _, given = headers.get("authorization", "").partition(" ")
            # compare_digest takes the same time wherever the two differ.
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._token.encode()):
                raise RefusedError(
                    HTTPStatus.UNAUTHORIZED,
                    "this server asks for its token: send the header 'Authorization: Bearer TOKEN'",
                )

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """Receive the whole request, within limits of size and time."""
        too_large = RefusedError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the request is larger than {self._max_bytes // 1_000_000} MB, the most that this server takes",
        )
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > self._max_bytes:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                while True:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > self._max_bytes:
                        raise too_large
                    if not message.get("more_body"):
                        return bytes(body)
        except TimeoutError:
            raise RefusedError(
                HTTPStatus.REQUEST_TIMEOUT,
                f"the request took longer than {SECONDS_TO_SEND:g} seconds to arrive",
            ) from None


async def send_error(send: Send, status: HTTPStatus, message: str) -> None:
    """Answer with an error as JSON, the way every error of the server looks."""
    headers = [(b"content-type", b"application/json")]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": message}).encode()})


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give the application what was received already, and then what comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
