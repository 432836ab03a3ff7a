import json
import os
import pty
import signal
import subprocess
import sys
import time

import jsonschema
import pytest
from typer.testing import CliRunner

import communique.cli as cli

ARTICLE = "Talks in Riga\nThe council approved a work plan of 9 points. He urged all members to ratify the treaty.\n"


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE)
    return path


@pytest.fixture
def run(classifier_folder, summarizer_folder, capfd):
    """Run the real entry point and give exit code, standard output and standard error."""

    def _run(*arguments, models=True):
        command = [str(argument) for argument in arguments]
        if models and command[0] in ("analyze", "classify", "summarize"):
            command += ["--classifier", str(classifier_folder)]
            if command[0] != "classify":
                command += ["--summarizer", str(summarizer_folder)]
        with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as caught:
            patch.setattr(sys, "argv", ["communique", *command])
            cli.main()
        captured = capfd.readouterr()
        return caught.value.code or 0, captured.out, captured.err

    return _run


@pytest.mark.parametrize("command", ["analyze", "classify", "summarize"])
def test_json_follows_the_schema_that_is_printed(run, article, command):
    code, out, _ = run(command, article, "--format", "json")
    assert code == 0
    _, schema, _ = run("schema", "--for", command)
    data = json.loads(out)
    jsonschema.validate(data, json.loads(schema))
    assert data["source"] == str(article) and data["title"] == "Talks in Riga"


def test_text_view(run, article):
    code, out, err = run("analyze", article)
    assert code == 0 and err == ""
    assert "Talks in Riga" in out and "Abstract (extractive)" in out
    assert "The council approved a work plan of 9 points." in out


@pytest.mark.parametrize("format", ["text", "json", "jsonl", "csv", "markdown"])
def test_output_file(run, article, tmp_path, format):
    output = tmp_path / "out"
    code, out, _ = run("classify", article, "--format", format, "--output", output)
    assert code == 0 and out == ""
    assert "council approved" in output.read_text()
    assert not list(tmp_path.glob(".out*"))


def test_bad_files_are_named_and_the_rest_is_written(run, article, tmp_path):
    (tmp_path / "empty.txt").write_text(" ")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "folder").mkdir()
    files = [
        tmp_path / "none.txt",
        article,
        tmp_path / "folder",
        tmp_path / "empty.txt",
        tmp_path / "picture.txt",
        article,
    ]
    code, out, err = run("classify", *files, "--format", "jsonl")
    assert code == 1
    assert len(out.splitlines()) == 2
    for message in (
        "none.txt: there is no such file",
        "is a folder without a file that can be read",
        "empty.txt: the text is empty",
        "a PNG picture",
    ):
        assert message in err
    assert "Traceback" not in err


def test_standard_input(classifier_folder):
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "communique",
            "classify",
            "-",
            "--format",
            "jsonl",
            "--classifier",
            classifier_folder,
        ],
        input=ARTICLE,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["source"] == "standard input"


