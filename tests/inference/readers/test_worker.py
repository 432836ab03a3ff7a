import time

from communique.errors import InputError
from communique.inference.readers.worker import Worker

PAGE = b"<html><p>The council met in Riga on Monday and approved a plan for the port.</p>"


def test_a_file_that_takes_too_long_is_named_and_the_next_one_is_read():
    slow = b"<html>" + b"<p>The council met in Riga on Monday and agreed.</p>" * 200_000
    with Worker(timeout=60) as worker:
        list(worker.parse("html", PAGE, "first"))
        worker._timeout = 0.2
        started = time.monotonic()
        (error,) = worker.parse("html", slow, "slow.html")
        assert isinstance(error, InputError) and time.monotonic() - started < 30
        assert str(error).startswith("slow.html: takes longer than 0.2 seconds")
        worker._timeout = 60
        (read,) = worker.parse("html", PAGE, "next")
        assert "approved a plan" in read.document.text


def test_a_file_that_fills_the_memory_is_named_and_the_next_one_is_read():
    with Worker(memory=600_000_000) as worker:
        large = b"<html>" + b"<p><b>They</b> <i>met</i>.</p>" * 3_000_000
        (error,) = worker.parse("html", large, "large.html")
        assert isinstance(error, InputError) and str(error).startswith("large.html: ")
        (read,) = worker.parse("html", PAGE, "next")
        assert "approved a plan" in read.document.text


def test_a_process_that_dies_is_replaced():
    with Worker() as worker:
        list(worker.parse("html", PAGE, "first"))
        worker._process.kill()
        (error,) = worker.parse("html", PAGE, "unlucky")
        assert str(error).startswith("unlucky: made its parser fail")
        (read,) = worker.parse("html", PAGE, "next")
        assert read.document.identifier == "next"
