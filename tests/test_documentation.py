"""Every command and every piece of code in the documentation does what its page says.

The blocks of a page are run in their order, in a folder with the files that pages speak of (`sample_files`), with the
shipped classifiers and a tiny summarizer:

- `python` is run; all blocks of a page share their names.
- `pycon` is run, and the answers are compared.
- `bash`: each `communique` command is run and must succeed.
- `console`: the same, and what stands below a command must be printed ("…" stands for anything).
- `json` and `yaml` must be read; a block with a title is the file of that name.

What cannot be run here has a comment before it, `<!-- not run: why -->`. The command line must accept its commands all
the same, configurations must resolve with their overrides, and Python must compile.
"""

import doctest
import json
import re
import shlex
import tomllib
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt
from typer.main import get_command
from typer.testing import CliRunner

import communique
from communique.cli import app
from communique.inference import api
from communique.models.classifier import SentenceClassifier
from communique.models.summarizer import MeetingSummarizer

from .conftest import ROOT, write_corpus
from .inference.rendering import Article, as_html, as_pdf

PAGES = [
    ROOT / "README.md",
    ROOT / "seeds" / "DATA_CARD.md",
    ROOT / "docs" / "example.ipynb",
    *sorted((ROOT / "docs" / "pages").rglob("*.md")),
]
NOT_RUN = re.compile(r"<!-- not run: \w.* -->\s*$")
MADE = {"reference/command-line.md", "tutorials/notebook.md"}
"""Pages that `docs/hooks.py` makes."""


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    language: str
    code: str
    place: str
    runs: bool
    title: str | None = None


def blocks_of(page: Path) -> list[Block]:
    name = page.relative_to(ROOT).as_posix()
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        return [
            Block("python", "".join(cell["source"]), f"{name}, cell {number}", True)
            for number, cell in enumerate(json.loads(text)["cells"])
            if cell["cell_type"] == "code"
        ]
    blocks = []
    before = ""
    for token in MarkdownIt().parse(text):
        if token.type == "fence":
            language, _, options = token.info.partition(" ")
            title = re.search(r'title="([^"]+)"', options)
            place = f"{name}:{token.map[0] + 1}"
            runs = not NOT_RUN.search(before)
            blocks.append(Block(language, token.content, place, runs, title[1] if title else None))
        before = token.content if token.type == "html_block" else ""
    return blocks


def files_named() -> dict[str, str]:
    """The files whose content the pages show."""
    return {block.title: block.code for page in PAGES for block in blocks_of(page) if block.title}


