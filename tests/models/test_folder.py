import json
import multiprocessing
import os
import shutil
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

import communique
from communique.errors import ModelFolderError
from communique.models.folder import (
    cache_folder,
    find_model_folder,
    in_cache,
    new_model_folder,
    open_model_folder,
    shipped_models,
)


@pytest.fixture
def copy(classifier_folder, tmp_path):
    return shutil.copytree(classifier_folder, tmp_path / "model")


def test_unknown_model():
    with pytest.raises(ModelFolderError, match="did you mean 'classifier'"):
        communique.load("clasifier")


def test_missing_file(copy):
    (copy / "labels.json").unlink()
    with pytest.raises(ModelFolderError, match=r"labels\.json is missing"):
        communique.load(copy)


def test_missing_weights(copy):
    (copy / "openvino" / "model.bin").unlink()
    with pytest.raises(ModelFolderError, match=r"model\.bin: the file is missing"):
        communique.load(copy)


@pytest.mark.parametrize("name", ["openvino/model.bin", "calibration.json", "tokenizer.json", "labels.json"])
def test_tampered_file(copy, name):
    path = copy / name
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))
    with pytest.raises(ModelFolderError, match="changed after the model was written"):
        communique.load(copy)


def test_broken_json(copy):
    (copy / "config.json").write_text("{")
    with pytest.raises(ModelFolderError, match="damaged"):
        communique.load(copy)


def test_future_format(copy):
    path = copy / "config.json"
    path.write_text(path.read_text().replace('"format_version": 1', '"format_version": 99'))
    with pytest.raises(ModelFolderError, match="model format 99"):
        communique.load(copy)


def test_wrong_kind(classifier_folder):
    with pytest.raises(ModelFolderError, match="is a classifier; a summarizer is needed"):
        open_model_folder(classifier_folder, "summarizer")


def test_a_file_is_no_model(classifier_folder):
    with pytest.raises(ModelFolderError, match="is a file"):
        communique.load(classifier_folder / "config.json")


def test_a_folder_is_complete_or_absent(tmp_path):
    output = tmp_path / "model"
    with pytest.raises(RuntimeError), new_model_folder(output) as folder:
        (folder / "config.json").write_text("{}")
        raise RuntimeError("the power went")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unasked(tmp_path):
    output = tmp_path / "model"
    with new_model_folder(output) as folder:
        (folder / "config.json").write_text("1")
    with pytest.raises(ModelFolderError, match="exists already"), new_model_folder(output):
        pass
    with new_model_folder(output, overwrite=True) as folder:
        (folder / "config.json").write_text("2")
    assert (output / "config.json").read_text() == "2"


def test_a_folder_that_is_no_model_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ModelFolderError, match="not overwritten"), new_model_folder(tmp_path, overwrite=True):
        pass
    assert (tmp_path / "thesis.txt").exists()


def test_no_pickle_in_a_model_folder(classifier_folder, summarizer_folder):
    suffixes = {path.suffix for path in [*classifier_folder.rglob("*"), *summarizer_folder.rglob("*")]}
    assert not suffixes & {".pkl", ".pickle", ".pt", ".pth", ".joblib"}


def fill_slowly(work, parts):
    time.sleep(0.2)
    (work / "made.txt").write_text(parts[0].read_text() + str(os.getpid()))


def make_in_cache(part):
    return (in_cache("test", [part], fill_slowly) / "made.txt").read_text()


def test_two_processes_that_convert_at_once_make_one_folder(tmp_path):
    part = tmp_path / "weights"
    part.write_text(str(tmp_path))
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        made = [*pool.map(make_in_cache, [part, part])]
    assert made[0] == made[1]
    assert not [
        path for path in in_cache("test", [part], fill_slowly).parent.iterdir() if path.name.startswith("tmp")
    ]


def test_a_damaged_conversion_is_made_anew(tmp_path):
    part = tmp_path / "weights"
    part.write_text(str(tmp_path))
    folder = in_cache("test", [part], fill_slowly)
    whole = (folder / "made.txt").read_text()
    (folder / "made.txt").write_text("half of it")
    assert make_in_cache(part) == whole
    (folder / "made.txt").unlink()
    assert make_in_cache(part) == whole


def test_a_conversion_that_fails_leaves_nothing(tmp_path):
    part = tmp_path / "weights"
    part.write_text(str(tmp_path))

    def fail(work, parts):
        (work / "half.txt").write_text("x")
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError):
        in_cache("failing", [part], fail)
    assert [path.suffix for path in (cache_folder() / "failing").iterdir()] == [".lock"]


def test_shipped_models_go_by_the_names_of_their_configs():
    shipped = shipped_models()
    assert {"classifier", "classifier-small", "summarizer"} <= set(shipped)
    for name, folder in shipped.items():
        assert find_model_folder(name) == folder
        assert json.loads((folder / "config.json").read_text())["name"] == name
    with pytest.raises(ModelFolderError, match="did you mean 'classifier-small'"):
        find_model_folder("classifier-smal")
