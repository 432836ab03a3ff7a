"""A process beside this one in which heavy parsers run, within limits of time and memory.

A file made to break its parser then costs its own reading and nothing else: the process is ended, the file is
named in an error, and a new process reads the next one.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any, Literal, Self

from ...errors import InputError
from ...models.text import Document
from .text import ReadText

ParsedKind = Literal["html", "pdf", "docx", "parquet"]

TIMEOUT_SECONDS = 60.0
"""Seconds that a document may take."""
MEMORY_BYTES = 3_000_000_000
"""Address space of the process, where the system enforces such a limit (Linux does, macOS does not)."""


class Worker:
    """A process that parses one file after the other; it is started when first needed.

    Args:
        timeout: Seconds that a document may take.
        memory: Bytes of address space that the process may have.
    """

    def __init__(self, timeout: float = TIMEOUT_SECONDS, memory: int = MEMORY_BYTES) -> None:
        self._timeout = timeout
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(
        self, kind: ParsedKind, data: bytes, name: str, charset: str | None = None
    ) -> Iterator[ReadText | InputError]:
        """Parse a file.

        Args:
            kind: What it is.
            data: The file.
            name: What to call it in messages.
            charset: The encoding of a page that its server names, if any.

        Yields:
            Its documents; an error for what cannot be read.
        """
        connection = self._started()
        finished = False
        try:
            connection.send_bytes(json.dumps([kind, name, charset]).encode())
            connection.send_bytes(data)
            while True:
                if not connection.poll(self._timeout):
                    yield InputError(
                        f"{name}: takes longer than {self._timeout:g} seconds to read, which no ordinary file "
                        "does; save its text as a .txt file"
                    )
                    return
                message = json.loads(connection.recv_bytes())
                if message is None:
                    finished = True
                    return
                yield _outcome(message)
        except (EOFError, OSError):
            yield InputError(
                f"{name}: made its parser fail or need more than {self._memory // 1_000_000} MB of memory; "
                "save its text as a .txt file"
            )
        finally:
            # What was not read to its end, for whatever reason, must not be taken for the next file's.
            if not finished:
                self.close()

    def close(self) -> None:
        """End the process."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._connection = None

    def _started(self) -> Connection[Any, Any]:
        if self._connection is not None:
            return self._connection
        ours, theirs = socket.socketpair()
        # By the same search path as here, and without the current folder, where a file may be called json.py.
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), str(self._memory)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        theirs.close()
        self._connection = Connection(ours.detach())
        return self._connection


def _outcome(message: dict[str, Any]) -> ReadText | InputError:
    if "error" in message:
        return InputError(message["error"])
    return ReadText(Document(**message["document"]), tuple(message["warnings"]))


def serve(connection: Connection[Any, Any]) -> None:
    """Parse what comes until the other side is gone."""
    while True:
        try:
            kind, name, charset = json.loads(connection.recv_bytes())
            data = connection.recv_bytes()
        except EOFError:
            return
        try:
            for outcome in _parsed(kind, data, name, charset):
                connection.send_bytes(json.dumps(_message(outcome)).encode())
        except MemoryError:
            return  # what is left of this process cannot be relied upon
        except InputError as error:
            connection.send_bytes(json.dumps({"error": str(error)}).encode())
        except Exception as error:
            # Short of memory, parsers raise errors of many kinds.
            problem = (
                f"{name}: is broken, or too large to be read as {kind} ({type(error).__name__}: {error}); "
                "save it anew, or its text as a .txt file"
            )
            connection.send_bytes(json.dumps({"error": problem}).encode())
        connection.send_bytes(b"null")


def _parsed(kind: ParsedKind, data: bytes, name: str, charset: str | None) -> Iterator[ReadText | InputError]:
    """Call the parser; each is imported when it is first needed, for each is slow to import."""
    if kind == "html":
        from .html import read_html

        yield read_html(data, name, charset)
    elif kind == "pdf":
        from .pdf import read_pdf

        yield read_pdf(data, name)
    elif kind == "docx":
        from .docx import read_docx

        yield read_docx(data, name)
    else:
        from .tables import read_parquet

        yield from read_parquet(data, name)


def _message(outcome: ReadText | InputError) -> dict[str, Any]:
    return {"error": str(outcome)} if isinstance(outcome, InputError) else asdict(outcome)


def _main() -> None:
    import resource

    descriptor, memory = map(int, sys.argv[1:])
    # macOS refuses this limit.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(Connection(descriptor))


if __name__ == "__main__":
    _main()
