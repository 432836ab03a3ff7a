"""The commands that apply models."""
