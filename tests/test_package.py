"""What a user notices of the package as a whole."""

import subprocess
import sys
from importlib.resources import files

import pytest

import communique

HEAVY = (
    "torch",
    "transformers",
    "openvino",
    "openvino_genai",
    "datasets",
    "sklearn",
    "matplotlib",
    "numpy",
    "rich",
    "lxml",
    "pyarrow",
    "pypdfium2",
    "trafilatura",
)


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_import_is_light():
    loaded = modules_after("import communique")
    assert not loaded & set(HEAVY)


def test_help_is_light():
    loaded = modules_after(
        "from typer.testing import CliRunner\nfrom communique.cli import app\nCliRunner().invoke(app, ['--help'])"
    )
    assert not loaded & (set(HEAVY) - {"rich"})


def test_using_needs_neither_torch_nor_transformers(classifier_folder, summarizer_folder):
    """With the training packages hidden, everything but training works and a missing extra is one sentence."""
    code = f"""
import sys
for name in ("torch", "transformers", "datasets", "evaluate", "sklearn", "peft", "gguf", "matplotlib"):
    sys.modules[name] = None
import communique
analyzer = communique.load({str(classifier_folder)!r})
print(analyzer.summarize("The council approved a plan of 9 points.", method="extractive"))
print(communique.check_support("A plan was approved.", "The council approved a plan."))
for action in (
    lambda: communique.load({str(classifier_folder)!r}, engine="torch"),
    lambda: __import__("communique.training.classifier"),
    lambda: __import__("communique.training.figures"),
):
    try:
        action()
    except communique.CommuniqueError as error:
        assert "pip install 'communique[train]'" in str(error), error
        print("needs the extra")
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("needs the extra") == 3


@pytest.mark.parametrize("name", communique.__all__)
def test_everything_promised_is_there(name):
    assert getattr(communique, name) is not None


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="no attribute 'clasify'"):
        communique.clasify  # noqa: B018


def test_data_travel_with_the_package():
    root = files("communique")
    for path in (
        "py.typed",
        "configs/classifier.yaml",
        "seeds/seed-article.txt",
        "inference/templates/results.html.jinja",
        "inference/templates/results.css",
        "inference/templates/results.js",
        "models/commitment_types.yaml",
        "seeds/comparisons/pairs.jsonl",
    ):
        assert root.joinpath(path).is_file(), path
