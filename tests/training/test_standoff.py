"""Labels kept apart from their texts: found again in text files, JSON Lines, saved pages and downloads."""

import http.server
import json
import threading

import pytest
from communique.cli import app
from communique.errors import CorpusError
from communique.models.taxonomy import commitment_schema
from communique.training.corpus import AnnotatedDocument, AnnotatedSentence, load_documents
from communique.training.standoff import (
    REAL_LABELS,
    load_standoff,
    page_text,
    read_texts,
    restore,
    restore_all,
    to_standoff,
    write_restored,
)
from typer.testing import CliRunner

SENTENCES = [
    ("Harbour ministers adopt salvage plan", ("decision",)),
    ("The harbour ministers of six coastal states adopted a plan to raise 40 wrecks.", ("decision",)),
    ("“We will pay our share,” said Ms. Ilse Brandt, the chair.", ("pledge",)),
    ("They urged ship-owners & insurers to report losses within 5 days.", ("call",)),
    ("They urged ship-owners & insurers to report losses within 5 days.", ("call",)),
    ("The council was founded in 1991.", ("background",)),
]
PAGE = """<!doctype html><html><head><title>News</title><style>p {{ margin: 0 }}</style></head><body>
<nav><a href="/">Home</a> <a href="/news">All news</a></nav><h1>{0}</h1><p class="lead">The&nbsp;harbour ministers of
six <b>coastal</b> states adopted a plan to raise 40 wrecks. {2}</p><div>{3}<br>{4}</div><script>var x = "<p>";</script>
<p>{5}</p><footer>Share this page</footer></body></html>"""


@pytest.fixture
def document():
    text, spans = "", []
    for sentence, types in SENTENCES:
        spans.append(
            AnnotatedSentence(start=len(text), end=len(text) + len(sentence), types=types, salient=False)
        )
        text += sentence + "\n"
    return AnnotatedDocument(
        id="harbour:2019-04#1",
        title=SENTENCES[0][0],
        genre="official",
        text=text,
        sentences=tuple(spans),
        abstract="Harbour ministers adopted a plan to raise 40 wrecks.",
    )


@pytest.fixture
def page():
    return PAGE.format(*(text.replace("&", "&amp;") for text, _ in SENTENCES))


def same_sentences(document, restored):
    return restored.sentence_texts() == document.sentence_texts() and [
        s.types for s in restored.sentences
    ] == [s.types for s in document.sentences]


def test_standoff_holds_no_text(document):
    kept = to_standoff(document).model_dump_json(include={"sentences"})
    assert not any(word in kept for text, _ in SENTENCES for word in text.split() if len(word) > 4)


def test_restored_from_its_text_and_from_a_page_with_furniture(document, page):
    labels = to_standoff(document)
    for text in (document.text, document.text.replace("\n", "  \n\n\t"), page_text(page)):
        result = restore(labels, text)
        assert not result.missing
        assert same_sentences(document, result.document)
        assert result.document.abstract == document.abstract


def test_a_missing_sentence_is_named_and_the_abstract_is_dropped(document):
    result = restore(to_standoff(document), document.text.replace("40 wrecks", "41 wrecks"))
    assert result.missing == (2,)
    assert "1 of 6 sentences not found: 2" in str(result)
    assert result.document.excerpt
    assert result.document.abstract is None
    assert len(result.document.sentences) == 5


def test_a_document_without_text_is_reported(document):
    (result,) = restore_all([to_standoff(document)], {})
    assert result.document is None
    assert "no text was given" in str(result)


def test_texts_come_from_lines_folders_and_files(document, page, tmp_path):
    labels = [to_standoff(document)]
    lines = tmp_path / "texts.jsonl"
    lines.write_text(json.dumps({"id": document.id, "text": document.text}) + "\n")
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "harbour_2019-04.html").write_text(page)
    (folder / "other.html").write_text("<p>nothing</p>")
    for path in (lines, folder, folder / "harbour_2019-04.html"):
        texts = read_texts([path], labels)
        assert not restore(labels[0], texts[document.id]).missing


