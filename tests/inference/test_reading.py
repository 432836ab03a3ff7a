import io
import os
import sys

import pytest
from communique.errors import InputError
from communique.inference.reading import read_document


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
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"PK\x03\x04rest", "office document"),
        (b"\x89PNG\r\n", "a PNG picture"),
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
    with pytest.raises(InputError, match="is a folder"):
        read_document(tmp_path)


def test_no_permission(write, monkeypatch):
    path = write(b"text")
    if os.geteuid() == 0:  # root may read everything, so the refusal is played

        def refuse(self):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(type(path), "read_bytes", refuse)
    else:
        path.chmod(0)
    with pytest.raises(InputError, match="no permission"):
        read_document(path)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"They met.")))
    read = read_document("-")
    assert read.document.text == "They met." and read.document.identifier == "standard input"