@pytest.fixture
def sample_files(tmp_path, seed_article, monkeypatch):
    """The files that pages speak of, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("seeds", "reports"):
        (tmp_path / name).mkdir()
    for name, content in files_named().items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "seeds" / "seed-article.txt").write_text(seed_article, encoding="utf-8")
    statement = (tmp_path / "statement.txt").read_text(encoding="utf-8")
    for number in range(2):
        (tmp_path / "reports" / f"{number}.txt").write_text(statement.replace("Riga", "Lima"))
    (tmp_path / "more.jsonl").write_text(json.dumps({"id": "riga", "text": statement}) + "\n")
    title, _, text = statement.partition("\n\n")
    article = Article(title, (tuple(text.split(". ")),))
    (tmp_path / "statement.pdf").write_bytes(as_pdf(article))
    (tmp_path / "page.html").write_bytes(as_html(article))
    write_corpus(tmp_path / "held-out.jsonl", 4, "test")
    return tmp_path


@pytest.fixture(scope="module")
def models(summarizer_folder):
    """Each model is loaded once; the tiny summarizer stands in for the shipped one, which takes seconds a text."""
    load_classifier, load_summarizer = SentenceClassifier.load, MeetingSummarizer.load
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "Agg")
        patch.setattr(SentenceClassifier, "load", cache(load_classifier))
        patch.setattr(MeetingSummarizer, "load", cache(lambda *_: load_summarizer(summarizer_folder)))
        patch.setattr(
            api,
            "default",
            api.Analyzer(lambda: SentenceClassifier.load("classifier"), MeetingSummarizer.load),
        )
        yield


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page, sample_files, models):
    article = "Norway will provide 5 million euros. The ministers urged Iceland to help."
    # What the README takes as given.
    names = {"article": article, "any_abstract": "Norway will provide 8 million euros."}
    names |= {"last_year": article, "this_year": article.replace("5", "8")}
    for block in blocks_of(page):
        check = CHECKS.get(block.language)
        assert check is not None, f"{block.place}: '{block.language}' is no language of a block"
        try:
            check(block, names)
        except BaseException as error:
            error.add_note(f"in the block at {block.place}")
            raise


def check_python(block, names):
    code = compile(block.code, block.place, "exec")
    if block.runs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            exec(code, names)


def check_answers(block, names):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    test = doctest.DocTestParser().get_doctest(block.code, names, block.place, None, 0)
    runner = doctest.DocTestRunner(optionflags=flags, verbose=False)
    said = []
    runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert runner.failures == 0, "".join(said)


def check_commands(block, names):
    for line in block.code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            check_command(words, block.runs)


def check_console(block, names):
    for part in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        printed = " ".join(check_command(shlex.split(command), block.runs).split())
        place = 0
        for fragment in filter(None, (" ".join(piece.split()) for piece in expected.split("…"))):
            found = printed.find(fragment, place)
            assert found >= 0, f"'{fragment}' is not printed by '{command}', which prints: {printed}"
            place = found + len(fragment)


def check_command(words: list[str], runs: bool) -> str:
    """Run a command, or check that it would be accepted; return what it prints."""
    program, *arguments = words
    if program == "make":
        targets = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(arguments[0])}:", targets, re.MULTILINE), (
            f"make has no {arguments[0]}"
        )
    elif program == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        asked = {
            extra
            for word in arguments
            for extra in re.findall(r"[\w-]+", "".join(re.findall(r"\[(.*)\]", word)))
        }
        assert asked <= set(project["optional-dependencies"]), f"there is no extra {asked}"
    else:
        assert program == "communique", f"'{program}' is no command that is checked"
        if runs:
            return run(arguments)
        accept(arguments)
        if arguments[0] == "train":
            run([*arguments, "--dry-run"])
    return ""


def run(arguments: list[str]) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (
        f"communique {shlex.join(arguments)}: {result.output}{result.exception or ''}"
    )
    return result.stdout


def accept(arguments: list[str]) -> None:
    """Let the command line read a command without running it; a wrong option or value raises."""
    command, context, name, rest = get_command(app), None, "communique", list(arguments)
    while hasattr(command, "commands"):
        context = command.context_class(command, parent=context, info_name=name)
        name = rest.pop(0)
        command = command.commands[name]
    command.make_context(name, rest, parent=context)


def check_json(block, names):
    for line in block.code.splitlines():
        json.loads(line)


def check_yaml(block, names):
    yaml.safe_load(block.code)


CHECKS = {
    "python": check_python,
    "pycon": check_answers,
    "bash": check_commands,
    "console": check_console,
    "json": check_json,
    "yaml": check_yaml,
    "text": lambda block, names: None,
}


def test_the_navigation_names_every_page_and_links_lead_somewhere():
    folder = ROOT / "docs" / "pages"
    settings = yaml.safe_load((ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8"))
    named = set(_leaves(settings["nav"]))
    pages = {page.relative_to(folder).as_posix() for page in folder.rglob("*.md")}
    cards = {name.removeprefix("cards/") for name in named if name.startswith("cards/")}
    assert named == pages | MADE | {f"cards/{card}" for card in cards}
    assert all((ROOT / card).is_file() for card in cards)
    for page in folder.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            place = Path(folder, page.parent, target).resolve().relative_to(folder).as_posix()
            assert place in named, f"{page}: {target}"


def _leaves(nav):
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _leaves(part)


@pytest.mark.parametrize(
    ("language", "code", "runs"),
    [
        ("python", "communique.clasify", True),
        ("python", "import =", False),
        ("pycon", ">>> 1 + 1\n3\n", True),
        ("bash", "communique schema --fro analyze", True),
        ("bash", "communique serve --prot 80", False),
        ("bash", "communique train classifier classifier.yaml --set training.epoch=2", False),
        ("bash", "communique nonesuch", False),
        ("bash", "make nonesuch", False),
        ("bash", "pip install '.[nonesuch]'", False),
        ("console", "$ communique --version\n9.9.9\n", True),
        ("json", "{", True),
    ],
)
def test_a_wrong_block_is_found(language, code, runs):
    with pytest.raises(Exception):  # noqa: B017 - each in its own way
        CHECKS[language](Block(language, code, "here", runs), {"communique": communique})
