"""Label the commitments in diplomatic communiqués and write short abstracts grounded in their source.

    >>> import communique
    >>> communique.classify("The ministers agreed to reopen the border.")[0].primary
    'agreement'
    >>> print(communique.summarize(article))
    >>> analysis = communique.analyze(article)

Each takes a text, a list of texts or an iterator of texts, and gives one result, a list or an iterator.
`communique.load(...)` gives an object with the same methods for models, an engine and threads of your
choice. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .errors import CommuniqueError
    from .inference.api import Analyzer, default, load
    from .inference.comparison import Change, Comparison
    from .inference.results import Abstract, AbstractSentence, Analysis, Fact, LabelledSentence
    from .models.grounding import Support, UnsupportedItem, check_support
    from .models.taxonomy import CommitmentType, LabelSchema, commitment_schema
    from .models.text import Document, Sentence, segment

    classify = default.classify
    summarize = default.summarize
    analyze = default.analyze
    compare = default.compare

_WHERE = {
    "Abstract": "inference.results",
    "AbstractSentence": "inference.results",
    "Analysis": "inference.results",
    "Analyzer": "inference.api",
    "Change": "inference.comparison",
    "CommitmentType": "models.taxonomy",
    "CommuniqueError": "errors",
    "Comparison": "inference.comparison",
    "Document": "models.text",
    "Fact": "models.spans",
    "LabelSchema": "models.taxonomy",
    "LabelledSentence": "inference.results",
    "Sentence": "models.text",
    "Support": "models.grounding",
    "UnsupportedItem": "models.grounding",
    "check_support": "models.grounding",
    "commitment_schema": "models.taxonomy",
    "load": "inference.api",
    "segment": "models.text",
}

__all__ = [  # noqa: RUF022 - the front doors first
    "analyze",
    "classify",
    "summarize",
    "compare",
    "__version__",
    "Abstract",
    "AbstractSentence",
    "Analysis",
    "Analyzer",
    "Change",
    "CommitmentType",
    "CommuniqueError",
    "Comparison",
    "Document",
    "Fact",
    "LabelSchema",
    "LabelledSentence",
    "Sentence",
    "Support",
    "UnsupportedItem",
    "check_support",
    "commitment_schema",
    "load",
    "segment",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name in ("classify", "summarize", "analyze", "compare"):
        return getattr(import_module(".inference.api", __name__).default, name)
    if name in _WHERE:
        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
