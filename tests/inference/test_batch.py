"""A batch run loses no document and doubles none, whatever happens to it."""

import importlib.metadata
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import communique
from communique.errors import BatchError, InputError, MissingExtraError
from communique.inference import batch, batch_output
from communique.inference.batch import group_documents, run_batch
from communique.inference.batch_inputs import BatchDocument, Rejection
from communique.models.text import Document

TEXT = "Talks in {place}\nThe council approved a work plan of {n} points. He urged all members to ratify the treaty.\n"


def text(number: int) -> str:
    return TEXT.format(place=("Riga", "Lima", "Suva")[number % 3], n=number)


def write_json_lines(path: Path, count: int, first: int = 0) -> Path:
    records = [
        {"id": f"doc-{n}", "title": f"Round {n}", "text": text(n)} for n in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def json_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def results(output: Path) -> list[dict]:
    return [row for path in sorted(output.glob("results-*.jsonl")) for row in json_lines(path)]


def rejected(output: Path) -> list[dict]:
    return json_lines(output / "rejected.jsonl")


def content(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.glob("re[sj]*")}


@pytest.fixture
def documents(tmp_path) -> Path:
    return write_json_lines(tmp_path / "documents.jsonl", 7)


@pytest.fixture
def run(classifier_folder, tmp_path):
    """Label types into a folder, three documents a shard."""

    def _run(*inputs, output=tmp_path / "out", **options):
        options = {"method": None, "shard_size": 3, "classifier": classifier_folder, **options}
        return run_batch(inputs, output, **options)

    return _run


def test_files_folders_json_lines_and_parquet_together(run, documents, tmp_path, tiny_analyzer):
    pyarrow = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path / "texts"
    (folder / "deeper").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "b.txt").write_text(text(20))
    (folder / "deeper" / "a.txt").write_bytes("Café talks. They agreed to trade.".encode("cp1252"))
    (folder / ".hidden" / "c.txt").write_text("not read")
    table = pyarrow.read_table(_parquet(tmp_path / "rows.parquet", [text(30), text(31)]))
    assert table.num_rows == 2
    summary = run(documents, folder, folder / "b.txt", tmp_path / "rows.parquet")
    rows = results(tmp_path / "out")
    assert [row["number"] for row in rows] == list(range(11))
    assert [row["source"] for row in rows[:2]] == [f"{documents}:1", f"{documents}:2"]
    assert [row["source"] for row in rows[7:]] == [
        str(folder / "b.txt"),
        str(folder / "deeper" / "a.txt"),
        f"{tmp_path / 'rows.parquet'}:1",
        f"{tmp_path / 'rows.parquet'}:2",
    ]
    assert rows[1]["id"] == "doc-1" and rows[1]["title"] == "Round 1" and rows[7]["id"] is None
    assert any("not UTF-8" in warning for warning in rows[8]["warnings"])
    expected = tiny_analyzer.analyze(Document(text(1), "Round 1"), method=None)
    assert rows[1]["sentences"] == json.loads(expected.to_json())["sentences"]
    assert "abstract" not in rows[1]
    assert (summary.documents, summary.rejected, summary.shards) == (11, 0, 4)
    assert summary.sentences == sum(len(row["sentences"]) for row in rows)
    assert not rejected(tmp_path / "out")


def _parquet(path: Path, texts: list[str]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"text": texts, "words": [len(t.split()) for t in texts]}), path)
    return path


