"""Applying the models: reading files, classify, summarize, analyze, results and reports."""
