# The interpreter of the virtual environment, and where that stands. To use another
# interpreter, name another folder too:  make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
DEMO_OUT ?= demo-out
# What pip is asked for as PyTorch; may carry pip options (an index with CPU builds).
TORCH ?= torch
# Tests run in as many processes as there are cores, and no more than four.
PYTEST_ARGS ?= -n auto --maxprocesses=4
BENCH_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Every target would write to the same environment.
.NOTPARALLEL:
.PHONY: help demo test docs bench clean

help:
	@echo "make demo    the notebook, end to end; results in $(DEMO_OUT)/"
	@echo "make test    lint, types, tests with coverage"
	@echo "make docs    the documentation as HTML, in build/docs/"
	@echo "make bench   speed and memory beside other libraries (installs PyTorch;"
	@echo "             TORCH='torch --index-url URL' chooses the build)"
	@echo "make clean   remove $(VENV)/ and all that is generated"
	@echo "Settings: PYTHON=$(PYTHON) VENV=$(VENV) DEMO_OUT=$(DEMO_OUT) PYTEST_ARGS='$(PYTEST_ARGS)' BENCH_ARGS="

demo: $(VENV)/.installed-demo
	$(BIN)/tinygrad-bp demo --out "$(DEMO_OUT)"

test: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	MPLBACKEND=Agg $(BIN)/python -m pytest --cov $(PYTEST_ARGS)

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs build/docs

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean:
	rm -rf "$(VENV)" build dist "$(DEMO_OUT)" .coverage .coverage.* htmlcov \
	    .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra, older than pyproject.toml when it has to be installed again.
# While pip runs, .made is away: an environment whose install was interrupted is remade.
# All installs are editable, so that every target runs the sources as they are.
$(VENV)/.installed-%: pyproject.toml $(VENV)/.made
	@echo "Installing tinygrad-bp[$*] into $(VENV) ..."
	@mv "$(VENV)/.made" "$(VENV)/.busy"; \
	    { $(EXTRA_FIRST) $(PIP) install -e '.[$*]'; }; status=$$?; \
	    mv "$(VENV)/.busy" "$(VENV)/.made"; exit $$status
	@touch "$@"

# On Linux the default PyTorch carries some GB of GPU libraries: a build that already lies in
# pip's find-links folder comes first, then whatever TORCH asks for.
$(VENV)/.installed-bench: EXTRA_FIRST = \
    { [ "$(TORCH)" = torch ] && $(PIP) install --no-index --no-deps torch 2>/dev/null; } \
    || $(PIP) install $(TORCH) &&

# Debian and Ubuntu keep ensurepip, without which venv fails, in a package of its own.
$(VENV)/.made:
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "$(PYTHON) was not found. Install Python 3.11 or newer (Debian: apt-get install python3)," \
	         "or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is $$("$(PYTHON)" -V 2>&1); Python 3.11 or newer is needed." \
	         "Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@has_venv() { "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; }; \
	has_venv || { \
	    package=$$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	    if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	    if command -v apt-get >/dev/null && { [ -z "$$sudo" ] || command -v sudo >/dev/null; }; then \
	        echo "$(PYTHON) cannot make virtual environments (ensurepip is missing):" \
	             "installing $$package with $${sudo:+sudo }apt-get"; \
	        $$sudo apt-get update -qq; \
	        $$sudo env DEBIAN_FRONTEND=noninteractive \
	            apt-get install -y -qq --no-install-recommends "$$package"; \
	    fi; \
	    has_venv || { \
	        echo "$(PYTHON) cannot make virtual environments: its module ensurepip is missing." \
	             "On Debian or Ubuntu run, as root:  apt-get install $$package" >&2; exit 1; }; }
	@echo "Making $(VENV) with $$("$(PYTHON)" -V) ..."
	@"$(PYTHON)" -m venv --clear "$(VENV)"
	@touch "$@"
