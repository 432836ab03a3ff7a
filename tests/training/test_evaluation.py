import json

import jsonschema
import pytest

from communique.errors import PredictionsError
from communique.models.folder import SHIPPED_MODELS
from communique.models.taxonomy import commitment_schema
from communique.training.baselines import keyword_types, lead, majority_types
from communique.training.cards import write_card
from communique.training.evaluation import evaluate_models
from communique.training.metrics_schema import metrics_schema
from communique.training.report import markdown_tables

SCHEMA = commitment_schema()


@pytest.fixture(scope="module")
def result(tiny_analyzer, misread_corpus):
    return evaluate_models(tiny_analyzer, [misread_corpus], baselines=True)


def test_every_figure_has_its_interval(result):
    assert set(result["systems"]) == {
        "communique",
        "communique extractive",
        "majority",
        "keyword rules",
        "lead 3",
    }
    for system in result["systems"].values():
        for part in ("classification", "abstracts"):
            for figure in system.get(part, {}).values():
                assert figure["low"] <= figure["value"] <= figure["high"]
    assert (result["documents"], result["sentences"], result["abstracts"]) == (4, 40, 4)


def test_majority_is_what_it_is(result):
    # Two of ten sentences of each document are background, the most frequent set.
    assert result["systems"]["majority"]["classification"]["primary_accuracy"]["value"] == pytest.approx(0.2)
    assert result["systems"]["majority"]["classification"]["commitment_f1"]["value"] == 0


def test_our_abstracts_hold_nothing_unsupported(result):
    assert result["systems"]["communique"]["abstracts"]["unsupported"]["value"] == 0


def test_tables(result):
    text = markdown_tables(result)
    assert "| keyword rules |" in text and "| lead 3 |" in text and "| wire |" in text
    assert f"{result['systems']['communique']['classification']['primary_accuracy']['value']:.3f}" in text


def test_without_abstracts(tiny_analyzer, corpus):
    result = evaluate_models(tiny_analyzer, [corpus["validation"]], abstracts=False)
    assert result["abstract_measures"] == [] and set(result["systems"]) == {"communique"}


def test_the_card_tells_held_out_figures(result, classifier_folder, tmp_path):
    import shutil

    folder = shutil.copytree(classifier_folder, tmp_path / "model")
    (folder / "evaluations").mkdir()
    (folder / "evaluations" / "miniature.json").write_text(json.dumps(result))
    card = write_card(folder).read_text()
    assert "### Held-out: miniature" in card
    value = result["systems"]["keyword rules"]["classification"]["primary_accuracy"]["value"]
    assert (
        f"| keyword rules | {result['systems']['keyword rules']['classification']['primary_macro_f1']['value']:.3f}"
        in card
    )
    assert f"{value:.3f}" in card


def test_slices_cover_every_sentence_once(result):
    slices = result["systems"]["communique"]["slices"]
    assert set(slices) == {"genre", "primary type", "length", "decade", "context", "quotation"}
    for parts in slices.values():
        assert sum(part["sentences"] for part in parts.values()) == 40
    # "The two sides agreed …", "He urged …" and "They welcomed …" of each document.
    assert slices["context"]["needs context"]["sentences"] == 12
    genres = result["systems"]["communique"]["by_genre"]
    assert genres["wire"]["primary_accuracy"] == slices["genre"]["wire"]["primary_accuracy"]


def test_confusion_agrees_with_accuracy(result):
    confusion = result["systems"]["communique"]["confusion"]
    agreed = sum(row[i] for i, row in enumerate(confusion["counts"]))
    accuracy = result["systems"]["communique"]["classification"]["primary_accuracy"]["value"]
    assert agreed / 40 == pytest.approx(accuracy, abs=1e-4)
    assert [sum(row) for row in confusion["counts"]] == [4] * 8 + [8]


def test_risk_falls_to_the_accuracy_of_everything(result):
    ours = result["systems"]["communique"]
    assert ours["risk_coverage"][-1]["coverage"] == 1
    assert (
        ours["risk_coverage"][-1]["accuracy"]["value"] == ours["classification"]["primary_accuracy"]["value"]
    )
    assert sum(point["sentences"] for point in ours["reliability"]) == 40


def test_the_worst_errors_are_wrong_and_the_surest_come_first(result):
    errors = result["systems"]["communique"]["errors"]
    assert errors and all(error["text"] for error in errors)
    assert [e["confidence"] for e in errors] == sorted((e["confidence"] for e in errors), reverse=True)
    for error in errors:
        assert error["given"][:1] != error["expected"][:1]


def test_no_text_is_quoted_where_it_must_stay_in(tiny_analyzer, corpus, tmp_path):
    own = tmp_path / "own.jsonl"
    result = evaluate_models(tiny_analyzer, [corpus["validation"]], texts=False, predictions_file=own)
    for written in (json.dumps(result), own.read_text()):
        assert "Ministers meet" not in written and "council approved" not in written


def test_the_raw_text_is_cut_as_it_was_annotated(result):
    ours = result["systems"]["communique"]
    assert ours["raw_text"]["boundary_f1"]["value"] == 1
    assert (ours["raw_text"]["sentences_found"], ours["raw_text"]["sentences_extra"]) == (40, 0)
    assert ours["raw_text"]["classification"] == {
        name: figure for name, figure in ours["classification"].items() if name != "sets_alpha"
    }


