"""A model on disk: a folder that is complete and unchanged, or an error that says why not.

A model folder holds `config.json` (with a format version and the kind of model), `labels.json`, the
weights in open formats (safetensors, OpenVINO, GGUF; never pickle), `training.yaml` (the resolved
configuration), `run.json` (versions, data hashes, metrics), `README.md` (the card) and
`hashes.json` (the sha256 of every other file). Folders are written aside and renamed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelFolderError
from .taxonomy import LabelSchema
from .validation import nearest, validated

FORMAT_VERSION = 1
HASHES = "hashes.json"
LARGEST_FILE = 95_000_000
"""Bytes; a larger file is stored in parts."""
SHIPPED_MODELS = Path(__file__).with_name("weights")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """An opened model folder whose format is known."""

    path: Path
    config: dict[str, Any]
    """The content of `config.json`."""
    schema: LabelSchema
    hashes: dict[str, str]

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.config["name"])

    def file(self, name: str) -> Path:
        """Return the path of a file of the model after checking that it is unchanged.

        Raises:
            ModelFolderError: If the file is missing or its sha256 is not the recorded one.
        """
        path = self.path / name
        if name not in self.hashes:
            raise ModelFolderError(f"{path}: this model has no such file; it holds {sorted(self.hashes)}")
        if not path.is_file():
            raise ModelFolderError(f"{path}: the file is missing; copy or train the model anew")
        if file_hash(path) != self.hashes[name]:
            raise ModelFolderError(
                f"{path}: was changed after the model was written (its sha256 is not the one in {HASHES}); "
                "restore the file, or train the model anew"
            )
        return path

    def has(self, name: str) -> bool:
        """Say whether the model holds a file of that name."""
        return name in self.hashes

    def parts(self, name: str) -> list[Path]:
        """Return the checked files that a large file was stored as, in order; see `split_file`."""
        if self.has(name):
            return [self.file(name)]
        return [self.file(part) for part in sorted(self.hashes) if part.startswith(f"{name}.part")]

    def copy_to(self, folder: Path, names: Iterable[str]) -> None:
        """Copy files of the model, checked, into another folder, which gets hashes of its own."""
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.file(name), folder / name)
        write_hashes(folder)

    def read_json(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a JSON file of the model."""
        return json.loads(self.file(name).read_text(encoding="utf-8"))


def shipped_models() -> dict[str, Path]:
    """Return the folders of the models that come with the package, by the names that their configs give them."""
    folders = [path.parent for path in SHIPPED_MODELS.glob("*/config.json")]
    return dict(sorted((_read_json(folder / "config.json")["name"], folder) for folder in folders))


def open_model_folder(model: str | Path, kind: str) -> ModelFolder:
    """Open a model by the name of a shipped one, or by its folder.

    Args:
        model: A shipped model's name, or the path of a folder.
        kind: "classifier" or "summarizer".

    Raises:
        ModelFolderError: If there is no such model, its folder is incomplete or damaged, or it is of
            another kind.
    """
    path = find_model_folder(model)
    hashes = _read_json(path / HASHES)
    config = _read_json(path / "config.json")
    version = config.get("format_version")
    if version != FORMAT_VERSION:
        raise ModelFolderError(
            f"{path}: has model format {version!r}; this version of communique reads format {FORMAT_VERSION}"
        )
    if config.get("kind") != kind:
        raise ModelFolderError(f"{path}: is a {config.get('kind')}; a {kind} is needed here")
    schema = validated(LabelSchema, _read_json(path / "labels.json"), str(path / "labels.json"))
    folder = ModelFolder(path, config, schema, hashes)
    for name in ("config.json", "labels.json"):
        folder.file(name)
    return folder


