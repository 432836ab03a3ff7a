"""The commands that make and judge models."""
