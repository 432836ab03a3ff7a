import io
import json
import os
import re
import sys
import time
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from communique.errors import InputError, MissingExtraError
from communique.inference import reading
from communique.inference.reading import ReadText, read_document, read_documents
from communique.models.text import segment

from .rendering import FURNITURE, Article, article_of, as_docx, as_html, as_markdown, as_pdf, as_text


@pytest.fixture
def write(tmp_path):
    def _write(data: bytes):
        path = tmp_path / "article.txt"
        path.write_bytes(data)
        return path

    return _write


def test_utf8(write):
    read = read_document(write("Communiqué.\n".encode()))
    assert read.document.text == "Communiqué.\n"
    assert read.warnings == ()
    assert read.document.identifier.endswith("article.txt")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark(write, encoding):
    read = read_document(write("Communiqué.".encode(encoding)))
    assert read.document.text == "Communiqué." and not read.warnings


def test_a_guessed_encoding_is_said(write):
    read = read_document(write("Communiqué.".encode("cp1252")))
    assert read.document.text == "Communiqué."
    assert "Windows-1252" in read.warnings[0] and "byte 9" in read.warnings[0]


def test_broken_utf16(write):
    with pytest.raises(InputError, match="broken UTF-16"):
        read_document(write("Text".encode("utf-16") + b"\x00"))


def test_nul_bytes_keep_offsets(write):
    read = read_document(write(b"They met.\x00 They agreed to trade with one another."))
    assert read.document.text == "They met.  They agreed to trade with one another."
    assert "1 NUL" in read.warnings[0]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n", "a PNG picture"),
        (b"{\\rtf1 text}", "a Rich Text file; save it as .docx"),
        (b"\xd0\xcf\x11\xe0rest", "an old office document"),
        (bytes(range(256)) * 20, "binary data"),
        (b"a\x00b\x00c\x00d\x00" * 50, "binary data"),
    ],
)
def test_what_is_no_text(write, data, what):
    with pytest.raises(InputError, match=what):
        read_document(write(data))


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\x00\x00"[:0] + b"\n"])
def test_empty(write, data):
    with pytest.raises(InputError, match="empty"):
        read_document(write(data))


def test_missing_and_folder(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_document(tmp_path / "none.txt")
    with pytest.raises(InputError, match="is a folder without a file that can be read"):
        read_document(tmp_path)


def test_no_permission(write, monkeypatch):
    path = write(b"text")
    if os.geteuid() == 0:  # root may read everything, so the refusal is played

        def refuse(self, *_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(type(path), "open", refuse)
    else:
        path.chmod(0)
    with pytest.raises(InputError, match="no permission"):
        read_document(path)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"They met.")))
    read = read_document("-")
    assert read.document.text == "They met." and read.document.identifier == "standard input"


