import dataclasses
import json
import sys
import time

import jsonschema
import pytest

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient

from communique.inference.reports import json_schema
from communique.inference.web.application import create_application
from communique.inference.web.corrections import CorrectionStore
from communique.inference.web.limits import Limits
from communique.training.corpus import AnnotatedDocument

from .conftest import TEXT, made_up_analysis

TOKEN = "sixteen-characters"


@pytest.fixture
def client_of(tmp_path):
    """Give a client of a new server."""
    opened = []

    def make(analyzer, limits=None, **options):
        store = CorrectionStore(tmp_path / "corrections.sqlite")
        client = TestClient(create_application(analyzer, store, limits, **options), "http://localhost")
        opened.append(client.__enter__())
        return client

    yield make
    for client in opened:
        client.__exit__(None, None, None)


def kept(client, name="riga.txt", text=TEXT):
    """Give the server a file and wait for what comes of it."""
    answer = client.post("/v1/uploads", params={"name": name}, content=text)
    assert answer.status_code == 202, answer.text
    report = answer.json()
    deadline = time.monotonic() + 60
    while report["state"] != "finished":
        assert time.monotonic() < deadline, report
        time.sleep(0.02)
        report = client.get(f"/v1/uploads/{report['id']}").json()
    return report


def test_the_api_answers_as_its_description_says(client_of, tiny_analyzer):
    client = client_of(tiny_analyzer)
    description = client.get("/openapi.json").json()
    for path, content in (
        ("/v1/analyze", "analysis"),
        ("/v1/classify", "sentences"),
        ("/v1/summarize", "abstract"),
    ):
        answer = client.post(path, json={"text": TEXT, "source": "a.txt"})
        assert answer.status_code == 200, answer.text
        jsonschema.validate(answer.json(), json_schema(content))
        assert answer.json()["source"] == "a.txt"
        described = description["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]
        schema = {**described["schema"], "components": description["components"]}
        jsonschema.validate(answer.json(), schema)
    labelled = client.post("/v1/classify", json={"text": TEXT, "explain": True, "min_confidence": 1}).json()
    assert [sentence["types"] for sentence in labelled["sentences"]] == [[], [], []]
    dated = client.post(
        "/v1/analyze", json={"text": "They meet in June.", "date": "2025-02-01", "facts": True}
    )
    assert dated.json()["dates_counted_from"] == "2025-02-01"
    measures = client.get("/metrics").text
    assert 'communique_request_seconds_count{method="POST",path="/v1/analyze",status="200"} 2.0' in measures
    assert client.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"text": " \n"}, 422, "the text is empty"),
        ({}, 422, "text: Field required"),
        ({"text": 3}, 422, "text: Input should be a valid string"),
        ({"text": "a", "metod": "x"}, 422, "metod: Extra inputs"),
        ({"text": "a", "method": "magic"}, 422, "method: Input should be 'abstractive' or 'extractive'"),
        ({"text": "a", "date": "May"}, 422, "date: Input should be a valid date"),
        ({"text": "They met. " * 100}, 413, "the text has 1,000 characters, and 500 are taken"),
        (b"{", 422, "JSON decode error"),
        (b'{"text": "\\ud800"}', 422, "character 0 is half of a surrogate pair"),
        (b"[" * 100_000, 400, "error parsing the body"),
        (b" " * 1_000_001, 413, "the request is larger than 1 MB"),
    ],
)
def test_bad_requests(client_of, stand_in, body, status, message):
    client = client_of(stand_in, Limits(characters=500, megabytes=1))
    if isinstance(body, bytes):
        answer = client.post("/v1/analyze", content=body, headers={"Content-Type": "application/json"})
    else:
        answer = client.post("/v1/analyze", json=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"] and message in answer.json()["error"]


def test_too_much_at_once(client_of, stand_in):
    client = client_of(stand_in, Limits(waiting=2, per_client=1, seconds=0.2))
    stand_in.let.clear()
    late = client.post("/v1/analyze", json={"text": TEXT})
    assert late.status_code == 503 and "no answer within 0.2 seconds" in late.json()["error"]
    refused = client.post("/v1/analyze", json={"text": TEXT})
    assert refused.status_code == 429 and "you have 1 requests in progress" in refused.json()["error"]
    assert int(refused.headers["Retry-After"]) > 0
    stand_in.let.set()
    assert kept(client)["documents"]


def test_a_full_queue(client_of, stand_in):
    client = client_of(stand_in, Limits(waiting=1, per_client=2, seconds=0.2))
    assert kept(client)["documents"]
    stand_in.let.clear()
    client.post("/v1/analyze", json={"text": TEXT})
    full = client.post("/v1/uploads?name=a.txt", content=b"They met.")
    assert full.status_code == 503 and "1 requests are waiting" in full.json()["error"]
    stand_in.let.set()


def test_an_unexpected_error_is_no_traceback(client_of, stand_in):
    client = client_of(stand_in)
    answer = client.post("/v1/analyze", json={"text": "break"})
    assert answer.status_code == 500 and "something went wrong" in answer.json()["error"]
    (problem,) = kept(client, text="break")["problems"]
    assert problem == "riga.txt: cannot be analysed (RuntimeError: broken)"
    assert client.post("/v1/analyze", json={"text": TEXT}).status_code == 200


def test_other_sites_and_other_names(client_of, stand_in):
    client = client_of(stand_in, hosts=["desk.example"])
    ask = {"json": {"text": TEXT}}
    for host in ("localhost:8317", "127.0.0.1", "[::1]:80", "192.168.1.7", "desk.example"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    rebound = client.get("/healthz", headers={"Host": "evil.example"})
    assert rebound.status_code == 421 and "--allow-host evil.example" in rebound.json()["error"]
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert client.post("/v1/analyze", headers=headers, **ask).status_code == 403
    assert client.post("/v1/analyze", headers={"Origin": "http://localhost"}, **ask).status_code == 200


def test_the_token(client_of, stand_in):
    client = client_of(stand_in, token=TOKEN)
    for headers in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer é"},
    ):
        encoded = {name: value.encode() for name, value in headers.items()}
        for path in ("/v1/documents", "/metrics", "/v1/annotations"):
            answer = client.get(path, headers=encoded)
            assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/v1/documents", headers={"Authorization": f"Bearer {TOKEN}"}).json() == []
    assert client.get("/").status_code == client.get("/healthz").status_code == 200


def test_nothing_of_third_parties_and_no_inline_code(client_of, stand_in):
    client = client_of(stand_in)
    for path in (
        "/",
        "/docs",
        "/static/page.js",
        "/static/page.css",
        "/static/results.js",
        "/static/icon.svg",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert (
            'src="http' not in answer.text and " style=" not in answer.text and " onclick" not in answer.text
        )
    missing = client.get("/static/../application.py")
    assert missing.status_code == 404 and missing.json()["error"]


def test_files_of_several_kinds(client_of, stand_in):
    client = client_of(stand_in, Limits(characters=2000))
    page = (
        "<html><title>Talks</title><p>The council met in Riga on Monday and approved a plan for the port.</p>"
    )
    report = kept(client, "page.html", page)
    assert report["problems"] == [] and len(report["documents"]) == 1
    rows = "".join(
        json.dumps({"text": text}) + "\n" for text in ("They agreed.", "", "They met. " * 300, "It ended.")
    )
    report = kept(client, "rows.jsonl", rows)
    assert len(report["documents"]) == 2
    assert len(report["problems"]) == 2 and "has 3,000 characters" in report["problems"][1]
    assert "a PNG picture" in kept(client, "map.png", b"\x89PNG....")["problems"][0]
    assert [entry["sentences"] for entry in client.get("/v1/documents").json()] == [3, 3, 3]


def test_a_missing_extra_is_said(client_of, stand_in, monkeypatch):
    monkeypatch.setattr("communique.inference.reading.find_spec", lambda name: None)
    (problem,) = kept(client_of(stand_in), "page.pdf", b"%PDF-1.7")["problems"]
    assert "pip install 'communique[documents]'" in problem


def test_correcting_undoing_and_taking_away(client_of, stand_in, monkeypatch):
    client = client_of(stand_in)
    (name,) = kept(client)["documents"]
    path = f"/v1/documents/{name}"
    view = client.get(path).json()
    assert view["sentence_versions"] == [0, 0, 0] and '<li class="sentence' in view["results"]
    made = client.put(f"{path}/sentences/2", json={"types": ["pledge"], "version": 0})
    assert made.status_code == 200
    late = client.put(f"{path}/sentences/2", json={"types": ["position"], "version": 0})
    assert late.status_code == 409 and "another tab" in late.json()["error"]
    wrong = client.put(f"{path}/sentences/2", json={"types": ["nonsense"], "version": 1})
    assert wrong.status_code == 422 and "unknown type" in wrong.json()["error"]
    assert client.put(f"{path}/abstract", json={"text": "New.", "version": 0}).status_code == 200
    view = client.get(path).json()
    assert view["analysis"]["sentences"][2]["types"] == ["pledge"] and view["model_types"][2] == ["call"]
    assert [correction["sentence"] for correction in view["corrections"]] == [2, None]
    for export in (client.get("/v1/annotations"), client.get(f"{path}/export")):
        document = AnnotatedDocument.model_validate_json(export.text)
        assert document.sentences[2].types == ("pledge",) and document.abstract == "New."
    for format, part in (
        ("csv", "pledge"),
        ("markdown", "| 3 | **pledge** |"),
        ("html", "<!DOCTYPE"),
        ("json", "{"),
    ):
        assert part in client.get(f"{path}/export", params={"format": format}).text
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    lacking = client.get(f"{path}/export", params={"format": "xlsx"})
    assert lacking.status_code == 501 and "pip install 'communique[tables]'" in lacking.json()["error"]
    undone = client.delete(f"{path}/corrections/{made.json()['number']}")
    assert undone.status_code == 200 and undone.json()["undone"]
    assert client.get(path).json()["analysis"]["sentences"][2]["types"] == ["call"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404 and client.get("/v1/documents").json() == []


def test_no_text_becomes_code(client_of, stand_in, monkeypatch):
    evil = dataclasses.replace(made_up_analysis(), title="<img src=x onerror=alert(1)>")
    monkeypatch.setattr(stand_in, "analyze", lambda document, **_: evil)
    client = client_of(stand_in)
    (name,) = kept(client)["documents"]
    assert "<img" not in client.get(f"/v1/documents/{name}").json()["results"]
