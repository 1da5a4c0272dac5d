# Python 3.11 to 3.13; every target installs what it lacks into .venv.
PYTHON ?= python3

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test test-all lint bench-training grid bench-regret clean

run: .venv/installed  ## The whole job on two real data sets, one of text and one of images.
	$(BIN)/thaw example

# Two at a time: much of the suite waits for processes. Those that train share two cores then, and take one each.
test: .venv/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

test-all: .venv/installed-dev
	$(BIN)/python -m pytest -m "slow or not slow"

bench-training: .venv/installed-dev  ## The training of every strategy against the textbook's; over an hour.
	$(BIN)/python -m benchmarks.training

grid: .venv/installed-dev  ## Run every strategy on the cells that the truth table lacks, and learn from it; hours.
	$(INSTALL) --editable '.[grid]'
	$(BIN)/python -m benchmarks.regret grid
	$(BIN)/python -m benchmarks.regret fit

bench-regret: .venv/installed-dev  ## The chooser against the truth table; a minute.
	$(BIN)/python -m benchmarks.regret report

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

clean:
	rm -rf .venv build *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml setup.py constraints.txt | $(BIN)/python
	@echo "Installing the frameworks into .venv: a few minutes, once."
	$(INSTALL) --editable '.[vision,text]'
	touch $@

.venv/installed-dev: pyproject.toml setup.py constraints.txt | $(BIN)/python
	@echo "Installing the frameworks and the test tools into .venv: a few minutes, once."
	$(INSTALL) --editable '.[dev]'
	touch $@ .venv/installed
