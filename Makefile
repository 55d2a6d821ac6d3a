# Sigillo: `make run` shows it working, `make test` shows why to believe it. CONTRIBUTING.md says more.
#
# What it takes: git, make and Python 3.11. No root, no compiler, no network beyond the package index.

PYTHON ?= python3.11
BIND ?= 127.0.0.1:8000
ROUNDS ?= 100
SHELL := /bin/sh
BIN := .venv/bin
PIP := $(BIN)/python tools/pip-25.3-py3-none-any.whl/pip --disable-pip-version-check --no-input -q

# The stamp names what is installed and where: another lock, another project file or another place is another stamp.
STATE := $(shell { pwd; cat requirements.lock pyproject.toml; } | sha256sum | cut -c1-16)
STAMP := .venv/installed-$(STATE)

.DEFAULT_GOAL := help
.PHONY: help run install test check openapi fuzz bench lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: install ## Make a home if there is none, serve it on BIND, and sign a first document
	@exec $(BIN)/sigillo quickstart --bind $(BIND)

install: $(STAMP) ## Install Sigillo into .venv, from the lock with its hashes

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; on Debian 12: apt-get install python3"; exit 1; }
	@test -x $(BIN)/python || { echo "Making .venv"; $(PYTHON) -m venv --without-pip .venv; }
	@echo "Installing what requirements.lock names (once; about half a minute)"
	@PIP_ROOT_USER_ACTION=ignore $(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@PIP_ROOT_USER_ACTION=ignore $(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@rm -f .venv/installed-*
	@touch $@

test: install ## Run all tests, on SQLite and, where one answers, on PostgreSQL
	@$(BIN)/python tools/run_tests.py

check: install ## Check style, types, floors and budgets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/floors

openapi: install ## Write contract/openapi.yaml anew, after a change of routes, bodies, answers or golden exchanges
	@$(BIN)/python -m tools.write_openapi

fuzz: install ## Make up ROUNDS requests of each kind for every operation: no 500, no answer that is not described
	@SIGILLO_TEST_FUZZ=$(ROUNDS) $(BIN)/python -m pytest -n auto tests/api/test_fuzz.py

bench: install ## Measure the engine beside pyHanko, and the lists at a million rows
	@$(BIN)/python -m bench.engine
	@$(BIN)/python -m bench.lists

lock: ## Choose versions anew (needs uv); look at the difference before you commit it
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements.in -o requirements.lock

clean: ## Remove what the tools left; .venv and home stay
	rm -rf .ruff_cache .mypy_cache .hypothesis .import_linter_cache dist
	find src tests bench tools -name __pycache__ -prune -exec rm -rf {} +