@pytest.mark.parametrize(
    ("line", "message"), [("{", ":1: is no JSON object"), ('{"id": "a"}', "with 'id' and 'text'")]
)
def test_broken_texts_are_refused_with_their_line(line, message, tmp_path):
    (tmp_path / "texts.jsonl").write_text(line)
    with pytest.raises(CorpusError, match=message):
        read_texts([tmp_path / "texts.jsonl"], [])


def test_broken_standoff_is_refused_with_its_line(document, tmp_path):
    record = to_standoff(document).model_dump(mode="json")
    record["sentences"][0]["types"] = ["promise"]
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(record) + "\n")
    with pytest.raises(CorpusError, match=r"labels\.jsonl:1: sentence 1: .*promise"):
        load_standoff(path, commitment_schema())


def test_shipped_labels_are_valid_and_hold_no_sentence():
    labels = load_standoff(REAL_LABELS, commitment_schema())
    assert len(labels) > 500
    assert sum(len(document.sentences) for document in labels) > 5000
    assert sum(document.url is None for document in labels) <= 1
    first = json.loads(REAL_LABELS.read_text(encoding="utf-8").split("\n")[0])
    assert set(first["sentences"][0]) <= {"sha256", "length", "types", "salient", "doubt"}


asked: list[str] = []
busy: set[str] = set()
pages: dict[str, str] = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        if self.path in busy:
            busy.discard(self.path)
            self.send_response(503)
            self.send_header("Retry-After", "0")
            self.end_headers()
            return
        body = pages.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site(page):
    pages.update({"/a": page, "/secret": page, "/robots.txt": "User-agent: *\nDisallow: /secret\n"})
    asked.clear()
    busy.add("/a")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_whole_way_from_labels_over_download_to_a_corpus_file(document, site, tmp_path):
    good = to_standoff(document).model_copy(update={"url": f"{site}/a"})
    forbidden = good.model_copy(update={"id": "secret", "url": f"{site}/secret"})
    gone = good.model_copy(update={"id": "gone", "url": f"{site}/gone"})
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(d.model_dump_json() + "\n" for d in (good, forbidden, gone)))
    output, folder = tmp_path / "out" / "real.jsonl", tmp_path / "pages"

    command = ["corpus", "restore", "--standoff", str(labels), "--download", str(folder), "--pause", "0"]
    command += ["--output", str(output)]
    result = CliRunner().invoke(app, command)

    assert result.exit_code == 1
    assert "secret" in result.output
    assert "robots.txt forbids it" in result.output
    assert "404" in result.output
    assert "wrote 1 of 3 document(s), 6 sentence(s)" in result.output
    (restored,) = load_documents([output], commitment_schema())
    assert same_sentences(document, restored)
    assert asked.count("/a") == 2  # once busy, once served
    assert "/secret" not in asked

    CliRunner().invoke(app, command)
    assert asked.count("/a") == 2  # the saved page is not asked for again


def test_nothing_found_writes_nothing(document, tmp_path):
    labels, texts = tmp_path / "labels.jsonl", tmp_path / "texts.jsonl"
    labels.write_text(to_standoff(document).model_dump_json())
    texts.write_text(json.dumps({"id": document.id, "text": "Something else."}))
    output = tmp_path / "real.jsonl"
    result = CliRunner().invoke(
        app,
        ["corpus", "restore", "--standoff", str(labels), "--texts", str(texts), "--output", str(output)],
    )
    assert isinstance(result.exception, CorpusError)
    assert not output.exists()


def test_standoff_command_and_back(document, tmp_path):
    source, kept = tmp_path / "corpus.jsonl", tmp_path / "labels.jsonl"
    write_restored([restore(to_standoff(document), document.text)], source)
    assert CliRunner().invoke(app, ["corpus", "standoff", str(source), "-o", str(kept)]).exit_code == 0
    (labels,) = load_standoff(kept, commitment_schema())
    assert not restore(labels, document.text).missing
