import json
import socket
import sys

import pytest

import communique.cli as cli
from communique.inference.web.corrections import CorrectionStore
from communique.models.taxonomy import commitment_schema
from communique.training.corpus import load_documents

from ..web.conftest import TEXT, made_up_analysis


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the real entry point and give exit code, standard output and standard error."""

    def _run(*arguments):
        monkeypatch.setattr(sys, "argv", ["communique", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        captured = capsys.readouterr()
        return caught.value.code or 0, captured.out, captured.err

    return _run


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "--host 0.0.0.0: others can reach this address, so the server needs a token"),
        (["--host", "0.0.0.0", "--token", "short"], "the token has 5 characters"),
        (["--token", "é" * 20], "cannot carry"),
        (["--host", "no.such.host.invalid", "--token", "x" * 20], "is no address of this machine"),
    ],
)
def test_what_is_not_served(run, tmp_path, options, message):
    code, _, err = run("serve", "--database", tmp_path / "c.sqlite", *options)
    assert code == 1 and message in err


def test_a_port_that_is_taken(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, _, err = run("serve", "--database", tmp_path / "c.sqlite", "--port", port)
    assert code == 1 and f"--port {port}: cannot be listened at" in err and "--port 0" in err


def test_without_the_extra(run, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, _, err = run("serve", "--database", tmp_path / "c.sqlite")
    assert code == 1 and "pip install 'communique[web]'" in err


def test_corrections_are_exported_and_counted(run, tmp_path):
    database, output = tmp_path / "c.sqlite", tmp_path / "corrections.jsonl"
    code, _, err = run("corrections", "export", "--database", database)
    assert code == 1 and "there is no such file" in err
    store = CorrectionStore(database)
    schema = commitment_schema()
    first, foreign = (store.add(TEXT, made_up_analysis(), schema) for _ in range(2))
    store.correct_types(first, 2, ["pledge"], 0)
    store.undo(first, store.correct_types(first, 1, ["call"], 0).number)
    code, _, _ = run("corrections", "export", "--database", database, "--output", output)
    (document,) = load_documents([output], schema)
    assert code == 0 and document.sentences[2].types == ("pledge",)
    code, out, _ = run("corrections", "stats", "--database", database, "--json")
    counts = json.loads(out)
    assert (counts["documents"], counts["sentences"], counts["corrected_sentences"], counts["undone"]) == (
        1,
        3,
        1,
        1,
    )
    assert counts["changes"] == {"call -> pledge": 1}
    assert "call -> pledge" in run("corrections", "stats", "--database", database)[1]
    other = schema.model_copy(update={"name": "mine", "types": schema.types[1:]})
    store.correct_types(store.add(TEXT, made_up_analysis(), other), 2, ["pledge"], 0)
    code, out, err = run("corrections", "export", "--database", database)
    assert code == 1 and len(out.splitlines()) == 1 and "the label set 'mine'" in err
    store.close()
    assert foreign not in out
