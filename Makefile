# One word per task, the same on a laptop and in CI. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The Python that the tests run on most comes first; name another with `make setup PYTHON=...`.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$name; break; }; done)

# uv resolves and installs; where there is none, the project brings its own into .uv/.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
BIN := .venv/bin
STAMP := .venv/.setup-done
WORKERS ?= 2

# Without bytecode every start reads thousands of sources anew: the environment may keep it, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup system demo test lint format types imports docs pictures console-pictures check lock bench-lock bench-setup clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

setup: $(STAMP)  ## make .venv from requirements.lock (instant when nothing changed)
	@:

.uv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Groundswell needs Python 3.11 or newer and found none on the PATH: install it, or name it with 'make setup PYTHON=/path/to/python3'." >&2; exit 1; }
	@echo "No uv on the PATH: bringing one into .uv/"
	@rm -rf .uv
	@# Debian's Python may come without ensurepip; then pip from outside fills the environment.
	@"$(PYTHON)" -m venv .uv 2>/dev/null || { rm -rf .uv && "$(PYTHON)" -m venv --without-pip .uv; }
	@if .uv/bin/python -m pip --version >/dev/null 2>&1; then .uv/bin/python -m pip install --quiet uv; \
	elif "$(PYTHON)" -m pip --version >/dev/null 2>&1; then "$(PYTHON)" -m pip --python .uv/bin/python install --quiet uv; \
	else echo "This Python has neither pip nor ensurepip: install python3-venv (or uv) and run make again." >&2; exit 1; fi

$(STAMP): requirements.lock pyproject.toml $(filter .uv/bin/uv,$(UV))
	@test -x .venv/bin/python || { test -n "$(PYTHON)" || { echo "Groundswell needs Python 3.11 or newer and found none on the PATH: install it, or name it with 'make setup PYTHON=/path/to/python3'." >&2; exit 1; }; \
		$(UV) venv --quiet --python "$(PYTHON)" .venv; }
	$(UV) pip sync --quiet --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --config-settings editable_mode=compat --editable .
	@# The first start writes bytecode, so that the user's own first one is quick.
	@$(BIN)/groundswell --help >/dev/null 2>&1 || true
	@touch $(STAMP)

demo: setup  ## launch day, end to end, on this machine
	$(BIN)/groundswell demo

system:  ## install what the tests need from Debian: Chromium, docker-compose, Pango
	@.ci/system

# Files with long tests come first (tests/conftest.py); xdist would begin with those that have the most tests.
test: setup system  ## run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not serial"
	@# There may be none; to find that out by collecting all tests again takes many seconds.
	@! grep -rqF "mark.serial" tests || $(BIN)/python -m pytest -m serial

lint: setup  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup  ## mypy, strict
	$(BIN)/mypy

imports: setup  ## imports between and inside the packages point one way
	$(BIN)/lint-imports

# Without -E Sphinx would take pages from its cache that are generated from code which has changed since.
docs: setup  ## build the documentation site into build/docs; a warning is an error
	$(BIN)/python -m sphinx -E -W -n --keep-going --quiet --builder html docs build/docs

pictures: demo  ## draw the pictures of digests that the documentation shows (docs/_static/digests)
	$(BIN)/python docs/pictures.py "$$($(BIN)/python -c 'from groundswell.settings import Settings; print(Settings().data)')/demo/digests/2026-11-20"

console-pictures: demo  ## draw the pictures of the console's pages that the documentation shows (docs/_static/console)
	$(BIN)/python docs/console_pictures.py "$$($(BIN)/python -c 'from groundswell.settings import Settings; print("sqlite:///" + str(Settings().demo_database))')"

check: lint types imports docs test  ## everything that CI asks for

lock: $(filter .uv/bin/uv,$(UV))  ## resolve pyproject.toml anew into requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url pyproject.toml --group dev -o requirements.lock

bench-lock: $(filter .uv/bin/uv,$(UV))  ## resolve what the benchmarks compare with into bench/requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url pyproject.toml --group bench -c requirements.lock -o bench/requirements.lock

bench-setup: $(filter .uv/bin/uv,$(UV))  ## make .venv-bench: Groundswell and what the benchmarks compare it with
	@test -x .venv-bench/bin/python || $(UV) venv --quiet --python "$(PYTHON)" .venv-bench
	$(UV) pip sync --quiet --python .venv-bench/bin/python bench/requirements.lock
	$(UV) pip install --quiet --python .venv-bench/bin/python --no-deps --config-settings editable_mode=compat --editable .

clean:  ## remove the environments and the caches
	rm -rf .venv .venv-bench .uv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build dist
