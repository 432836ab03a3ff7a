"""Shared fixtures: no network, a cache of its own, an authored miniature corpus, tiny trained models."""

from __future__ import annotations

import http.server
import json
import os
import socket
import threading
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent

# Sentences written for the tests, by type. Each document below takes some of each.
SENTENCES = {
    "resource": "Norway will provide {n} million dollars for the ferry fund of {place}.",
    "decision": "The council approved a work plan of {n} points for {place}.",
    "agreement": "The two sides agreed to reopen {n} border crossings near {place}.",
    "activity": "The next session will be held in {place} on {n} October.",
    "pledge": "The ministers vowed to keep the port of {place} open for {n} years.",
    "call": "He urged all members to ratify the {place} treaty within {n} months.",
    "position": "They welcomed the {n} per cent rise in trade through {place}.",
    "consultation": "The envoys exchanged views on {place} for {n} hours.",
    "background": "The group of {n} states was founded in {place}.",
}
PLACES = ("Bergen", "Accra", "Lima", "Hanoi", "Quito", "Riga", "Dakar", "Suva")


def authored_document(number: int, split: str) -> dict:
    """A document with one sentence of every type, an abstract of two of them."""
    place = PLACES[number % len(PLACES)]
    title = f"Ministers meet in {place} for round {number}"
    lines = [title]
    types = [["background"]]
    for offset, (name, pattern) in enumerate(SENTENCES.items()):
        lines.append(pattern.format(n=3 + (number * 7 + offset) % 23, place=place))
        types.append([name])
    text = "\n".join(lines)
    sentences = []
    start = 0
    for line, names in zip(lines, types, strict=True):
        salient = names[0] in ("decision", "agreement")
        sentences.append({"start": start, "end": start + len(line), "types": names, "salient": salient})
        start += len(line) + 1
    return {
        "id": f"{split}-{number}",
        "title": title,
        "genre": "wire" if number % 2 else "official",
        "text": text,
        "sentences": sentences,
        "abstract": f"{lines[2]} {lines[3]}",
        "split": split,
    }


def write_corpus(path: Path, count: int, split: str, first: int = 0) -> Path:
    documents = [authored_document(number, split) for number in range(first, first + count)]
    path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
    return path


def shared_folder(tmp_path_factory) -> Path:
    """The folder for what all test processes of a run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


def made_once(tmp_path_factory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that all test processes of a run share: one makes it, the others wait for it."""
    folder = shared_folder(tmp_path_factory) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            make(folder)
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """The package must work without a network: any attempt to leave this machine fails the test."""

    def guarded(connect):
        def checked(self, address, *rest):
            if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
                raise AssertionError(f"tried to connect to {address}")
            return connect(self, address, *rest)

        return checked

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache folder of the tests' own, with bases that all test processes share: made twice, tokenizers may differ."""
    folder = tmp_path_factory.mktemp("cache")
    bases = shared_folder(tmp_path_factory) / "base"
    bases.mkdir(exist_ok=True)
    (folder / "base").symlink_to(bases)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMUNIQUE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def seed_article() -> str:
    return (ROOT / "seeds" / "seed-article.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("corpus")
    return {
        "train": write_corpus(folder / "train.jsonl", 24, "train"),
        "validation": write_corpus(folder / "validation.jsonl", 4, "validation", first=100),
    }


@pytest.fixture(scope="session")
def misread_corpus(corpus, tmp_path_factory) -> Path:
    """The validation documents with the types of two sentences exchanged: no classifier gets them all right."""
    path = tmp_path_factory.mktemp("misread") / "validation.jsonl"
    before, pledge, after = corpus["validation"].read_text().partition('["pledge"]')
    path.write_text(before.replace('["background"]', pledge, 1) + '["background"]' + after)
    return path


@pytest.fixture(scope="session")
def classifier_overrides(corpus) -> list[str]:
    return [
        f"data.train={corpus['train']}",
        f"data.validation={corpus['validation']}",
        "training.max_steps=40",
        "training.learning_rate=5e-3",
        "training.evaluations_per_epoch=1",
        # Threads that wait for one another's tiny matrices cost many times what they compute.
        "training.threads=1",
    ]


@pytest.fixture(scope="session")
def classifier_folder(tmp_path_factory, classifier_overrides) -> Path:
    """A tiny classifier, trained in seconds the way a user trains one."""
    from communique.training.classifier import train_classifier
    from communique.training.config import ClassifierConfig, load_config

    def train(output: Path) -> None:
        overrides = [*classifier_overrides, f"output={output}"]
        train_classifier(load_config(ClassifierConfig, "configs/tiny/classifier.yaml", overrides), quiet=True)

    return made_once(tmp_path_factory, "classifier", train)


@pytest.fixture(scope="session")
def summarizer_folder(tmp_path_factory, corpus) -> Path:
    """A tiny summarizer; it writes gibberish, which grounding must not let through."""
    from communique.training.config import SummarizerConfig, load_config
    from communique.training.summarizer import train_summarizer

    overrides = [
        f"data.train={corpus['train']}",
        f"data.validation={corpus['validation']}",
        "training.max_steps=4",
        "training.evaluations_per_epoch=1",
    ]

    def train(output: Path) -> None:
        config = load_config(
            SummarizerConfig, "configs/tiny/summarizer.yaml", [*overrides, f"output={output}"]
        )
        train_summarizer(config, quiet=True)

    return made_once(tmp_path_factory, "summarizer", train)


@pytest.fixture(scope="session")
def tiny_analyzer(classifier_folder, summarizer_folder):
    import communique

    return communique.load(classifier_folder, summarizer_folder)


class _Website(http.server.BaseHTTPRequestHandler):
    """Answers with a text, a page in another encoding, a redirect, an endless answer, or an error."""

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/article.txt":
            self.answer(
                "text/plain; charset=utf-8", "The council met in Zürich. It approved a plan.".encode()
            )
        elif path == "/latin":
            page = (
                "<p>The council met in Zürich and approved a plan of nine points for the port of Málaga.</p>"
            )
            self.answer("text/html; charset=iso-8859-1", page.encode("latin-1"))
        elif path == "/moved":
            self.send_response(302)
            self.send_header("Location", urllib.parse.unquote(urllib.parse.urlsplit(self.path).query))
            self.end_headers()
        elif path == "/endless":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"more " * 200_000)
            except OSError:
                pass  # the other side has seen enough
        else:
            self.send_error(404)

    def answer(self, content_type, body):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def website():
    """The address of a website on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Website)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
