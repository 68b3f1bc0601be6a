# `make` lists the targets. `make demo` and `make test` need nothing installed beforehand.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
ENGINE ?= asterisk
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PYTEST := $(PY) -m pytest -q
# Most of a call is waiting, so several are put to the test at a time; root alone may give each
# process a network of its own, where no other's phones are.
SIDE_BY_SIDE := $(if $(filter 0,$(shell id -u)),-n 3 --dist loadfile --own-network)
export TESTCONTAINERS_RYUK_DISABLED := true

# --- what the machine needs -------------------------------------------------

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/installed: pyproject.toml
	@containers/packages.sh python3-venv ca-certificates
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "installing the Python packages into $(VENV)" >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.PHONY: setup
setup: $(VENV)/installed ## Python packages into .venv

.PHONY: machine
machine: $(VENV)/installed
	@containers/packages.sh sip-tester linphone-cli baresip-core libfaketime postgresql git
	@containers/engine-host.sh
	@containers/build.sh

# --- what a developer runs ----------------------------------------------------

.PHONY: check
check: $(VENV)/installed ## ruff, mypy --strict, import-linter, unit tests (under 60 s)
	@$(MAKE) --no-print-directory -j 2 lint unit

.PHONY: lint
lint: $(VENV)/installed
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

.PHONY: unit
unit: $(VENV)/installed
	@$(PYTEST) -n 2 --dist worksteal tests/unit tests/conformance/test_simulator.py

.PHONY: test
test: check machine ## everything, with real engines, databases and SIP clients
	@$(PYTEST) -n 2 tests/store tests/package tests/provisioning
	@$(PYTEST) $(SIDE_BY_SIDE) tests/conformance tests/engines

.PHONY: conformance
conformance: machine ## the same calls through every reader: make conformance ENGINE=asterisk
	@$(PYTEST) tests/conformance --engine $(ENGINE) --generated 500 --conformance-report conformance.txt
	@cat conformance.txt

.PHONY: bench
bench: machine ## measure, print and write bench.json
	@containers/packages.sh nginx-light wrk
	@$(PY) -m tests.bench --write bench.json

.PHONY: demo
demo: machine ## real calls with the controller, then without it; a handset from its box to a login
	@$(PY) -m examples.demo

.PHONY: up
up: machine ## a stack to try by hand: engine and controller, example applied
	@$(PY) -m examples.stack up

.PHONY: down
down: ## end the stack of `make up`
	@$(PY) -m examples.stack down

.PHONY: format
format: $(VENV)/installed ## ruff format and fix
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .
