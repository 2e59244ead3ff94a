# Mimamori from a bare clone: GNU make, a POSIX shell and Python 3.11 or newer; everything else is brought by the targets.

VENV ?= .venv
BIN := $(VENV)/bin
# Processes that run tests side by side, and what else to hand to the command: make test ARGS="-k consent", make demo ARGS="--port 9000".
JOBS ?= 3
ARGS ?=
FAST := not slow and not browser and not postgres

.PHONY: help demo test check format bench soak lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@echo "make TARGET [ARGS=...], with:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' Makefile

$(VENV)/.run.stamp: .ci/requirements.txt pyproject.toml .ci/setup
	@sh .ci/setup $(VENV) run

$(VENV)/.dev.stamp: .ci/requirements-dev.txt pyproject.toml .ci/setup
	@sh .ci/setup $(VENV) dev

demo: $(VENV)/.run.stamp ## start the demo: a console, simulated phones and a clock to move, on this machine only
	@$(BIN)/mimamori demo $(ARGS)

test: $(VENV)/.dev.stamp ## run every test (brings Chromium, Japanese fonts, PostgreSQL, Redis and Kannel where they are missing)
	@sh .ci/test $(BIN)/python $(JOBS) $(ARGS)

check: $(VENV)/.dev.stamp ## lint, types, the rooms' contracts, the fast tests and the shipped scripts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter
	@$(BIN)/python -m pytest -q -m "$(FAST)" $(ARGS)
	@$(BIN)/mimamori script check

format: $(VENV)/.dev.stamp ## write all code in the one format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/.run.stamp ## measure this machine: turns a second and how long they take, as JSON
	@$(BIN)/mimamori bench $(ARGS)

soak: $(VENV)/.dev.stamp ## kill and disturb a running server again and again, and count what got lost or doubled
	@$(BIN)/mimamori soak $(ARGS)

# UPGRADE=--upgrade takes the newest versions; without it only what pyproject.toml asks for changes.
lock: $(VENV)/.dev.stamp ## resolve the locks in .ci/ again (UPGRADE=--upgrade for the newest versions)
	@sh .ci/lock $(UPGRADE)

clean: ## remove what the targets made (not data/)
	rm -rf $(VENV) .cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
