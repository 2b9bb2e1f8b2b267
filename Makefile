# Care Atlas. `make demo` to look, `make test` to check; DEVELOPING.md says what each does.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: venv demo test test-postgres check trust conformance bench lock

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
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
	@$(MAKE) --no-print-directory test-postgres

# The tests of what people write, once more on a real PostgreSQL, where one may be started; never in CI.
test-postgres: .venv/installed-for-tests
	@sh tools/postgres run $(BIN)/python -m pytest tests/unit tests/families -m django_db --numprocesses auto --dist loadfile

# Without tests: the style of every line and the direction of every import.
check: .venv/installed-for-tests
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/lint-imports --no-cache | tail -n 8

# What the statistics promise, measured by simulation: coverage, false flags, power.
trust: .venv/installed-for-tests
	@$(BIN)/python -m pytest tests/trust --numprocesses auto --dist loadgroup --timeout 5400

# Independent packages, some of them GPL, stay in an environment of their own.
.venv-conformance/installed: .venv/bin/python requirements/conformance.txt pyproject.toml
	@echo "installing the packages that answers are held against, in .venv-conformance"
	@$(PYTHON) -m venv .venv-conformance
	@.venv-conformance/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/conformance.txt
	@.venv-conformance/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

conformance: .venv-conformance/installed
	@.venv-conformance/bin/python -m pytest tests/conformance

bench: .venv/installed-for-tests .venv-conformance/installed
	@$(BIN)/python benchmarks/build.py
	@.venv-conformance/bin/python benchmarks/methods.py

# After changing requirements/*.in: lock again, with hashes and without index addresses.
LOCK := .venv-lock/bin/pip-compile --quiet --allow-unsafe --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-emit-trusted-host --no-header --strip-extras
lock:
	@test -x .venv-lock/bin/pip-compile || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet pip-tools; }
	@for set in core spark test conformance; do echo "locking $$set"; $(LOCK) -o requirements/$$set.txt requirements/$$set.in || exit 1; done