def test_warnings_go_to_standard_error(run, tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes(
        "Le communiqué a été adopté par les ministres réunis à Genève pour la troisième fois.".encode(
            "cp1252"
        )
    )
    code, out, err = run("classify", path, "--format", "json")
    assert code == 0 and json.loads(out)
    assert "read as Windows-1252" in err and "does not look like English" in err


def test_a_megabyte_line(run, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("The council met. " * 3000)
    code, out, _ = run("classify", path, "--format", "jsonl")
    assert code == 0 and len(json.loads(out)["sentences"]) == 3000


def test_every_document_of_a_folder_and_its_tables(run, article, tmp_path):
    (tmp_path / "more.jsonl").write_text(
        '{"text": "They met in Riga.", "id": "riga", "date": "4 July 2024", "source": "LETA"}\n{"text": ""}\n'
    )
    code, out, err = run("classify", tmp_path, "--format", "jsonl")
    first, second = (json.loads(line) for line in out.splitlines())
    assert code == 1 and "more.jsonl:2: the text is empty" in err
    assert first["source"] == str(article)
    assert (second["source"], second["date"], second["publisher"]) == ("riga", "4 July 2024", "LETA")


def test_addresses_of_this_machine_are_refused_unless_allowed(run, website):
    code, _, err = run("classify", f"{website}/article.txt")
    assert code == 1 and "local network" in err and "--allow-private" in err
    code, out, _ = run("classify", f"{website}/article.txt", "--allow-private", "--format", "json")
    assert code == 0 and json.loads(out)["source"] == f"{website}/article.txt"


def test_unknown_model(run, article):
    code, _, err = run("classify", article, "--classifier", "nonesuch", models=False)
    assert code == 1 and "no shipped model of that name" in err and "Traceback" not in err


def test_disk_full(run, article):
    code, _, err = run("classify", article, "--format", "json", "--output", "/dev/full")
    assert code == 1 and "/dev/full: cannot be written (No space left on device)" in err


def test_a_failed_write_leaves_the_old_file(run, article, tmp_path, monkeypatch):
    output = tmp_path / "out.json"
    output.write_text("old")

    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(output), "write_text", full)
    code, _, err = run("classify", article, "--format", "json", "--output", output)
    assert code == 1 and "No space left" in err
    assert output.read_text() == "old" and [p.name for p in tmp_path.glob(".*")] == []


def test_interrupted(run, article, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("communique.inference.reports.render", interrupt)
    output = tmp_path / "out.json"
    code, _, err = run("classify", article, "--format", "json", "--output", output)
    assert code == 130 and not output.exists() and "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [["classify"], ["nonsense"], ["classify", "x", "--format", "odt"], ["train", "classifier"]]
)
def test_wrong_usage(run, arguments):
    assert run(*arguments, models=False)[0] == 2


def test_types(run):
    code, out, _ = run("types")
    assert code == 0 and "pledge" in out
    _, out, _ = run("types", "--format", "json")
    assert json.loads(out)["types"][0]["name"] == "resource"
    _, out, _ = run("types", "--format", "markdown")
    assert out.count("\n| ") == 9


def test_corpus_commands(run, corpus, tmp_path):
    assert run("corpus", "check", corpus["train"])[0] == 0
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n")
    code, out, err = run("corpus", "check", corpus["train"], bad)
    assert code == 1 and "bad.jsonl:1: key 'id'" in out and "problem(s)" in err
    code, out, _ = run("corpus", "stats", corpus["train"], "--json")
    assert json.loads(out)["documents"] == 24
    assert "pledge" in run("corpus", "stats", corpus["train"])[1]


def test_dry_run_prints_the_resolved_configuration(run, tmp_path):
    code, out, _ = run("train", "classifier", "classifier.yaml", "--set", "training.epochs=7", "--dry-run")
    assert code == 0 and "epochs: 7" in out and "weight_decay: 0.01" in out
    code, _, err = run("train", "summarizer", "summarizer.yaml", "--set", "training.epoch=7", "--dry-run")
    assert code == 1 and "did you mean 'training.epochs'" in err


def test_models_commands(run, classifier_folder, tmp_path):
    code, out, _ = run("models", "list")
    assert code == 0 and "minilm" in out and "smollm2-135m" in out
    assert "# tiny-classifier" in run("models", "info", classifier_folder)[1]
    code, _, _ = run(
        "models", "export", classifier_folder, "--engine", "openvino", "--output", tmp_path / "e"
    )
    assert code == 0 and (tmp_path / "e" / "openvino" / "model.xml").exists()
    assert run("models", "pull", "minilmm")[0] == 1


def test_evaluate(run, corpus, classifier_folder, tmp_path):
    output = tmp_path / "metrics.json"
    arguments = [
        "--data",
        corpus["validation"],
        "--classifier",
        classifier_folder,
        "--no-abstracts",
        "--baselines",
    ]
    code, out, _ = run("evaluate", *arguments, "--output", output)
    assert code == 0 and "| keyword rules |" in out
    assert json.loads(output.read_text())["sentences"] == 40


def test_evaluate_into_a_folder_then_compare(run, corpus, classifier_folder, tmp_path):
    arguments = [
        "evaluate",
        "--data",
        corpus["validation"],
        "--classifier",
        classifier_folder,
        "--no-abstracts",
    ]
    code, _, err = run(*arguments, "--output", tmp_path / "a")
    assert code == 0 and f"wrote {tmp_path / 'a' / 'report.html'}" in err
    _, schema, _ = run("schema", "--for", "metrics")
    jsonschema.validate(json.loads((tmp_path / "a" / "metrics.json").read_text()), json.loads(schema))
    predictions = tmp_path / "a" / "predictions.jsonl"
    code, out, _ = run(*arguments, "--system", f"same={predictions}")
    assert code == 0 and "| same | primary macro f1 | 0.000 (0.000 to 0.000) | 1.000 |" in out
    code, out, _ = run(*arguments, "--compare", tmp_path / "a", predictions, "--output", tmp_path / "c.json")
    assert code == 0 and "40 sentences: 0 fixed, 0 broken, 0 changed otherwise" in out
    assert json.loads((tmp_path / "c.json").read_text())["changes"] == []
    predictions.write_text("{}\n")
    code, _, err = run(*arguments, "--system", f"broken={predictions}")
    assert code == 1 and "predictions.jsonl:1: field 'id': is missing" in err
    assert run(*arguments, "--system", "nameless.jsonl")[0] == 2


def test_version_and_help():
    runner = CliRunner()
    assert runner.invoke(cli.app, ["--version"]).output.strip() == communique_version()
    assert "analyze" in runner.invoke(cli.app, ["--help"]).output


def communique_version():
    import communique

    return communique.__version__


def test_explain_names_the_words_in_json_and_underlines_them_in_text(run, article):
    code, out, _ = run("classify", article, "--explain", "--format", "json")
    sentences = json.loads(out)["sentences"]
    assert code == 0 and any(sentence["explanation"] for sentence in sentences)
    assert all(word["text"] in s["text"] for s in sentences for word in s["explanation"])
    code, text, _ = run("classify", article, "--explain")
    assert code == 0 and "approved a work plan" in text


def test_min_confidence_leaves_sentences_undecided(run, article):
    for format in ("text", "csv", "markdown"):
        code, out, _ = run("classify", article, "--min-confidence", "1", "--format", format)
        assert code == 0 and "(undecided)" in out
    code, out, _ = run("classify", article, "--min-confidence", "1", "--format", "json")
    assert all(sentence["primary"] is None for sentence in json.loads(out)["sentences"])
    assert run("classify", article, "--min-confidence", "1.5")[0] == 2


def test_batch(run, tmp_path, classifier_folder):
    path = tmp_path / "documents.jsonl"
    path.write_text(json.dumps({"text": ARTICLE}) + "\nbroken\n")
    output = tmp_path / "out"
    arguments = ["batch", path, "--output", output, "--classifier", classifier_folder, "--types-only"]
    code, out, err = run(*arguments)
    assert code == 1 and out == ""
    assert "1 document(s), 3 sentence(s)" in err and "1 rejected" in err
    assert f"why each was rejected is in {output / 'rejected.jsonl'}" in err
    assert run(*arguments)[0] == 1
    code, _, err = run(*arguments[:-1], "--method", "extractive")
    assert code == 1 and err.startswith(
        f"error: {output}: was begun with another method (types only; now extractive)"
    )


def test_a_batch_run_says_how_far_it_is(run, tmp_path, classifier_folder, article, monkeypatch):
    monkeypatch.setattr("communique.inference.commands.batch.SECONDS_BETWEEN_LINES", 0)
    arguments = ["batch", article, "--classifier", classifier_folder, "--types-only"]
    _, _, err = run(*arguments, "--output", tmp_path / "out")
    assert "1 of 1 documents, " in err and "0 s left" in err
    _, _, err = run(*arguments, "--output", tmp_path / "quiet", "--quiet")
    assert "left" not in err


def test_an_interrupted_batch_run_goes_on_later(tmp_path, classifier_folder):
    path = tmp_path / "documents.jsonl"
    path.write_text((json.dumps({"text": ARTICLE}) + "\n") * 3000)
    output = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "communique",
        "batch",
        str(path),
        "--output",
        str(output),
        "--types-only",
    ]
    command += ["--shard-size", "1", "--classifier", str(classifier_folder)]
    # Where the tests run in the background of a shell, the interrupt is ignored, and children inherit that.
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (output / "shards.jsonl").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.strip() == "interrupted; finished shards are kept: run the same command again to go on"


