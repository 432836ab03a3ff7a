from communique.models.taxonomy import commitment_schema
from communique.training.corpus import load_documents
from communique.training.figures import corpus_figures


def test_corpus_figures_are_pictures(corpus, tmp_path):
    schema = commitment_schema()
    paths = corpus_figures(load_documents([corpus["train"]], schema), schema, tmp_path / "figures")
    assert [path.name for path in paths] == ["types-by-genre.png", "lengths.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
