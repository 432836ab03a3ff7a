"""The errors that the package raises on purpose, each with a message that says what to do.

Every one derives from `CommuniqueError`, so that a caller can catch them all; the command line
prints the message and no traceback.
"""

from __future__ import annotations


class CommuniqueError(Exception):
    """Base of every error that the package raises on purpose."""


class ConfigError(CommuniqueError):
    """A configuration file, an override or a label schema holds something that is not valid."""


class CorpusError(CommuniqueError):
    """An annotated document is broken; the message names file and line."""


class PredictionsError(CommuniqueError):
    """A file with a system's predictions is broken or incomplete; the message names file, line and field."""


class InputError(CommuniqueError):
    """A text to be analysed cannot be read or is empty."""


class ModelFolderError(CommuniqueError):
    """A model is unknown, or its folder is missing, broken or tampered with."""


class MissingExtraError(CommuniqueError):
    """An optional dependency is needed that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra '{extra}': pip install 'communique[{extra}]'")
        self.feature = feature
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        # An error in a worker process reaches its parent by pickle.
        return type(self), (self.feature, self.extra)


class TrainingError(CommuniqueError):
    """A training run cannot start or go on."""


class BatchError(CommuniqueError):
    """A run over many documents cannot start or go on; what was finished is kept."""


class CorrectionsError(CommuniqueError):
    """Corrections cannot be read or kept; what was kept before is untouched."""


class ServerError(CommuniqueError):
    """The page cannot be served as asked."""
