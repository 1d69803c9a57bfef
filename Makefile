# Everything happens in a virtual environment inside the checkout. Needed beforehand: make, and Python 3.10 or newer.
#
#   make test    run the tests                     make check     all that CI checks
#   make demo    one minute with Timetracer        make test-all  the tests, on every Python >= 3.10 found
#   make docs    build the documentation           make bench     the benchmarks, as JSON
#   make format  lay the code out                  make clean     remove all that these commands made
#   make suites  the suites of libraries: plain, recorded and replayed
#   make drivers old versions of drivers, which replay what the newest has recorded

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTS ?= tests
COVERAGE := --fail-under=0  # only `make check` asks for enough
WORKERS ?= auto

.DEFAULT_GOAL := test
.NOTPARALLEL:
.PHONY: test check lint types layers wheel docs demo bench suites drivers test-all format clean

# The environment is made anew only when the project's requirements change.
$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 10) else f"Timetracer needs Python 3.10 or newer; {sys.executable} is {sys.version.split()[0]}. Say which one to use: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group dev
	@touch $@

# Coverage starts before pytest does: pytest loads our own plugin before any of its plugins could start measuring.
test: $(INSTALLED)
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -n $(WORKERS) $(TESTS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report $(COVERAGE)

check: COVERAGE :=
check: lint types layers docs wheel test

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(INSTALLED)
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

layers: $(INSTALLED)
	$(BIN)/lint-imports --no-cache --no-logo

wheel: $(INSTALLED)
	$(BIN)/python .ci/wheel.py

docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

demo: $(INSTALLED)
	@$(BIN)/timetracer demo

bench: $(INSTALLED)
	$(BIN)/python tests/benchmarks

suites: $(INSTALLED)
	$(BIN)/python tests/suites/of_asyncpg.py
	$(BIN)/python tests/suites/of_psycopg2.py

drivers: $(INSTALLED)
	$(BIN)/python .ci/old_drivers.py

test-all: $(INSTALLED)
	$(BIN)/python .ci/every_python.py

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv .venvs build dist site htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
