# Two commands do it all: `make up` and `make test`. Python 3.11 or later is all they need; the rest is fetched into
# .venv and the user's cache. Everything that takes options takes them as ARGS: make up ARGS="--port 9000".

VENV := .venv
READY := $(VENV)/.ready
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
# Three workers share one Kafka, also on two cores: the tests wait more than they compute.
TEST_ARGS ?= -n 3 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup up down test explore check format page clean

help:  ## Say what there is to make.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(READY)  ## Install everything into .venv.

up: $(READY)  ## Start everything and print the page's address; Ctrl-C stops it.
	@exec $(VENV)/bin/tidings up $(ARGS)

down: $(READY)  ## Stop what `make up ARGS=--detach` left running.
	@$(VENV)/bin/tidings down $(ARGS)

test: $(READY) page  ## Run every test, the web's and Python's.
	@failed=0; \
	$(VENV)/bin/python -m tidings.local.page run test || failed=1; \
	$(VENV)/bin/pytest $(TEST_ARGS) $(ARGS) || failed=1; \
	exit $$failed

explore: $(READY)  ## Look for examples that break a property; `make test` tries the same ones each time.
	@$(VENV)/bin/pytest -n auto --hypothesis-profile explore tests/unit tests/contract $(ARGS)

check: $(READY) page  ## Lint, format, types, import rules: nothing is changed.
	@failed=0; \
	for tool in "ruff check" "ruff format --check" mypy lint-imports; do \
		echo "== $$tool"; $(VENV)/bin/$$tool || failed=1; \
	done; \
	for script in lint typecheck; do \
		echo "== npm run $$script"; $(VENV)/bin/python -m tidings.local.page run $$script || failed=1; \
	done; \
	exit $$failed

format: $(READY)  ## Format, and mend what ruff can mend.
	@$(VENV)/bin/ruff check --fix; $(VENV)/bin/ruff format

page: $(READY)  ## Build the page, if its sources have changed.
	@$(VENV)/bin/python -m tidings.local.page

clean:  ## Remove what was installed and built here; data and downloads in your home stay.
	rm -rf $(VENV) web/node_modules gateway/tidings_gateway/static dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): pyproject.toml uv.lock
ifeq ($(PYTHON),)
	@echo "Tidings needs Python 3.11 or later, and found none: install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1
endif
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "Python's venv module is missing (Debian: apt install python3-venv)." >&2; exit 1; }
	@test -x $(VENV)/bin/uv || $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@$(VENV)/bin/uv sync --quiet --frozen --all-extras
	@touch $@
