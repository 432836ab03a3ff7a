"""Fetching from http(s) addresses, within limits of time and size, and only from the public Internet if asked so."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from ..._version import __version__
from ...errors import InputError

USER_AGENT = f"communique/{__version__}"
CONNECT_SECONDS = 30.0
"""Seconds to wait for a connection or for the next bytes."""
TOTAL_SECONDS = 90.0
"""Seconds that a whole answer may take, redirects included."""
MAX_BYTES = 20_000_000
"""A larger answer is refused."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered."""

    data: bytes
    url: str
    """Where it came from in the end, after redirects."""
    media_type: str
    charset: str | None
    """The encoding that the server names, if any."""


def fetch(
    url: str, *, user_agent: str = USER_AGENT, max_bytes: int = MAX_BYTES, allow_private: bool = False
) -> Answer:
    """Get what an address holds.

    Unless `allow_private`, every address that is connected to must be a public one, those of redirects
    included: what is checked is the very address that is used, so that no name can lead elsewhere between
    check and use. A proxy of the environment is then passed by, for it would hide which address is reached.

    Args:
        url: The http(s) address.
        user_agent: How to introduce oneself.
        max_bytes: The largest answer that is taken.
        allow_private: Allow addresses of this machine and of local networks.

    Raises:
        InputError: If it is no http(s) address, or not a public one.
        urllib.error.HTTPError: If the server answers with an error.
        OSError: If the server cannot be reached or does not answer in time.
        ValueError: If the answer is too large or compressed.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise InputError(f"{url}: is no http(s) address")
    handlers: list[urllib.request.BaseHandler] = [_WebRedirects()]
    if not allow_private:
        handlers += [urllib.request.ProxyHandler({}), _PublicHTTP(), _PublicHTTPS()]
    opener = urllib.request.build_opener(*handlers)
    request = urllib.request.Request(url, headers={"User-Agent": user_agent, "Accept-Encoding": "identity"})
    with opener.open(request, timeout=CONNECT_SECONDS) as answer:
        data = answer.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise ValueError(f"is larger than {max_bytes // 1_000_000} MB")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise ValueError("is compressed, though that was not asked for")
        return Answer(
            data, answer.url, answer.headers.get_content_type(), answer.headers.get_content_charset()
        )


def fetch_document(url: str, *, allow_private: bool = False) -> Answer:
    """Get what an address holds, with an error that names it and says what to do.

    Args:
        url: The http(s) address.
        allow_private: As in `fetch`.

    Raises:
        InputError: If it cannot be had.
    """
    results: list[Answer | Exception] = []

    def work() -> None:
        try:
            results.append(fetch(url, allow_private=allow_private))
        except Exception as error:
            results.append(error)

    # A thread, because a server that sends a byte now and then keeps within the limit of each wait.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(TOTAL_SECONDS)
    result = results[0] if results else TimeoutError()
    if isinstance(result, Answer):
        return result
    if isinstance(result, InputError):
        raise result
    if isinstance(result, urllib.error.HTTPError):
        raise InputError(
            f"{url}: the server answers {result.code} ({result.reason}); look whether it is right"
        )
    if isinstance(result, TimeoutError) or isinstance(getattr(result, "reason", None), TimeoutError):
        raise InputError(f"{url}: does not answer in time; try again, or save the page and name the file")
    if isinstance(result, OSError | ValueError | http.client.HTTPException):
        reason = getattr(result, "reason", None) or result
        raise InputError(f"{url}: cannot be fetched ({reason}); save the page and name the file")
    raise result


class _WebRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http(s) addresses only; urllib would also follow those to ftp."""

    max_redirections = 5

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:  # noqa: ANN401 - as urllib has it
        if urllib.parse.urlsplit(newurl).scheme not in ("http", "https"):
            raise InputError(f"{req.full_url}: leads to '{newurl}', which is no http(s) address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _public_socket(host: str, port: int, timeout: float | None) -> socket.socket:
    """Connect to a host if all its addresses are public ones."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if not is_public(ip):
            raise InputError(
                f"{host}: is at {ip}, an address of this machine or of a local network; "
                "allow it with --allow-private (allow_private=True) if you trust it"
            )
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is one of the public Internet, and no gate to another kind of address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class _PublicHTTPConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = _public_socket(self.host, self.port, self.timeout)


class _PublicHTTPSConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = _public_socket(self.host, self.port, self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _PublicHTTP(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_PublicHTTPConnection, req)


class _PublicHTTPS(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_PublicHTTPSConnection, req)
