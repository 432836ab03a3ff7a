"""The command `serve`: the page and its JSON API."""

from __future__ import annotations

import ipaddress
import socket
from typing import Annotated

import typer

from ...errors import MissingExtraError, ServerError
from ..web.limits import Limits
from .options import (
    ClassifierOption,
    DatabaseOption,
    EngineName,
    EngineOption,
    SummarizerOption,
    ThreadsOption,
)
from .terminal import say

SHORTEST_TOKEN = 16
SECONDS_TO_FINISH = 5
"""How long answers that are under way may take after Ctrl-C."""

_LIMITS = Limits()


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen at; one that others can reach demands --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 8317,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="COMMUNIQUE_TOKEN", help="A secret that the page and clients of the API have to give."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name by which browsers may call this server.")
    ] = None,
    database: DatabaseOption = None,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    max_characters: Annotated[int, typer.Option(min=1, help="Characters of a text.")] = _LIMITS.characters,
    max_megabytes: Annotated[int, typer.Option(min=1, help="Megabytes of a file.")] = _LIMITS.megabytes,
    max_seconds: Annotated[
        float, typer.Option(min=1, help="Seconds until an answer of the API, waiting included.")
    ] = _LIMITS.seconds,
    max_waiting: Annotated[
        int, typer.Option(min=1, help="Requests that may wait for the models.")
    ] = _LIMITS.waiting,
    max_per_client: Annotated[
        int, typer.Option(min=1, help="The same, of one address.")
    ] = _LIMITS.per_client,
) -> None:
    """Serve a page to analyse and correct documents in a browser, and a JSON API (see /docs).

    Stop it with Ctrl-C. Corrections are kept; `communique corrections export` writes them for training.
    """
    try:
        import uvicorn

        from ..web.application import create_application
    except ImportError:
        raise MissingExtraError("The page", "web") from None
    from .. import api
    from ..web.corrections import CorrectionStore, default_database

    _check_token(host, token)
    path = database or default_database()
    store = CorrectionStore(path)
    with _listening(host, port) as listener:
        application = create_application(
            api.load(classifier, summarizer, engine=engine.value, threads=threads),
            store,
            Limits(max_characters, max_megabytes, max_seconds, max_waiting, max_per_client),
            token=token,
            hosts=[host, *(allow_host or [])],
        )
        address, bound_port = listener.getsockname()[:2]
        say(f"serving http://{f'[{address}]' if ':' in address else address}:{bound_port}/ - Ctrl-C stops")
        say(f"documents and corrections are kept in {path}")
        config = uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _check_token(host: str, token: str | None) -> None:
    cure = "give one with --token or in COMMUNIQUE_TOKEN"
    if token is None and not _is_loopback(host):
        raise ServerError(
            f"--host {host}: others can reach this address, so the server needs a token; {cure}"
        )
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ServerError(
            f"the token has {len(token)} characters; one of fewer than {SHORTEST_TOKEN} can be guessed. `openssl rand "
            "-hex 16` makes a good one"
        )
    if token is not None and not token.isascii():
        raise ServerError("the token has characters that a request cannot carry; use letters and digits")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(host: str, port: int) -> socket.socket:
    """Open the port before the models are loaded, so that one that is taken is told at once."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family)
    except OSError as error:
        raise ServerError(f"--host {host}: is no address of this machine ({error})") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise ServerError(
            f"--host {host} --port {port}: cannot be listened at ({error.strerror}); take another, or --port 0"
        ) from None
    return listener
