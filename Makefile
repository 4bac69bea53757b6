# Everything here needs Python 3.11 or newer with venv, and make. On a fresh Debian: apt install make python3-venv
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# How many processes run the tests.
WORKERS ?= 2

# Nothing that make starts reports to anybody.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev demo test check docs lock bench faults

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: $(VENV)/.installed ## makes .venv from the hashed lock

setup-dev: $(VENV)/.installed-dev ## the same with what the tests need

demo: setup ## the main job on this machine alone, with stand-ins for every provider
	$(BIN)/onevoice demo

test: setup-dev ## the whole suite
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope

check: setup-dev ## what CI runs: lint, types, import contract, docs, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(MAKE) --no-print-directory test

docs: setup ## writes the pages that follow from the code: states, commands, settings
	$(BIN)/python docs/generate.py

faults: setup-dev ## breaks everything on purpose (half an hour and more), and writes docs/reliability.md from what was seen
	@seen=$$(mktemp -d) && trap 'rm -rf "$$seen"' EXIT && \
	  { FAULTS_SEEN=$$seen $(BIN)/python -m pytest tests/faults -m 'faults or not faults' -n $(WORKERS) --dist load; ran=$$?; \
	    FAULTS_WAY=prefect FAULTS_SEEN=$$seen $(BIN)/python -m pytest tests/faults/test_crashes.py tests/faults/test_providers.py \
	      -m 'faults or not faults' -n $(WORKERS) --dist load || ran=1; \
	    $(BIN)/python -m faults.page "$$seen" && exit $$ran; }

BENCHMARKS := import_contacts import_command submit_alert submit_command plan_orm preview_alert compose_variants \
              check_library help_starts first_message send_messages send_many send_mail keep_window prefect_server

bench: setup-dev ## how long the main things take: a table, and benchmarks/results/*.json
	@set -e; for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name; done

# An environment belongs to the folder it was made in: a moved or copied one is made anew.
ifneq ($(shell cat $(VENV)/.made-in 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.made-in
endif

$(VENV)/.made-in:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'OneVoice needs Python 3.11 or newer, and "$(PYTHON)" is not. Install it, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'Python is here without its venv part. On Debian or Ubuntu: sudo apt install python3-venv. Then run make again.' >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@printf '%s\n' '$(CURDIR)' > $@

# Our own modules are compiled as those of packages are, also for who may not write here: each command starts sooner.
OURS := audiences channels console faults flows migrations onevoice sandbox
BYTECODE = $(BIN)/python -m compileall -q $(OURS)

# The locks are whole, so nothing is resolved again (--no-deps): the pip of Python 3.11 would look for the
# newest release of a package that another one asks for with an extra, and refuse it for want of a hash.
$(VENV)/.installed: $(VENV)/.made-in requirements.lock pyproject.toml
	@echo 'Installing the packages of requirements.lock into $(VENV): about a minute, this once.'
	$(PIP) install --no-deps --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	$(PIP) check
	$(BYTECODE)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.made-in requirements-dev.lock pyproject.toml
	@echo 'Installing the packages of requirements-dev.lock into $(VENV): one to two minutes, this once.'
	$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	$(PIP) check
	$(BYTECODE)
	@touch $(VENV)/.installed $@

UV = $(firstword $(wildcard $(BIN)/uv) uv)
COMPILE = $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-header --no-annotate pyproject.toml

lock: ## newest versions that pyproject.toml allows, with hashes and without host names
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --all-extras --constraint requirements.lock --output-file requirements-dev.lock
