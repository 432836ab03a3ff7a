"""Corrected documents in the format of the annotated corpus, so that models can be trained on them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .corrections import ReviewedDocument


def annotated_documents(documents: Iterable[ReviewedDocument]) -> str:
    """Write the documents that have a correction as annotated documents, one a line.

    All their sentences are written: the corrected ones with the types that people gave them, the others with those
    of the models. The abstract is written only where people corrected it, because a model learns nothing from its
    own. Fields are those of `training.corpus.AnnotatedDocument`.
    """
    return "".join(_annotated_document(document) + "\n" for document in documents if document.standing())


def _annotated_document(document: ReviewedDocument) -> str:
    analysis = document.corrected()
    corrected = document.standing()
    return json.dumps(
        {
            "id": document.id,
            "title": analysis.title,
            "source": analysis.source or "",
            "date": analysis.date or "",
            "body": analysis.publisher or "",
            "text": document.text,
            "sentences": [
                {"start": sentence.start, "end": sentence.end, "types": list(sentence.types)}
                for sentence in analysis.sentences
            ],
            "abstract": analysis.abstract.text if None in corrected and analysis.abstract else None,
        },
        ensure_ascii=False,
    )