def test_wrong_choices_of_a_benchmark_are_named(run):
    code, _, err = run("benchmark", "batch", "--methods", "types,poems")
    assert code == 2 and "poems: valid are types, extractive, abstractive" in " ".join(err.split())
    code, _, err = run("benchmark", "batch", "--workers", "1,no")
    assert code == 2 and "--workers no" in err


def test_facts_and_deadlines(run, tmp_path):
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("Norway will pay 5 million euros by the end of next year.")
    second.write_text("Peru will ratify the treaty by 1 May 1990.")
    code, out, err = run("analyze", first, "--facts", "--format", "json")
    assert code == 0 and "have no value" in err
    assert [fact["kind"] for fact in json.loads(out)["sentences"][0]["facts"]] == [
        "country",
        "amount",
        "deadline",
    ]
    code, out, err = run("analyze", first, second, "--deadlines", "--date", "2024-02-01", "--format", "jsonl")
    assert code == 0 and err == ""
    assert [(line["due"], line["who"]) for line in map(json.loads, out.splitlines())] == [
        ("1990-05-01", ["PER"]),
        ("2025-12-31", ["NOR"]),
    ]
    code, _, err = run("analyze", first, "--date", "yesterday")
    assert code == 2 and "yesterday" in err


def test_commitments_are_listed(run, tmp_path):
    article = tmp_path / "a.txt"
    article.write_text("Norway will provide 5 million dollars for the ferry fund of Lima by 1 May 2027.")
    code, out, _ = run("analyze", article, "--commitments", "--format", "jsonl")
    assert code == 0
    assert all(line["who"] == ["NOR"] and line["deadlines"] for line in map(json.loads, out.splitlines()))
    code, _, err = run("analyze", article, "--commitments", "--deadlines")
    assert code == 2 and "ask for one at a time" in " ".join(err.split())
    code, _, err = run("analyze", article, "--commitments", "--format", "html")
    assert code == 2 and "html shows whole texts" in " ".join(err.split())


