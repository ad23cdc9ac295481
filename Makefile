# `make` lists the targets. The first Python of 3.11, 3.12 and 3.13 that is found is used; to choose another one:
#   make setup PYTHON=/path/to/python

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
DEMO_OUT ?= out/demo
CHECK_OUT ?= out/check
PYTEST_ARGS ?= -n 2 --dist loadfile --durations=15

# PyTorch's threads wait for each other by spinning: on two cores that something else uses as well, two threads were
# measured ten times slower than one, and on an idle machine they gain a quarter.
export OMP_NUM_THREADS ?= 1

.PHONY: help setup demo test test-slow test-ios test-android lint check format bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## create or update .venv (Python 3.11 to 3.13, every version pinned by constraints.txt)
	@echo "ready: $(VENV) has everything that pyproject.toml asks for"

# The stamp is written last: an interrupted install is repeated, a finished one costs nothing.
$(STAMP): pyproject.toml constraints.txt
	@bash .ci/setup "$(VENV)" "$(PYTHON)"
	@touch $@

demo: $(STAMP) ## export to every target, prove the rotations, run on a photograph, write one picture
	$(PY) -m headpose demo --out $(DEMO_OUT) --overwrite

test: $(STAMP) ## the tests that take seconds, both apps among them where their toolchains are
	$(PY) -m pytest $(PYTEST_ARGS)

test-slow: $(STAMP) ## the tests that take minutes or a heavy optional package
	$(PY) -m pytest -m slow $(PYTEST_ARGS)

# 77 says that the toolchain is not here, which the scripts say loudly themselves.
test-ios: ## the Swift core's tests, and the iOS app against stubs and fakes (needs ios_app/ci/swift.sh install)
	@bash ios_app/ci/swift.sh test || { code=$$?; [[ $$code -eq 77 ]] || exit $$code; }
	@bash ios_app/ci/check_app.sh || { code=$$?; [[ $$code -eq 77 ]] || exit $$code; }

test-android: ## the Kotlin core's tests, and the Android app against stubs (needs android_app/ci/kotlin.sh install)
	@bash android_app/ci/kotlin.sh test || { code=$$?; [[ $$code -eq 77 ]] || exit $$code; }
	@bash android_app/ci/check_app.sh all || { code=$$?; [[ $$code -eq 77 ]] || exit $$code; }

lint: $(STAMP) ## ruff's rules and format, mypy's types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

check: $(STAMP) ## stored results fit their schemas, the README shows them, fresh exports agree with PyTorch
	$(PY) -m benchmarks.check
	$(PY) -m headpose export --checkpoint default-m0 --out $(CHECK_OUT) --overwrite
	$(PY) -m headpose parity $(CHECK_OUT)

format: $(STAMP) ## let ruff format and repair what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(STAMP) ## measure this machine and write the figures under benchmarks/results
	$(PY) -m benchmarks.spine

clean: ## remove the caches and the built packages (the environment and out/ stay)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
