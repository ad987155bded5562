# VAR Outreach. `make demo` and `make test` do all their own set-up on a machine with Python 3.11
# or newer and make; ARGS is passed on: make demo ARGS='--no-serve --dir D'.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

PY := .venv/bin/python
UV ?= uv
ARGS ?=
WORKERS ?= 2
DEBIAN := chromium libical3 fonts-liberation nodejs npm poppler-utils

.PHONY: help
help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

# ---- running

.PHONY: demo
demo: runtime ## rehearse the whole year 2025 and show the pages and mail (ARGS='--no-serve --dir D')
	@.venv/bin/var-outreach demo $(ARGS)

.PHONY: serve
serve: runtime ## run pages, scheduler and dispatch
	@.venv/bin/var-outreach serve $(ARGS)

# ---- checking

.PHONY: test
test: setup ## run all tests (ARGS='tests/agenda -k dates')
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

.PHONY: check
check: dev ## ruff, mypy strict, import-linter; reports them all, fails on any
	@failed=; \
	step() { name=$$1; shift; echo "== $$name"; "$$@" || failed="$$failed $$name,"; }; \
	step "ruff check" $(PY) -m ruff check .; \
	step "ruff format" $(PY) -m ruff format --check --output-format concise .; \
	step "mypy" $(PY) -m mypy; \
	step "import-linter" .venv/bin/lint-imports --no-logo; \
	if [ -n "$$failed" ]; then echo "make check failed:$${failed%,}" >&2; exit 1; fi

.PHONY: format
format: dev ## let ruff lay out the code and mend what it can
	@$(PY) -m ruff check --fix --exit-zero --quiet .
	@$(PY) -m ruff format .

.PHONY: bench
bench: dev ## measure (ARGS=name of one benchmark)
	@found=; for file in benchmarks/bench_*.py; do \
	  case "$$file" in *"*"*) continue;; *"$(ARGS)"*) ;; *) continue;; esac; \
	  found=yes; echo "== $$file"; $(PY) "$$file" || exit 1; \
	done; [ -n "$$found" ] || { echo "no such benchmark in benchmarks/" >&2; exit 1; }

# ---- set-up; each step looks for itself whether there is anything to do

.PHONY: setup
setup: dev judges ## set up everything that tests and checks need

.PHONY: runtime
runtime:
	@sh tools/venv.sh runtime

.PHONY: dev
dev:
	@sh tools/venv.sh dev

# Other people's programs that judge our mail and pages. What cannot be had is said, and left out.
.PHONY: judges
judges: dev
	@sh tools/apt.sh $(DEBIAN) || true
	@PYTHONPATH=. $(PY) -c 'from tests.judges import icaljs; icaljs.install()' \
	  || echo "set-up: ical.js is not here (npm says why above); the tests that need it cannot pass" >&2

.PHONY: requirements
requirements: ## compile requirements/ anew from pyproject.toml (needs uv; ARGS=--upgrade takes newer versions)
	@command -v $(UV) >/dev/null || { echo "uv is needed: install it, or name it: make requirements UV=/path/to/uv" >&2; exit 1; }
	$(UV) $(COMPILE) pyproject.toml -o requirements/runtime.txt $(ARGS)
	$(UV) $(COMPILE) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt $(ARGS)
	$(UV) $(COMPILE) --group build -c requirements/dev.txt -o requirements/build.txt $(ARGS)

COMPILE := pip compile -q --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header

.PHONY: clean
clean: ## remove all that set-up, tests and demo made; never var/, which holds an installation's data
	rm -rf .venv demo dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache tests/node/node_modules
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
