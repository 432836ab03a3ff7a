"""Simple systems that the models must beat: keyword rules, the majority type, leading and central sentences."""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

from ..models.calibration import Calibration, Floats
from ..models.classifier import SentenceClassifier, SentenceInput
from ..models.taxonomy import LabelSchema
from .base_models import find_checkpoint
from .corpus import AnnotatedDocument
from .metrics import multi_hot

# Wordings that a reader of the annotation guideline would try first.
KEYWORDS = {
    "resource": r"\b(?:million|billion|mln|bln)\b.*\b(?:provide|contribut|donat|grant|loan|fund)"
    r"|\b(?:provide|contribut|donat|grant|lend|loan)\w*\b.*\b(?:million|billion|mln|bln|doses|troops|tonnes)\b",
    "decision": r"\b(?:approv|adopt|endors|ratif|establish|launch|elect|appoint|mandat|impos|lift)(?:e|es|ed|s)?\b"
    r"|\bdecided\b",
    "agreement": r"\b(?:agreed (?:to|on)|agreement (?:was|on)|signed|concluded|consensus on|memorandum)\b",
    "activity": r"\bwill (?:meet|hold|host|visit|take place|be held|resume)\b|\bnext (?:meeting|summit|session)\b",
    "pledge": r"\b(?:pledg|vow|commit(?:ted|s)? to|intend|determined to|ready to|we will|promis)\w*",
    "call": r"\b(?:urg(?:e|ed|es|ing)|call(?:ed|s)? (?:on|for|upon)|must|should|appeal|demand)\w*",
    "position": r"\b(?:welcom|condemn|stress|reaffirm|express|support|concern|believ|warn|recogni[sz]|hail)\w*",
    "consultation": r"\b(?:discuss|exchang\w+ views|held (?:talks|meetings)|review|met with|talks with)\w*",
}


def keyword_types(sentences: Sequence[str], schema: LabelSchema) -> list[tuple[str, ...]]:
    """Give each sentence every commitment type whose keywords it holds, else background.

    Works for the nine commitment types only.
    """
    patterns = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in KEYWORDS.items()}
    return [
        schema.ordered(name for name, pattern in patterns.items() if pattern.search(text)) or ("background",)
        for text in sentences
    ]


def majority_types(references: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Give every sentence the set that is most frequent in the very data it is judged on."""
    most_common = Counter(tuple(types) for types in references).most_common(1)[0][0]
    return [most_common] * len(references)


def lead(sentences: Sequence[str], title: str | None, count: int = 3) -> list[str]:
    """Take the first sentences after the title for an abstract."""
    body = [text for text in sentences if text != title]
    return body[:count]


def centroid_scores(sentences: Sequence[str]) -> list[float]:
    """Score sentences by how near they are to the whole text (Radev et al., 2004): TF-IDF cosine with its sum."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(token_pattern=r"\S+").fit_transform(sentences).toarray()
    return [float(value) for value in vectors @ vectors.sum(axis=0)]


TFIDF = "TF-IDF and logistic regression"
FROZEN = "frozen MiniLM and logistic regression"
CONTRASTIVE = "contrastive MiniLM, 64 sentences a type (as SetFit)"
ZERO_SHOT = "SmolLM2 zero-shot by prompt"
BASELINE_CLASSIFIERS = (TFIDF, FROZEN, CONTRASTIVE, ZERO_SHOT)
"""Classifiers that learn in seconds or minutes what the training data teach, or that need none."""
CONTRASTIVE_EXAMPLES = 64
SEED = 13


def learned_types(
    name: str,
    training: Sequence[AnnotatedDocument],
    documents: Sequence[AnnotatedDocument],
    schema: LabelSchema,
) -> list[list[tuple[str, ...]]]:
    """Label documents with a simple classifier that learns from others, or with a language model that is asked.

    Args:
        name: One of `BASELINE_CLASSIFIERS`.
        training: What it learns from.
        documents: What it labels.
        schema: The labels.

    Returns:
        The types of each sentence of each document.
    """
    asked = [text for document in documents for text in document.sentence_texts()]
    if name == ZERO_SHOT:
        answers = zero_shot_types(asked, schema, "smollm2-135m")
    elif name == CONTRASTIVE:
        answers = _contrastive_types(training, asked, schema)
    else:
        answers = _regression_types(name, training, asked, schema)
    types = iter(answers)
    return [[next(types) for _ in document.sentences] for document in documents]


def zero_shot_types(texts: Sequence[str], schema: LabelSchema, base: str) -> list[tuple[str, ...]]:
    """Ask a language model for the type of each sentence, without any example.

    The prompt lists the types with their definitions. The answer is the type whose name the model finds likeliest,
    relative to how likely it is after a sentence without content (Zhao et al., 2021, "Calibrate Before Use").

    Args:
        texts: Sentences.
        schema: The types.
        base: A causal language model, as in a configuration.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    checkpoint = find_checkpoint(base)
    source = checkpoint.loading_options
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.source, **source)
    model = AutoModelForCausalLM.from_pretrained(checkpoint.source, dtype=torch.float32, **source).eval()
    definitions = "\n".join(f"{kind.name}: {kind.definition}" for kind in schema.types)
    opening = f"What does the sentence record?\n{definitions}\n\nSentence:"
    names = [tokenizer.encode(f" {name}", add_special_tokens=False) for name in schema.names]
    longest = max(map(len, names))
    answers = torch.tensor([name + name[-1:] * (longest - len(name)) for name in names])
    counted = torch.tensor([[float(place < len(name)) for place in range(longest)] for name in names])

    def likelihoods(text: str) -> Floats:
        prompt = tokenizer(f"{opening} {text}\nAnswer:", return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            # The prompt is read once, and its state serves every name.
            read = model(prompt, use_cache=True, logits_to_keep=1)
            read.past_key_values.batch_repeat_interleave(len(names))
            further = model(answers, past_key_values=read.past_key_values).logits
        logits = torch.cat([read.logits.expand(len(names), -1, -1), further[:, :-1]], dim=1)
        tokens = torch.log_softmax(logits, -1).gather(2, answers.unsqueeze(-1)).squeeze(-1)
        return np.asarray((tokens * counted).sum(1).numpy(), dtype=np.float64)

    without_content = likelihoods("N/A")
    return [(schema.names[int(np.argmax(likelihoods(text) - without_content))],) for text in texts]


def _regression_types(
    name: str, training: Sequence[AnnotatedDocument], asked: Sequence[str], schema: LabelSchema
) -> list[tuple[str, ...]]:
    """Label sentences by logistic regression on word counts or on the embeddings of the base encoder."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    known = [text for document in training for text in document.sentence_texts()]
    if name == TFIDF:
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        features, questions = vectorizer.fit_transform(known), vectorizer.transform(asked)
    else:
        embedded = sentence_embeddings([*known, *asked])
        features, questions = embedded[: len(known)], embedded[len(known) :]
    targets = multi_hot([sentence.types for document in training for sentence in document.sentences], schema)
    model = OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000)).fit(features, targets)
    return Calibration.identity(schema).decide(model.predict_proba(questions))


