# The interpreter of the virtual environment, and where that stands. To use another
# interpreter, name another folder too:  make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
DEMO_OUT ?= demo-out
# What pip is asked for as PyTorch; may carry pip options (an index with CPU builds).
TORCH ?= torch
# Tests run in as many processes as there are cores, and no more than four, each file in one of
# them: what it compiled or trained is used again.
PYTEST_ARGS ?= -n auto --maxprocesses=4 --dist loadfile
# The interpreters of the runs with the lowest and with the newest versions: names that uv knows
# (it downloads what is not there) or paths.
LOWEST ?= 3.11
NEWEST ?= 3.13
BENCH_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Every target would write to the same environment.
.NOTPARALLEL:
.PHONY: help demo test test-lowest test-newest coverage docs bench clean

help:
	@echo "make demo    the notebook, end to end; results in $(DEMO_OUT)/"
	@echo "make test    lint, types, documentation, tests"
	@echo "make test-lowest, test-newest   the tests with the lowest versions that are allowed, and"
	@echo "             on Python $(NEWEST) with the newest; coverage   what the tests do not reach"
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
	MPLBACKEND=Agg $(BIN)/python -m pytest $(PYTEST_ARGS)

test-lowest: $(VENV)/.made
	$(call tests_with,$(VENV)/lowest,$(LOWEST),--resolution lowest-direct)

test-newest: $(VENV)/.made
	$(call tests_with,$(VENV)/newest,$(NEWEST),--upgrade)

# An environment of its own in a folder, for an interpreter, and the tests in it.
define tests_with
	$(PIP) install uv
	$(BIN)/uv venv --quiet --clear --python "$(2)" "$(1)"
	$(BIN)/uv pip install --quiet --python "$(1)" $(3) -e '.[test]'
	MPLBACKEND=Agg "$(1)/bin/python" -m pytest $(PYTEST_ARGS)
endef

coverage: $(VENV)/.installed-test
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
