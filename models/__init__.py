"""What a model is: label schemas, sentences, engines, grounding, and the shipped weights."""
