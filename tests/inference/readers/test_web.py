import ipaddress

import pytest

from communique.errors import InputError
from communique.inference.readers import web
from communique.inference.readers.web import fetch_document, is_public
from communique.inference.reading import read_document, read_documents


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_private_addresses(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_public_addresses(address):
    assert is_public(ipaddress.ip_address(address))


def test_a_private_address_is_refused_however_it_is_written(website):
    port = website.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "2130706433"):
        with pytest.raises(
            InputError, match=r"local network; allow it with --allow-private|cannot be fetched"
        ):
            fetch_document(f"http://{host}:{port}/article.txt")


def test_a_redirect_to_a_private_address_is_refused(website, monkeypatch):
    """The first address passes for a public one; the one that it leads to does not."""
    port = int(website.rpartition(":")[2])
    checked = []

    def is_public_at_first(address):
        checked.append(address)
        return len(checked) == 1

    monkeypatch.setattr(web, "is_public", is_public_at_first)
    with pytest.raises(InputError, match="localhost: is at"):
        fetch_document(f"{website}/moved?http://localhost:{port}/article.txt")


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/article.txt"])
def test_a_redirect_to_another_kind_of_address_is_refused(website, target):
    with pytest.raises(InputError, match=r"not allowed|no http"):
        fetch_document(f"{website}/moved?{target}", allow_private=True)


def test_redirects_do_not_go_on_for_ever(website):
    with pytest.raises(InputError, match="infinite loop"):
        fetch_document(f"{website}/moved?/moved", allow_private=True)


def test_an_answer_that_is_too_large_or_an_error(website, monkeypatch):
    monkeypatch.setattr(web.fetch, "__kwdefaults__", {**web.fetch.__kwdefaults__, "max_bytes": 1_000_000})
    with pytest.raises(InputError, match="is larger than 1 MB"):
        fetch_document(f"{website}/endless", allow_private=True)
    with pytest.raises(InputError, match="the server answers 404"):
        fetch_document(f"{website}/none", allow_private=True)


def test_a_server_that_is_slow(website, monkeypatch):
    monkeypatch.setattr(web, "TOTAL_SECONDS", 0.0)
    with pytest.raises(InputError, match="does not answer in time"):
        fetch_document(f"{website}/endless", allow_private=True)


def test_the_encoding_that_the_server_names_is_followed(website):
    read = read_document(f"{website}/latin", allow_private=True)
    assert "Zürich" in read.document.text and "Málaga" in read.document.text and not read.warnings
    assert read.document.identifier == f"{website}/latin"


def test_an_address_that_fails_leaves_the_others(website):
    error, read = read_documents([f"{website}/none", f"{website}/article.txt"], allow_private=True)
    assert "404" in str(error) and "Zürich" in read.document.text
