# Werda: every command a person needs. `make` alone lists them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup demo test parts audit sbom bench drill lint lock clean

help: ## List these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-7s %s\n", $$1, $$2}'

setup: $(READY)
$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Werda needs Python 3.11 or later; set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Run the hotline with demo data on the embedded PostgreSQL
	$(BIN)/werda demo

test: setup ## Run every test this machine has the parts for, and say what was skipped
	$(BIN)/python -m pytest -n 2 --dist loadfile

parts: setup ## Bring the parts that are not Python (Chromium, Asterisk, sipp, PostgreSQL 15)
	$(BIN)/python parts/bring.py

audit: setup ## Ask for known vulnerabilities of all that is pinned
	$(BIN)/python -m parts.audit

sbom: setup ## List all that is installed, as CycloneDX JSON in var/sbom.json
	$(BIN)/python -m parts.sbom

bench: setup ## Measure, as ratios against a reference of the same run
	$(BIN)/python -m bench --write

drill: setup ## Run what is too long for every run (failover, full disk, ten million customers and events, attacks on a million)
	$(BIN)/python parts/bring.py failover
	$(BIN)/python -m drill --write
	$(BIN)/python -m bench --drill --write
	$(BIN)/werda attack simulate --accounts 1000000 --guesses 100000
	WERDA_FUZZ=20000 $(BIN)/python -m pytest -q --timeout 3600 tests/fuzz

lint: setup ## Check style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: setup ## Choose and pin all dependencies anew, with hashes (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --upgrade --quiet -o requirements.txt
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --upgrade --quiet -o requirements-dev.txt

clean: ## Remove the virtual environment and the demo's data
	rm -rf $(VENV) var