def test_every_bad_document_is_a_row_with_its_reason(run, tmp_path):
    lines = [
        json.dumps({"id": 7, "text": text(1)}).encode(),
        b"{broken",
        b"",
        b'["a", "list"]',
        b'{"id": "x", "body": "no text"}',
        b'{"text": "  "}',
        b'{"text": "half a \\ud800 character"}',
        b'{"text": "caf\xe9"}',
        b"[" * 100_000,
    ]
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"\n".join(lines))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("")
    (folder / "b.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "c.txt").symlink_to(tmp_path / "gone")
    (folder / "d").symlink_to(tmp_path)
    os.mkfifo(folder / "e.txt")
    (folder / "f.jsonl").write_text("\n")
    (folder / "g.txt").write_text(text(2))
    summary = run(bad, folder)
    reasons = {row["source"]: row["reason"] for row in rejected(tmp_path / "out")}
    expected = {
        f"{bad}:2": "is not JSON: ",
        f"{bad}:4": "is no JSON object",
        f"{bad}:5": "has no 'text' that is a string; its fields are ['body', 'id']",
        f"{bad}:6": "the text is empty",
        f"{bad}:7": "half a character",
        f"{bad}:8": "is not UTF-8 text (byte 13",
        f"{bad}:9": "is not JSON that can be read",
        str(folder / "a.txt"): "the text is empty",
        str(folder / "b.bin"): "is binary data",
        str(folder / "c.txt"): "is a link that leads nowhere",
        str(folder / "d"): "is a folder",
        str(folder / "e.txt"): "is no ordinary file",
        str(folder / "f.jsonl"): "holds no document",
    }
    assert reasons.keys() == expected.keys()
    for source, reason in expected.items():
        assert reason in reasons[source], source
    assert rejected(tmp_path / "out")[2]["id"] == "x"
    assert [row["id"] for row in results(tmp_path / "out")] == ["7", None]
    assert (summary.documents, summary.rejected) == (2, 13)


def test_a_damaged_parquet_file_is_rejected_by_name(run, documents, tmp_path):
    path = _parquet(tmp_path / "rows.parquet", [text(n) for n in range(200)])
    data = path.read_bytes()
    path.write_bytes(data[:20] + b"\xff" * 100 + data[120:])
    (tmp_path / "cut.parquet").write_bytes(data[:50])
    summary = run(documents, path, tmp_path / "cut.parquet")
    assert summary.documents + summary.rejected == 7 + 200 + 1 and summary.documents >= 7
    assert "cannot be read as Parquet" in rejected(tmp_path / "out")[-1]["reason"]


def test_a_text_that_breaks_the_engine_is_rejected_alone(run, documents, tmp_path, monkeypatch):
    real = communique.Analyzer._analyses

    def breaking(self, texts, *arguments, **options):
        if any("Round 4" in (document.title or "") for document in texts):
            raise RuntimeError("no such shape")
        return real(self, texts, *arguments, **options)

    monkeypatch.setattr(communique.Analyzer, "_analyses", breaking)
    assert run(documents, shard_size=5).documents == 6
    (row,) = rejected(tmp_path / "out")
    assert (row["number"], row["id"]) == (4, "doc-4")
    assert row["reason"] == "cannot be analysed (RuntimeError: no such shape)"


def test_a_fault_of_every_document_is_not_theirs(run, documents, tmp_path, monkeypatch):
    def breaking(self, texts, *arguments, **options):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(communique.Analyzer, "_analyses", breaking)
        with pytest.raises(
            BatchError, match=r"documents.jsonl:1 and the 2 document.s. after it .*out of memory"
        ):
            run(documents)
    assert run(documents).documents == 7


def test_abstracts(classifier_folder, summarizer_folder, documents, tmp_path, run, tiny_analyzer):
    run(documents, method="extractive")
    row = results(tmp_path / "out")[2]
    assert row["abstract"]["method"] == "extractive" and row["abstract"]["sentences"]
    run(documents, method="extractive", length="short", output=tmp_path / "short")
    assert len(results(tmp_path / "short")[2]["abstract"]["sentences"]) <= 2
    with pytest.raises(BatchError, match="begun with another length"):
        run(documents, method="extractive", length="long", output=tmp_path / "short")
    run(documents, method="abstractive", summarizer=summarizer_folder, output=tmp_path / "written")
    row = results(tmp_path / "written")[2]
    assert set(row["models"]) == {"classifier", "summarizer"}
    expected = tiny_analyzer.analyze(Document(text(2), "Round 2"))
    assert row["abstract"] == json.loads(expected.to_json())["abstract"]


@pytest.mark.parametrize("method", [None, "extractive"])
def test_parquet_holds_what_json_lines_hold(run, documents, tmp_path, method):
    parquet = pytest.importorskip("pyarrow.parquet")
    run(documents, method=method)
    run(documents, method=method, format="parquet", output=tmp_path / "tables")
    tables = [parquet.read_table(path) for path in sorted((tmp_path / "tables").glob("*.parquet"))]
    assert len(tables) == 3
    rows = [row for table in tables for row in table.to_pylist()]
    expected = results(tmp_path / "out")
    for row in expected:
        row["models"]["summarizer"] = None
    assert rows == expected


def test_without_pyarrow_parquet_is_refused_at_once(run, documents, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"communique\[parquet\]"):
        run(documents, format="parquet")
    assert not (tmp_path / "out").exists()


def numbered(count: int, characters: int = 10) -> list[BatchDocument]:
    return [BatchDocument(n, f"d:{n}", None, Document("x" * characters)) for n in range(count)]


def test_groups_end_with_their_shard_and_hold_a_limited_text():
    groups = list(group_documents(numbered(50), 20))
    assert [(len(g.documents), g.ends_shard) for g in groups] == [
        (16, False), (4, True), (16, False), (4, True), (10, True),
    ]  # fmt: skip
    assert groups[2:] == list(group_documents(numbered(50)[20:], 20))
    assert [g.ends_shard for g in group_documents(numbered(16), 20)] == [False, True]
    assert [g.ends_shard for g in group_documents(numbered(20), 20)] == [False, True]
    assert list(group_documents([], 20)) == []
    assert [len(g.documents) for g in group_documents(numbered(3, 150_000), 20)] == [2, 1]
    mixed = [*numbered(2), Rejection(2, "d:2", None, "bad")]
    (group,) = group_documents(mixed, 3)
    assert (len(group.documents), len(group.rejections), group.ends_shard) == (2, 1, True)


def test_short_documents_share_batches(run, documents, monkeypatch):
    from communique.models.engines.openvino import OpenVinoClassifierEngine

    shapes = []
    real = OpenVinoClassifierEngine.logits

    def counting(self, arrays):
        shapes.append(arrays["input_ids"].shape)
        return real(self, arrays)

    monkeypatch.setattr(OpenVinoClassifierEngine, "logits", counting)
    run(documents, shard_size=7)
    assert sum(rows for rows, _ in shapes) == 21 and max(rows for rows, _ in shapes) > 3


def test_documents_are_not_read_ahead_of_need(run, tmp_path, monkeypatch):
    path = write_json_lines(tmp_path / "many.jsonl", 400)
    read = 0
    real = batch.read_documents

    def counting(*arguments):
        nonlocal read
        for document in real(*arguments):
            read += 1
            yield document

    monkeypatch.setattr(batch, "read_documents", counting)
    ahead = []
    run(path, shard_size=100, report=lambda progress: ahead.append(read - progress.handled))
    assert max(ahead) <= 16 * batch.GROUPS_AHEAD


def test_several_workers_write_the_same_bytes(run, documents, tmp_path):
    run(documents)
    run(documents, workers=2, output=tmp_path / "two")
    assert content(tmp_path / "two") == content(tmp_path / "out")


def test_a_worker_that_dies_costs_nothing(run, tmp_path):
    import multiprocessing

    path = write_json_lines(tmp_path / "many.jsonl", 200)

    def kill(progress):
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(BatchError, match="a worker process died"):
        run(path, shard_size=16, workers=2, report=kill)
    assert run(path, shard_size=16).documents == 200
    assert [row["number"] for row in results(tmp_path / "out")] == list(range(200))


def test_repeating_a_finished_run_does_nothing(run, documents, tmp_path, monkeypatch):
    summary = run(documents)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    monkeypatch.setattr(batch, "load", None)
    assert run(documents) == summary
    assert run(documents, workers=2, threads=1) == summary
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert {k: v for k, v in after.items() if k.name != ".lock"} == {
        k: v for k, v in before.items() if k.name != ".lock"
    }
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["status"] == "finished" and manifest["summary"]["documents"] == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "extractive"}, r"another method \(types only; now extractive\)"),
        ({"shard_size": 4}, r"another shard_size \(3; now 4\)"),
        ({"format": "parquet"}, "another format"),
        ({"model_engine": "torch"}, "another model_engine"),
        (
            {"classifier": "classifier-small"},
            r"another classifier \(.*sha256 .*; now classifier-small, sha256",
        ),
    ],
)
def test_another_run_in_the_same_folder_is_refused(run, documents, options, message):
    run(documents)
    with pytest.raises(BatchError, match=message):
        run(documents, **options)


