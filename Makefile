# make setup | demo | serve | text | test | test-long | check | lock | clean
# Another interpreter: make setup PYTHON=python3.13     Arguments: make demo ARGS="--port 9000"
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := setup
.DELETE_ON_ERROR:

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --no-deps
# Tests wait for processes and browsers, so there is one worker more than processors. Files in the order of their
# folders: the quick ones of tests/unit come last, and no worker stands idle while another has a slow file.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
COMPILE := $(CURDIR)/var/lock/bin/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --upgrade

.PHONY: setup demo serve text test test-long check lock clean chromium

setup: $(VENV)/.test-installed

demo: $(VENV)/.app-installed
	@$(BIN)/qunflow demo $(ARGS)

# Reading text in screenshots: about 350 MB more on disk (docs/features/text-reading.md).
text: $(VENV)/.text-installed

serve: $(VENV)/.app-installed
	@$(BIN)/qunflow serve $(ARGS)

test: check chromium
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# Also what reads text in screenshots is installed: its test runs here and nowhere else. The tests of one file may take
# ten minutes, so workers share them.
test-long: $(VENV)/.test-installed $(VENV)/.text-installed chromium
	$(BIN)/python -m pytest -m long -n auto --dist worksteal $(ARGS)

# Tests of the console need a browser. Without one they are skipped and say so; with CI=true they fail.
chromium:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v "$$name" >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the tests of the console ..."; \
		apt-get update -qq && apt-get install -y -qq chromium >/dev/null || echo "Chromium was not installed." >&2; \
	else echo "No Chromium: tests of the console are skipped. Install it with your system's packages." >&2; fi

check: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports

# Resolves the ranges of pyproject.toml anew and writes every pin with the hashes of all its platforms.
lock:
	$(PYTHON) -m venv var/lock
	var/lock/bin/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml requirements/build.in --extra test --output-file requirements/test.txt
	$(COMPILE) pyproject.toml requirements/build.in --constraint requirements/test.txt --output-file requirements/app.txt
	$(COMPILE) pyproject.toml requirements/build.in --extra text --constraint requirements/test.txt --output-file requirements/text.txt

clean:
	rm -rf $(VENV) var/lock build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is written last, so an install that broke off runs again; a stamp older than its list does too.
$(VENV)/.made:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "qunflow needs Python 3.11 or newer, and '$(PYTHON)' is not: $$("$(PYTHON)" --version 2>&1 | head -n 1 || true)" >&2; \
		echo "Install one and name it: make $(or $(firstword $(MAKECMDGOALS)),setup) PYTHON=python3.11" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@"$(PYTHON)" -m venv $(VENV)
	@touch $@

$(VENV)/.app-installed: $(VENV)/.made requirements/app.txt pyproject.toml
	@echo "Installing qunflow and what it runs on ..."
	@$(INSTALL) --require-hashes -r requirements/app.txt
	@$(INSTALL) --no-build-isolation -e .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.test-installed: $(VENV)/.app-installed requirements/test.txt
	@echo "Installing what the tests need ..."
	@$(INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.text-installed: $(VENV)/.app-installed requirements/text.txt
	@echo "Installing what reads text in screenshots ..."
	@$(INSTALL) --require-hashes -r requirements/text.txt
	@touch $@
