# Two commands do all the set-up: `make run` shows the package at work, `make test` checks it.
# Both make a virtual environment in .venv and are quick when it is there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt
SOURCES := pyproject.toml constraints.txt

.PHONY: help run test lint format types tests docs reproduce clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

run: $(VENV)/.installed ## install what using needs and analyse the seed article
	$(BIN)/communique analyze seeds/seed-article.txt

test: lint types tests ## install what developing needs, then lint, check types, run the tests

lint: $(VENV)/.installed-dev ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev ## put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed-dev $(VENV)/named ## check types
	MYPYPATH=$(VENV)/named $(BIN)/mypy

tests: $(VENV)/.installed-dev ## run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist worksteal

docs: $(VENV)/.installed-docs $(VENV)/named ## build the documentation into build/docs
	$(BIN)/mkdocs build --strict --config-file docs/mkdocs.yml

# HELD_OUT names further annotated documents to judge the models on: make reproduce HELD_OUT=mine.jsonl
reproduce: $(VENV)/.installed-dev ## train both models from their bases, judge them, compare (2.5 hours; goes on after a stop)
	$(BIN)/communique reproduce $(addprefix --data ,$(HELD_OUT))

clean: ## remove the environment and what was built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("communique needs Python 3.11 to 3.13, not " + sys.version.split()[0] + "; name one: make PYTHON=python3.12 run") if not (3, 11) <= sys.version_info < (3, 14) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python $(SOURCES)
	$(PIP) --editable .
	@touch $@

# mypy and mkdocstrings know the package by its name only: they do not follow the hook of an editable installation.
$(VENV)/named: $(VENV)/bin/python
	@mkdir -p $@ && ln -sfn $(CURDIR) $@/communique

$(VENV)/.installed-dev: $(VENV)/bin/python $(SOURCES)
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: $(VENV)/.installed
	$(PIP) --editable '.[docs]'
	@touch $@