def test_wrong_boundaries_are_wrong_labels(tiny_analyzer, tmp_path):
    # Annotated as one sentence, cut by the package into two.
    text = "They met. They agreed to trade."
    path = tmp_path / "one.jsonl"
    sentence = {"start": 0, "end": len(text), "types": ["agreement"]}
    path.write_text(json.dumps({"id": "d", "text": text, "sentences": [sentence]}) + "\n")
    raw = evaluate_models(tiny_analyzer, [path])["systems"]["communique"]["raw_text"]
    assert (raw["sentences_found"], raw["sentences_missed"], raw["sentences_extra"]) == (0, 1, 2)
    assert raw["boundary_f1"]["value"] == raw["classification"]["sets_micro_f1"]["value"] == 0


@pytest.fixture
def rival(corpus, tmp_path):
    """A system that is always right, of sentences that it cut for itself, and that cites what it copies."""
    path = tmp_path / "rival.jsonl"
    lines = []
    for line in corpus["validation"].read_text().splitlines():
        document = json.loads(line)
        kept = ("start", "end", "types")
        lines.append(
            {
                "id": document["id"],
                "sentences": [
                    {key: s[key] for key in kept} | {"confidence": 1} for s in document["sentences"]
                ],
                "abstract": document["abstract"],
            }
        )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_another_system_is_judged_beside_ours(tiny_analyzer, corpus, rival, tmp_path):
    own = tmp_path / "own.jsonl"
    result = evaluate_models(
        tiny_analyzer, [corpus["validation"]], systems={"rival": rival}, predictions_file=own
    )
    perfect, ours = result["systems"]["rival"], result["systems"]["communique"]
    assert (
        perfect["classification"]["sets_alpha"]["value"] == perfect["raw_text"]["boundary_f1"]["value"] == 1
    )
    assert perfect["calibration"]["brier"]["value"] == 0 and perfect["errors"] == []
    assert perfect["abstracts"]["rouge1"]["value"] == perfect["abstracts"]["fact_coverage"]["value"] == 1
    # Two of the six commitments of each document are told: title and background are none.
    assert perfect["abstracts"]["commitment_recall"]["value"] == pytest.approx(2 / 5)
    jsonschema.validate(result, metrics_schema())
    found = [d for d in result["differences"] if d["measure"] == "primary_accuracy"]
    assert [d["against"] for d in found] == ["rival"]
    expected = ours["classification"]["primary_accuracy"]["value"] - 1
    assert found[0]["value"] == pytest.approx(expected, abs=1e-4) and 0 < found[0]["p_value"] <= 1
    # What was written of ours is judged as ours were.
    again = evaluate_models(tiny_analyzer, [corpus["validation"]], systems={"again": own})["systems"]["again"]
    for part in ("classification", "abstracts", "calibration"):
        assert again[part] == ours[part]


def test_a_system_needs_a_name_of_its_own(tiny_analyzer, corpus, rival):
    with pytest.raises(PredictionsError, match="'majority' is the name of a system that is judged anyway"):
        evaluate_models(tiny_analyzer, [corpus["validation"]], systems={"majority": rival})


def test_figures_follow_their_schema(result):
    jsonschema.validate(result, metrics_schema())


def test_figures_of_shipped_models_follow_the_schema():
    files = list(SHIPPED_MODELS.glob("*/evaluations/*.json"))
    assert files
    for file in files:
        jsonschema.validate(json.loads(file.read_text()), metrics_schema())


def test_keyword_rules():
    given = keyword_types(
        [
            "They agreed to trade.",
            "He urged restraint and welcomed the pact.",
            "Rain fell.",
            "Japan will provide $5 million in loans.",
        ],
        SCHEMA,
    )
    assert given == [("agreement",), ("call", "position"), ("background",), ("resource",)]


def test_other_baselines():
    assert majority_types([["a"], ["a"], ["b"]]) == [("a",)] * 3
    assert lead(["T", "1", "2", "3", "4"], "T") == ["1", "2", "3"]


def test_a_contrast_pair_is_right_when_both_sides_are(tiny_analyzer, tmp_path):
    texts = [
        ("a", "They agreed to cut quotas.", "agreement"),
        ("b", "They agreed quotas were low.", "position"),
    ]
    texts += [
        ("c", "The board adopted the plan.", "decision"),
        ("d", "The board saw the plan.", "background"),
    ]
    path = tmp_path / "pairs.jsonl"
    lines = [
        {
            "id": name,
            "pair": "p1" if name in "ab" else "p2",
            "excerpt": True,
            "text": text,
            "sentences": [{"start": 0, "end": len(text), "types": [label]}],
        }
        for name, text, label in texts
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = evaluate_models(tiny_analyzer, [path], baselines=True)
    # The rules know "agreed to" and "adopted", take "agreed quotas were low" for background.
    rules = result["systems"]["keyword rules"]["contrast"]
    assert (rules["pairs"], rules["sets_pairs_right"]["value"]) == (2, 0.5)
    assert result["systems"]["majority"]["contrast"]["primary_pairs_right"]["value"] == 0
    assert "2 contrast pairs" in markdown_tables(result)
