"""Fetching public pages politely: one after the other, with pauses, within robots.txt, resumable."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.robotparser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._version import __version__
from ..errors import InputError
from ..inference.readers.web import fetch

USER_AGENT = f"communique/{__version__} (corpus restore)"
PAUSE_SECONDS = 1.0
MAX_BYTES = 10_000_000
ATTEMPTS = 3
_PASSING = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to fetch, and the name to save it under."""

    name: str
    url: str


def download_pages(
    pages: Sequence[Page],
    folder: Path,
    *,
    pause: float = PAUSE_SECONDS,
    report: Callable[[str], None] = lambda message: None,
) -> dict[str, str]:
    """Save pages as NAME.html; one that is there already is not asked for again.

    A host is asked at most once in `pause` seconds, only for what its robots.txt allows, and again after an
    answer that says to wait. A page is in the folder completely or not at all.

    Args:
        pages: What to fetch.
        folder: Where to save it; made if missing.
        pause: Seconds between two requests.
        report: Called with a line for each page that was asked for.

    Returns:
        Why a page is missing, by its name; empty when all are there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    robots: dict[str, urllib.robotparser.RobotFileParser | None] = {}
    failures: dict[str, str] = {}
    for page in pages:
        target = folder / f"{page.name}.html"
        if target.is_file():
            continue
        problem = _refusal(page.url, robots)
        if problem is None:
            try:
                content = _fetch(page.url, pause)
            except (InputError, OSError, ValueError) as error:
                problem = str(error)
            else:
                partial = target.with_suffix(".partial")
                partial.write_text(content, encoding="utf-8")
                partial.replace(target)
        if problem is not None:
            failures[page.name] = f"{page.url}: {problem}"
        report(f"{page.name}: {problem or 'saved'}")
        time.sleep(pause)
    return failures


def _refusal(url: str, robots: dict[str, urllib.robotparser.RobotFileParser | None]) -> str | None:
    """Say why a page may not be asked for; None when it may."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return f"is no http(s) address: '{url}'"
    site = f"{parts.scheme}://{parts.netloc}"
    if site not in robots:
        robots[site] = _robots_of(site)
    rules = robots[site]
    return None if rules is None or rules.can_fetch(USER_AGENT, url) else "its site's robots.txt forbids it"


def _robots_of(site: str) -> urllib.robotparser.RobotFileParser | None:
    """Read a site's rules; None where it has none."""
    try:
        lines = _open(f"{site}/robots.txt").splitlines()
    except (InputError, OSError, ValueError):
        return None
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(lines)
    return rules


def _fetch(url: str, pause: float) -> str:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _open(url)
        except urllib.error.HTTPError as error:
            if error.code not in _PASSING or attempt == ATTEMPTS:
                raise
            waiting = error.headers.get("Retry-After", "")
            time.sleep(min(60.0, float(waiting)) if waiting.isdigit() else pause * 2**attempt)
    raise AssertionError("the loop returns or raises")


def _open(url: str) -> str:
    # The addresses come from labels that the user chose, so any is allowed.
    answer = fetch(url, user_agent=USER_AGENT, max_bytes=MAX_BYTES, allow_private=True)
    try:
        return answer.data.decode(answer.charset or "utf-8", errors="replace")
    except LookupError:
        return answer.data.decode("utf-8", errors="replace")