@pytest.mark.parametrize("listing", [(), ("--deadlines",), ("--commitments",)])
@pytest.mark.parametrize("format", ["xlsx", "parquet"])
def test_binary_formats_go_to_a_file_only(run, article, tmp_path, format, listing):
    output = tmp_path / "out"
    code, out, err = run(
        "analyze", article, "--format", format, *listing, "--method", "extractive", "--output", output
    )
    assert (code, out, err) == (0, "", "")
    assert output.read_bytes().startswith({"xlsx": b"PK", "parquet": b"PAR1"}[format])


def test_binary_formats_are_refused_before_the_work(run, article, monkeypatch):
    code, out, err = run("classify", article, "--format", "xlsx", "--classifier", "nonesuch", models=False)
    assert code == 2 and out == "" and "name a file with --output" in " ".join(err.split())
    terminal, name = pty.openpty()
    code, _, err = run("classify", article, "--format", "parquet", "--output", os.ttyname(name))
    os.close(terminal)
    os.close(name)
    assert code == 2 and "not written to a terminal" in " ".join(err.split())
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    code, _, err = run(
        "classify", article, "--format", "xlsx", "--output", "x", "--classifier", "nonesuch", models=False
    )
    assert code == 1 and "pip install 'communique[tables]'" in err


def test_a_page_has_facts_without_being_asked(run, tmp_path):
    article = tmp_path / "a.txt"
    article.write_text("Norway will pay 5 million euros by 1 May 2027.")
    code, page, _ = run("analyze", article, "--format", "html", "--method", "extractive")
    assert code == 0 and page.startswith("<!DOCTYPE html>") and "Norway (1)" in page


def test_length_and_timeout(run, article):
    towns = ("Riga", "Oslo", "Lima", "Accra", "Hanoi", "Quito", "Dakar", "Suva")
    article.write_text(" ".join(f"The council approved a plan for the port of {town}." for town in towns))
    command = ("summarize", article, "--method", "extractive", "--format", "json")
    texts = [
        json.loads(run(*command, "--length", length)[1])["abstract"]["text"] for length in ("short", "long")
    ]
    assert len(texts[0]) < len(texts[1])
    code, out, _ = run("summarize", article, "--timeout", "0.01")
    assert code == 0 and "the time of 0.01 s was over" in " ".join(out.split())
    assert run("summarize", article, "--timeout", "0")[0] == 2


def test_suspects_are_found_edited_and_merged(run, corpus, tmp_path):
    found, merged = tmp_path / "suspects.jsonl", tmp_path / "merged.jsonl"
    annotated = tmp_path / "annotated.jsonl"
    # A pledge labelled as background in one of the documents.
    annotated.write_text(corpus["train"].read_text().replace('["pledge"]', '["background"]', 1))
    arguments = ("corpus", "suspects", annotated, "--base", "tiny-encoder", "--output", found)
    code, _, err = run(*arguments)
    assert code == 0 and "sentence(s) to" in err
    lines = [json.loads(line) for line in found.read_text().splitlines()]
    lines[0]["types"] = lines[0]["suggested"]
    found.write_text("".join(json.dumps(line) + "\n" for line in lines))
    # What somebody has edited is not lost.
    code, _, err = run(*arguments)
    assert code == 1 and "is there already; name another file, or add --overwrite" in err
    code, _, err = run("corpus", "correct", annotated, "--suspects", found, "--output", merged)
    assert code == 0 and "1 sentence(s) have other types" in err
    assert run("corpus", "check", merged)[0] == 0 and merged.read_text() != annotated.read_text()


def test_a_readme_gets_its_figures(run, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("<!-- figures: facts -->\n<!-- end of figures -->\n")
    code, _, err = run("models", "card", "--readme", readme)
    assert code == 0 and f"wrote {readme}" in err and "| addressee |" in readme.read_text()
    assert run("models", "card")[0] == 2