def _contrastive_types(
    training: Sequence[AnnotatedDocument], asked: Sequence[str], schema: LabelSchema
) -> list[tuple[str, ...]]:
    """Label sentences with a classifier that `training.few_shot` makes of some sentences of each type."""
    from .classifier import train_classifier
    from .config import ClassifierConfig, load_config

    by_type: dict[str, list[dict[str, object]]] = {name: [] for name in schema.names}
    for document in training:
        for sentence, text in zip(document.sentences, document.sentence_texts(), strict=True):
            by_type[schema.primary(sentence.types)].append({"text": text, "labels": list(sentence.types)})
    chance = random.Random(SEED)
    chosen = [
        row
        for group in by_type.values()
        for row in chance.sample(group, min(CONTRASTIVE_EXAMPLES, len(group)))
    ]
    with tempfile.TemporaryDirectory() as folder:
        data, labels = Path(folder, "examples.jsonl"), Path(folder, "labels.yaml")
        data.write_text("".join(json.dumps(row) + "\n" for row in chosen), encoding="utf-8")
        labels.write_text(yaml.safe_dump(schema.to_dict()), encoding="utf-8")
        settings = [f"data.train={data}", f"output={folder}/model", f"model.label_schema={labels}"]
        settings += ["data.validation_share=0", f"training.few_shot.below={CONTRASTIVE_EXAMPLES + 1}"]
        model = train_classifier(load_config(ClassifierConfig, "custom.yaml", settings), quiet=True)
        classifier = SentenceClassifier.load(model)
        return [score.types for score in classifier.score([SentenceInput(text) for text in asked])]


def sentence_embeddings(texts: Sequence[str], base: str = "minilm") -> Floats:
    """Embed sentences with a base encoder as it is: the mean of its output over the tokens.

    Args:
        texts: Sentences.
        base: An encoder, as in a configuration.

    Returns:
        Shape (sentences, hidden size).
    """
    import torch
    import transformers
    from transformers import AutoModel, AutoTokenizer

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    source = find_checkpoint(base).source
    tokenizer, encoder = AutoTokenizer.from_pretrained(source), AutoModel.from_pretrained(source).eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    result = np.empty((len(texts), encoder.config.hidden_size))
    with torch.inference_mode():
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            batch = tokenizer(
                [texts[i] for i in chosen], padding=True, truncation=True, max_length=256, return_tensors="pt"
            )
            states = encoder(**batch).last_hidden_state.float()
            weights = batch["attention_mask"].unsqueeze(-1).float()
            result[chosen] = ((states * weights).sum(1) / weights.sum(1)).numpy()
    return result