def test_a_folder_gives_its_files_in_order_and_names_what_it_leaves_out(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b.txt", "a.md", "sub/c.TXT", "picture.png", ".hidden.txt", ".git/d.txt"):
        (tmp_path / name).write_text("They met.")
    outcomes = list(read_documents([tmp_path]))
    assert [Path(o.document.identifier).name for o in outcomes] == ["a.md", "b.txt", "c.TXT"]
    assert "left out (1 .png)" in outcomes[0].warnings[0] and not outcomes[1].warnings


def test_a_pattern_gives_the_files_that_match(tmp_path):
    for name in ("a-1.txt", "a-2.txt", "b.txt"):
        (tmp_path / name).write_text("They met.")
    assert len(list(read_documents([f"{tmp_path}/a-*.txt"]))) == 2
    (error,) = read_documents([f"{tmp_path}/c-*.txt"])
    assert "no file matches" in str(error)


def test_a_file_whose_name_looks_like_a_pattern(tmp_path):
    path = tmp_path / "notes [final].txt"
    path.write_text("They met.")
    assert read_document(path).document.text == "They met."


def test_links_that_lead_back_or_nowhere_are_named_and_the_rest_is_read(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "a.txt").symlink_to(tmp_path / "b.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "c.txt").symlink_to(tmp_path / "none.txt")
    (tmp_path / "d.txt").write_text("They met.")
    *errors, read = read_documents([tmp_path])
    assert [str(error).partition(": ")[2] for error in errors] == [
        "is a link that leads back to itself; remove it",
        "is a link that leads back to itself; remove it",
        "is a link that leads nowhere",
    ]
    assert read.document.identifier.endswith("d.txt")


def test_a_file_that_is_too_large(write, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 1000)
    with pytest.raises(InputError, match="is larger than"):
        read_document(write(b"They met. " * 101))


def test_content_decides_over_the_name(tmp_path):
    article = Article("Ministers meet in Riga", (("They agreed to trade more.", "They met for two days."),))
    for data, kind in ((as_html(article), "a web page"), (as_docx(article), "a Word document")):
        path = tmp_path / "article.txt"
        path.write_bytes(data)
        read = read_document(path)
        assert "They agreed to trade more." in read.document.text
        assert read.warnings == (f"{path}: its name or server says a text, but it was read as {kind}",)


def test_what_is_not_of_the_kind_that_its_name_says(tmp_path):
    for name, data in (("a.pdf", b"They met."), ("b.docx", b"They met."), ("c.pdf", bytes(range(256)) * 9)):
        (tmp_path / name).write_bytes(data)
    errors = list(read_documents([tmp_path]))
    assert ["whatever its name says" in str(error) for error in errors] == [True] * 3


def test_without_the_extra_each_such_file_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "b.txt").write_text("They met.")
    error, read = read_documents([tmp_path])
    assert isinstance(error, MissingExtraError)
    assert "a.pdf: reading a PDF file needs the extra 'documents': pip install" in str(error)
    assert read.document.text == "They met."


def test_a_file_with_several_documents_is_not_one(tmp_path):
    path = tmp_path / "two.jsonl"
    path.write_text('{"text": "They met."}\n{"text": "They parted."}\n')
    assert len(list(read_documents([path]))) == 2
    with pytest.raises(InputError, match="does not hold one document"):
        read_document(path)


# --- The same article in every form ---

FORMS = {
    "text": (".txt", as_text),
    "markdown": (".md", as_markdown),
    "html": (".html", as_html),
    "docx": (".docx", as_docx),
    "pdf": (".pdf", as_pdf),
    "pdf, two columns, divided words, footnotes": (
        ".pdf",
        partial(as_pdf, columns=2, divide_words=True, notes=True, lines_a_page=20),
    ),
    "pdf, three columns": (".pdf", partial(as_pdf, columns=3, size=8.5, lines_a_page=20)),
    "pdf, indented, divided words, footnotes": (
        ".pdf",
        partial(as_pdf, divide_words=True, indent=True, notes=True, lines_a_page=12),
    ),
}


@pytest.fixture(scope="module")
def articles():
    path = Path(__file__).parents[2] / "seeds" / "corpus" / "test.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [article_of(json.loads(line)) for line in lines[:25]]


@pytest.mark.parametrize("form", FORMS)
def test_sentences_survive_in_every_form(articles, tmp_path, form):
    suffix, render = FORMS[form]
    for number, article in enumerate(articles):
        (tmp_path / f"{number:02}{suffix}").write_bytes(render(article))
    outcomes = list(read_documents([tmp_path]))
    assert all(isinstance(outcome, ReadText) for outcome in outcomes)
    kept = total = 0
    for article, outcome in zip(articles, outcomes, strict=True):
        found = Counter(" ".join(s.text.split()) for s in segment(outcome.document.text))
        kept += (Counter(article.sentences) & found).total()
        total += len(article.sentences)
        assert not any(words in outcome.document.text for words in FURNITURE)
        if suffix != ".txt":
            assert outcome.document.title == article.title
    assert kept >= 0.97 * total


def test_date_and_publisher_of_a_page(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(as_html(Article("Ministers meet in Riga", (("They agreed to trade more.",),))))
    document = read_document(path).document
    assert (document.date, document.publisher) == ("2021-03-04", "The Ministry")


# --- Files made to do harm ---


def docx_with(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def locked_pdf() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(72, 72, "They met.")
    canvas.save()
    return buffer.getvalue()


def long_pdf(pages: int) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for _ in range(pages):
        canvas.drawString(72, 400, "They met.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def broken_pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 9 0 R>>\nendobj\nxref\n0 2\n9999999999\ntrailer<</Root 1 0 R>>\n%%EOF"


def deep_page() -> bytes:
    return b"<!doctype html><html><body>" + b"<div>" * 200_000 + b"They met." + b"</div>" * 200_000


HOSTILE = {
    "bomb.docx": (
        lambda: docx_with(**{"word/document.xml": b"\0" * 300_000_000}),
        "unpacks to 300 MB, and at most 200 MB are read",
    ),
    "macros.docm": (
        lambda: docx_with(**{"word/document.xml": b"<x/>", "word/vbaProject.bin": b"x"}),
        "with macros; save it as .docx",
    ),
    "laughs.docx": (
        lambda: docx_with(
            **{
                "[Content_Types].xml": b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>",
                "word/document.xml": b"<x",
            }
        ),
        "is a broken",
    ),
    "archive.docx": (lambda: docx_with(**{"notes.txt": b"They met."}), "is a ZIP archive, not a text"),
    "sheet.docx": (
        lambda: docx_with(**{"xl/workbook.xml": b"<x/>"}),
        "an Excel workbook; save the sheet as CSV",
    ),
    "cut.docx": (lambda: docx_with(**{"word/document.xml": b"<x/>" * 99})[:-30], "is a broken"),
    "locked.pdf": (locked_pdf, "is locked by a password; save it without one"),
    "long.pdf": (lambda: long_pdf(500), "has 500 pages, and at most 400 are read"),
    "xref.pdf": (broken_pdf, "is a broken PDF file|hold no text"),
    "junk.pdf": (lambda: b"%PDF-1.4\n" + bytes(range(256)) * 400, "is a broken PDF file"),
    "empty.pdf": (lambda: as_pdf(Article("", (("",),)), heads=False), "hold no text, only pictures"),
    "deep.html": (
        deep_page,
        "deep.html: (no article|is no web page|is a broken|made its parser|takes longer)",
    ),
    "junk.parquet": (lambda: b"PAR1" + bytes(range(256)) * 9, "is a broken Parquet file"),
    "junk.txt": (lambda: bytes(range(256)) * 9, "is binary data"),
}


def test_harmful_files_are_named_in_bounded_time_and_the_rest_is_read(tmp_path):
    for name, (make, _) in HOSTILE.items():
        (tmp_path / name).write_bytes(make())
    good = Article("Ministers meet in Riga", (("They agreed to trade more.", "They met for two days."),))
    for name, render in (("a.pdf", as_pdf), ("z.pdf", as_pdf), ("m.docx", as_docx)):
        (tmp_path / name).write_bytes(render(good))
    started = time.monotonic()
    outcomes = list(read_documents([tmp_path]))
    assert time.monotonic() - started < 60
    names = sorted([*HOSTILE, "a.pdf", "z.pdf", "m.docx"])
    for name, outcome in zip(names, outcomes, strict=True):
        if name in HOSTILE:
            assert isinstance(outcome, InputError), name
            assert re.search(f"{re.escape(str(tmp_path / name))}.*", str(outcome)), name
            assert re.search(HOSTILE[name][1], str(outcome)), str(outcome)
        else:
            assert "They agreed to trade more." in outcome.document.text
