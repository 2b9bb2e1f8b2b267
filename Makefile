# Care Atlas. `make demo` to look, `make test` to check; DEVELOPING.md says what each does.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: venv demo test check bench lock

venv: .venv/installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' \
	  || { echo "Care Atlas needs Python 3.11 or later; $(PYTHON) is older."; exit 1; }
	@echo "making .venv"
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh tools/debian-packages python3-venv
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements/core.txt pyproject.toml
	@echo "installing what the atlas runs on (about a minute)"
	@$(PIP) -r requirements/core.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: venv
	@$(BIN)/careatlas demo

.venv/installed-for-tests: .venv/installed requirements/test.txt
	@echo "installing what the tests need"
	@$(PIP) -r requirements/test.txt
	@touch $@

test: .venv/installed-for-tests
	@sh tools/debian-packages chromium
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest

# Without tests: the style of every line and the direction of every import.
check: .venv/installed-for-tests
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/lint-imports --no-cache | tail -n 8

bench: .venv/installed-for-tests
	@$(BIN)/python benchmarks/build.py

# After changing requirements/*.in: lock again, with hashes and without index addresses.
LOCK := .venv-lock/bin/pip-compile --quiet --allow-unsafe --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-emit-trusted-host --no-header --strip-extras
lock:
	@test -x .venv-lock/bin/pip-compile || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet pip-tools; }
	@for set in core spark test; do echo "locking $$set"; $(LOCK) -o requirements/$$set.txt requirements/$$set.in || exit 1; done
