"""Making and judging models: corpus, configuration, fine-tuning, metrics, evaluation."""