def test_other_inputs_are_refused(run, documents, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text(text(1))
    run(folder)
    (folder / "c.txt").write_text(text(2))
    with pytest.raises(BatchError, match=r"c.txt' is new"):
        run(folder)
    (folder / "c.txt").unlink()
    (folder / "b.txt").write_text(text(9))
    with pytest.raises(BatchError, match=r"b.txt' was changed"):
        run(folder)
    (folder / "b.txt").unlink()
    with pytest.raises(BatchError, match=r"b.txt' is gone"):
        run(folder)
    with pytest.raises(BatchError, match=r"where '.*a.txt' was, there is now '.*documents.jsonl'"):
        run(documents)


def test_inputs_that_are_not_there(run, tmp_path):
    with pytest.raises(InputError, match=r"gone.txt: there is no such file or folder"):
        run(tmp_path / "gone.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="there is no file to read"):
        run(tmp_path / "empty")
    (tmp_path / "empty" / "a.txt").write_text(text(1))
    assert run(tmp_path / "empty").documents == 1


def test_a_folder_with_something_else_is_left_alone(run, documents, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("important")
    with pytest.raises(BatchError, match=r"something else than a batch run \('thesis.docx'\)"):
        run(documents)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.docx"]


def test_the_output_may_lie_in_the_input(run, tmp_path):
    write_json_lines(tmp_path / "a.jsonl", 4)
    assert run(tmp_path).documents == 4
    assert run(tmp_path).documents == 4


def test_a_model_changed_in_mid_run_stops_it(documents, tmp_path, classifier_folder, run):
    model = tmp_path / "model"
    shutil.copytree(classifier_folder, model)
    weights = model / "openvino" / "model.bin"
    original = weights.read_bytes()

    def change(progress):
        if progress.handled == 6:
            weights.write_bytes(original[:-1] + b"?")

    with pytest.raises(BatchError, match=r"model.bin: was changed while the run used the model"):
        run(documents, classifier=model, report=change)
    assert len(json_lines(tmp_path / "out" / "shards.jsonl")) == 1
    with pytest.raises(communique.CommuniqueError, match="was changed after the model was written"):
        run(documents, classifier=model)
    weights.write_bytes(original)
    assert run(documents, classifier=model).documents == 7
    run(documents, output=tmp_path / "undisturbed")
    assert content(tmp_path / "out") == content(tmp_path / "undisturbed")


def test_weights_emptied_under_a_run_do_not_crash_it(tmp_path, classifier_folder):
    documents = write_json_lines(tmp_path / "many.jsonl", 100)
    model = tmp_path / "model"
    shutil.copytree(classifier_folder, model)
    code = f"""
import os
from communique.errors import BatchError
from communique.inference.batch import run_batch

def empty(progress):
    os.truncate({str(model / "openvino" / "model.bin")!r}, 0)

try:
    run_batch([{str(documents)!r}], {str(tmp_path / "out")!r}, method=None, shard_size=100,
              classifier={str(model)!r}, report=empty)
except BatchError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "was changed while the run used the model" in result.stdout


def test_an_input_changed_in_mid_run_stops_it(run, tmp_path):
    path = write_json_lines(tmp_path / "many.jsonl", 100)

    def change(progress):
        with path.open("a") as file:
            file.write("\n")

    with pytest.raises(BatchError, match=r"many.jsonl: was changed after the run began"):
        run(path, report=change)


def test_progress(run, documents):
    seen = []
    run(documents, report=seen.append)
    assert [progress.handled for progress in seen] == [3, 6, 7]
    assert seen[0].documents == 7 and seen[0].seconds_left > 0 and seen[-1].seconds_left == 0
    assert str(seen[-1]).startswith("7 of 7 documents, ") and str(seen[-1]).endswith("sentences/s, 0 s left")


def test_two_runs_in_one_folder(run, documents, tmp_path):
    refused = []

    def again(progress):
        with pytest.raises(BatchError, match="another run is writing there") as caught:
            run(documents)
        refused.append(caught)

    assert run(documents, report=again).documents == 7
    assert len(refused) == 3


class QuickAnalyzer:
    """Stands in for the models where only the writing is tested."""

    def analyze(self, texts, method, length):
        from communique.inference.results import Analysis

        return [
            Analysis(document.identifier, document.title, (), None, {"classifier": "quick"})
            for document in texts
        ]


def bad_and_good(path: Path) -> Path:
    write_json_lines(path, 8)
    lines = path.read_text().splitlines()
    lines[1] = lines[4] = "broken"
    path.write_text("\n".join(lines))
    return path


def assert_all_once(output: Path, rejections=(1, 4), count=8):
    assert [row["number"] for row in results(output)] == [n for n in range(count) if n not in rejections]
    assert [row["number"] for row in rejected(output)] == list(rejections)
    assert json.loads((output / "manifest.json").read_text())["status"] == "finished"
    assert not list(output.glob("*.partial"))


def in_child(action) -> int:
    """Run in a forked process; return 0, 3 for a `BatchError`, or below 0 the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BatchError:
            os._exit(3)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_before_every_step_on_the_disk(run, tmp_path, monkeypatch):
    """Every fsync and every renaming of a run is once the last thing that it comes to."""
    path = bad_and_good(tmp_path / "documents.jsonl")
    monkeypatch.setattr(batch, "load", lambda *arguments, **options: QuickAnalyzer())

    def killed(output, last):
        steps = 0

        def stepping(real):
            def step(*arguments):
                nonlocal steps
                steps += 1
                if steps == last:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments)

            return step

        os.fsync = stepping(os.fsync)
        Path.replace = stepping(Path.replace)
        run(path, output=output)

    run(path, output=tmp_path / "undisturbed")
    assert_all_once(tmp_path / "undisturbed")
    for last in range(1, 100):
        output = tmp_path / f"out-{last}"
        status = in_child(lambda output=output, last=last: killed(output, last))
        if status == 0:
            break
        assert status == -signal.SIGKILL
        run(path, output=output)
        assert_all_once(output)
        assert content(output) == content(tmp_path / "undisturbed")
    assert last > 20


def test_a_journal_torn_anywhere_is_taken_up(run, tmp_path, monkeypatch):
    path = bad_and_good(tmp_path / "documents.jsonl")
    monkeypatch.setattr(batch, "load", lambda *arguments, **options: QuickAnalyzer())
    output = tmp_path / "out"
    run(path)
    whole = content(output)
    manifest = json.loads((output / "manifest.json").read_text())
    del manifest["summary"]
    journal = (output / "shards.jsonl").read_bytes()
    for length in range(0, len(journal), 31):
        (output / "manifest.json").write_text(json.dumps({**manifest, "status": "unfinished"}))
        (output / "shards.jsonl").write_bytes(journal[:length])
        run(path)
        assert_all_once(output)
        assert content(output) == whole
        assert [shard["file"] for shard in json_lines(output / "shards.jsonl")] == sorted(whole)[1:]


@pytest.mark.parametrize("damage", ["removed", "shortened", "journal", "rejected", "manifest"])
def test_what_was_damaged_by_others_is_named(run, tmp_path, damage, monkeypatch):
    path = bad_and_good(tmp_path / "documents.jsonl")
    monkeypatch.setattr(batch, "load", lambda *arguments, **options: QuickAnalyzer())
    run(path)
    output = tmp_path / "out"
    file = {
        "removed": "results-000001.jsonl",
        "shortened": "results-000001.jsonl",
        "journal": "shards.jsonl",
        "rejected": "rejected.jsonl",
        "manifest": "manifest.json",
    }[damage]
    if damage == "removed":
        (output / file).unlink()
    elif damage == "journal":
        (output / file).write_text("not JSON\n")
    else:
        (output / file).write_bytes((output / file).read_bytes()[:-3])
    with pytest.raises(BatchError, match=file):
        run(path)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_full_disk_loses_nothing(run, tmp_path, monkeypatch):
    """A limit on the size of files makes writing fail in the middle of a shard, as a full disk does."""
    path = bad_and_good(tmp_path / "documents.jsonl")
    monkeypatch.setattr(batch, "load", lambda *arguments, **options: QuickAnalyzer())
    output = tmp_path / "out"

    def limited(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        run(path, shard_size=4)

    run(path, shard_size=4, output=tmp_path / "undisturbed")
    largest = max(file.stat().st_size for file in (tmp_path / "undisturbed").iterdir())
    failures = 0
    for size in range(50, largest + 1, 50):
        status = in_child(lambda size=size: limited(size))
        if status == 0:
            break
        assert status == 3
        failures += 1
    assert failures > 3
    run(path, shard_size=4)
    assert_all_once(output)
    assert content(output) == content(tmp_path / "undisturbed")


def test_a_disk_that_fails_is_one_message(run, documents, tmp_path, monkeypatch):
    real = batch_output._append
    calls = []

    def failing(path, data):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(batch_output, "_append", failing)
        with pytest.raises(
            BatchError, match=r"cannot be written \(No space left on device\); finished shards are kept"
        ):
            run(documents)
    assert run(documents).documents == 7
    assert [row["number"] for row in results(tmp_path / "out")] == list(range(7))


def command(*arguments) -> list[str]:
    return [sys.executable, "-m", "communique", "batch", *map(str, arguments)]


@pytest.mark.parametrize(("workers", "kills"), [(1, (1, 6)), (2, (3,))])
def test_the_command_killed_with_the_models_at_work(tmp_path, classifier_folder, workers, kills):
    """Killed when a shard is finished, again and again; its workers end with it, its lock too."""
    path = write_json_lines(tmp_path / "many.jsonl", 96)
    output = tmp_path / "out"
    options = ["--types-only", "--shard-size", 8, "--classifier", classifier_folder, "--workers", workers]
    journal = output / "shards.jsonl"
    killed = 0
    for wanted in kills:
        process = subprocess.Popen(command(path, "--output", output, *options), stderr=subprocess.PIPE)
        children = []
        while len(json_lines_so_far(journal)) < wanted and process.poll() is None:
            children = children_of(process.pid) or children
            time.sleep(0.002)
        process.kill()
        _, message = process.communicate()
        assert process.returncode in (-signal.SIGKILL, 0), message
        killed += process.returncode == -signal.SIGKILL
        deadline = time.monotonic() + 20
        while any(map(runs, children)):
            assert time.monotonic() < deadline, "a worker outlives its parent"
            time.sleep(0.02)
    assert killed
    result = subprocess.run(command(path, "--output", output, *options), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (
        "96 document(s), 288 sentence(s)" in result.stderr and "in 12 shard(s); 0 rejected" in result.stderr
    )
    assert_all_once(output, (), 96)
    run_batch([path], tmp_path / "undisturbed", method=None, shard_size=8, classifier=classifier_folder)
    assert content(output) == content(tmp_path / "undisturbed")


def json_lines_so_far(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def runs(process: int) -> bool:
    """Say whether a process runs; one that has ended may stay in the table for a while."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children_of(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    try:
        return [int(child) for child in path.read_text().split()]
    except OSError:
        return []


def test_without_ray_one_sentence_says_so(run, documents, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"communique\[ray\]"):
        run(documents, engine="ray")


needs_ray = pytest.mark.skipif(
    not list(importlib.metadata.distributions(name="ray")), reason="the extra 'ray' is not installed"
)


@needs_ray
def test_actors_that_ray_has_no_room_for_are_refused(documents, tmp_path, classifier_folder):
    options = [
        "--types-only",
        "--classifier",
        classifier_folder,
        "--engine",
        "ray",
        "--workers",
        2,
        "--gpus",
        4,
    ]
    result = subprocess.run(
        command(documents, "--output", tmp_path / "out", *options), capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "GPUs and 2 worker(s) with 4 each need 8; ask for fewer workers" in result.stderr


@needs_ray
def test_ray_writes_the_same_bytes_though_a_worker_is_killed(run, tmp_path, classifier_folder):
    path = write_json_lines(tmp_path / "many.jsonl", 96)
    # In a process of its own: Ray looks for this machine's address in ways that the tests forbid.
    code = f"""
import psutil
from communique.inference.batch import run_batch

killed = []

def kill_one(progress):
    if progress.handled >= 16 and not killed:
        workers = [child for child in psutil.Process().children(recursive=True) if "ray::BatchWorker" in child.name()]
        killed.extend(workers[:1])
        for worker in killed:
            worker.kill()

summary = run_batch([{str(path)!r}], {str(tmp_path / "ray")!r}, method=None, shard_size=8,
                    classifier={str(classifier_folder)!r}, engine="ray", workers=2, report=kill_one)
print(summary.documents, len(killed))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    # Ray itself reports the death of the worker before it.
    assert result.stdout.split()[-2:] == ["96", "1"]
    run(path, shard_size=8)
    assert content(tmp_path / "ray") == content(tmp_path / "out")
