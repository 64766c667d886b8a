# Everything the project does, by name. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := gateway policies keys audit

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check bench eval-inspection fmt lint types contracts audit-deps lock clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv with everything pinned in requirements.lock, and `kelisim` in it

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (make PYTHON=python3.12 ...)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the pinned dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . 2>$(VENV)/install.log || { cat $(VENV)/install.log; exit 1; }
	@touch $(STAMP)

demo: $(STAMP) ## Three real gateways on loopback run the whole story, verify their logs and stop
	@$(BIN)/python -m deploy.demo

up: $(STAMP) ## The same, but the gateways keep running until Ctrl-C
	@$(BIN)/python -m deploy.demo --keep

test: $(STAMP) ## All tests (unit, treaty, contract, simulation, attack, end to end, conformance)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(STAMP) ## What CI runs: format, lint, types, import contracts, generated pages, tests, vectors, dependencies
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n 2 --dist loadfile
	@$(BIN)/python deploy/check_vectors.py
	@$(BIN)/python deploy/audit_dependencies.py

bench: $(STAMP) ## The benchmarks, one JSON object a figure (QUICK=1: within a minute)
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick)

eval-inspection: $(STAMP) ## Recall, false alarms and a confusion table of content inspection (KELISIM_DATA)
	@$(BIN)/python -m tests.inspection.evaluate

fmt: $(STAMP) ## Format the code and sort imports
	@$(BIN)/ruff check --select I --fix .
	@$(BIN)/ruff format .

lock: ## Resolve the newest dependencies into requirements.lock
	@$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --upgrade --output-file requirements.lock
	@rm -rf $(VENV)-lock

clean: ## Remove what the commands made
	@rm -rf $(VENV) .run .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info build