@contextmanager
def new_model_folder(output: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to fill; when the block ends without error it becomes `output`, complete with hashes.

    Raises:
        ModelFolderError: If `output` exists already and `overwrite` is false.
    """
    check_output(output, overwrite=overwrite)
    partial = output.with_name(f"{output.name}.partial-{os.getpid()}")
    partial.mkdir(parents=True)
    try:
        yield partial
        write_hashes(partial)
        if output.exists():
            shutil.rmtree(output)
        partial.rename(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_output(output: Path, *, overwrite: bool) -> None:
    """Refuse to write over a folder unless told to.

    Raises:
        ModelFolderError: If `output` exists and `overwrite` is false, or is a folder that holds
            something else than a model.
    """
    if not output.exists():
        return
    if not overwrite:
        raise ModelFolderError(f"{output}: exists already; choose another output or add --overwrite")
    if not (output / "config.json").is_file():
        raise ModelFolderError(
            f"{output}: is not a model folder and is not overwritten; choose another output"
        )


def write_hashes(folder: Path) -> None:
    """Record the sha256 of every file of a model folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != HASHES)
    hashes = {path.relative_to(folder).as_posix(): file_hash(path) for path in files}
    write_json(folder / HASHES, hashes)


def write_json(path: Path, data: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write a JSON file made to be read and compared: indented, in UTF-8, with a final newline."""
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def file_hash(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def split_file(path: Path, limit: int = LARGEST_FILE) -> None:
    """Replace a file that is larger than `limit` bytes by parts `NAME.part1`, `NAME.part2` ...

    Hosts of repositories refuse files above 100 MB.
    """
    if path.stat().st_size <= limit:
        return
    with path.open("rb") as source:
        for number in itertools.count(1):
            data = source.read(limit)
            if not data:
                break
            path.with_name(f"{path.name}.part{number}").write_bytes(data)
    path.unlink()


def join_parts(parts: list[Path], path: Path) -> None:
    """Write the file that `parts` were split from."""
    with path.open("wb") as target:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, target)


def cache_folder() -> Path:
    """Return the folder for downloaded and converted files.

    `COMMUNIQUE_CACHE` names it; else it is `communique` in the user's cache folder.
    """
    if chosen := os.environ.get("COMMUNIQUE_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "communique"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "communique"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "communique"


def in_cache(kind: str, parts: list[Path], make: Callable[[Path, list[Path]], None]) -> Path:
    """Return a cached folder that is made of a model's files, making it the first time.

    It is written aside and renamed, by one process at a time: of two that start at once, the second waits and
    finds it whole. Its files carry their sha256; a folder that lost or changed one is made anew.

    Args:
        kind: A name that tells such folders apart from others, with the version of what makes them.
        parts: The files it is made of; their hashes name it.
        make: Fills a new folder from the files.
    """
    from filelock import FileLock

    digest = hashlib.sha256("".join(map(file_hash, parts)).encode()).hexdigest()
    target = cache_folder() / kind / digest[:16]
    if _is_whole(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f"{target.name}.lock")):
        if not _is_whole(target):
            work = Path(tempfile.mkdtemp(dir=target.parent))
            try:
                make(work, parts)
                write_hashes(work)
                shutil.rmtree(target, ignore_errors=True)
                work.rename(target)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return target


def _is_whole(folder: Path) -> bool:
    """Say whether a folder has every file that its hashes record, unchanged."""
    try:
        hashes = json.loads((folder / HASHES).read_text(encoding="utf-8"))
        return all(file_hash(folder / name) == known for name, known in hashes.items())
    except (OSError, ValueError):
        return False


def find_model_folder(model: str | Path) -> Path:
    """Return the folder of a model by the name of a shipped one, or by its path.

    Raises:
        ModelFolderError: If there is no such folder, or it is not complete.
    """
    shipped = shipped_models()
    if str(model) in shipped:
        return shipped[str(model)]
    path = Path(model)
    if not path.exists():
        raise ModelFolderError(
            f"'{model}': no model folder and no shipped model of that name{nearest(str(model), list(shipped))}"
        )
    if not path.is_dir():
        raise ModelFolderError(f"{path}: is a file; name the model's folder")
    for name in ("config.json", "labels.json", HASHES):
        if not (path / name).is_file():
            raise ModelFolderError(f"{path}: is not a complete model folder: {name} is missing")
    return path


def _read_json(path: Path) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFolderError(
            f"{path}: cannot be read as JSON ({error}); the model folder is damaged"
        ) from None
