# The way in. `make` lists the targets; a newcomer needs three: serve, test, check.
#
# A target sets up what it needs and only what has changed since: each stamp below is newer than what it was made from.

# The version this is developed on comes first; any later one will do. Each is tried, since a name may be a dead shim.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; exit; }; \
	done; echo python3)
RUN := .venv/bin/python -m
INSTALL := $(RUN) tools.install

# `make test SEED=…` repeats a run: the order of the tests and all that is drawn at random follow from it.
SEED := $(or $(SEED),$(shell date +%s))
TESTS ?=
# How long, and with how many clients, `make torture` goes on.
TORTURE ?= --seconds 300 --clients 200 --seed $(SEED)

.DEFAULT_GOAL := help
.PHONY: help serve test torture torture-payments check format stripe schema audit-money bench-pages bench-stream \
	bench-payments lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r target purpose; do \
		printf '  make %-16s %s\n' "$$target" "$$purpose"; done

serve: .venv/.runtime web/dist/.built ## install, build and serve on http://127.0.0.1:8000 with demo data
	@exec .venv/bin/python server.py

test: .venv/.test .venv/.browser web/dist/.built ## run the whole suite (TESTS=… for some of it, SEED=… to repeat a run)
	@$(RUN) pytest --numprocesses logical --dist loadgroup --randomly-seed $(SEED) --hypothesis-seed $(SEED) $(TESTS)

torture: .venv/.test ## kill servers, broker and database at random for minutes: no client may miss anything
	@$(RUN) tests.torture $(TORTURE)
	@$(RUN) tests.crowd

torture-payments: .venv/.test ## play every way that a payment can go wrong (SEED=… PART=1/8 CELL=timeout STORE=sqlite)
	@$(RUN) tests.proof --seed $(SEED) $(if $(PART),--part $(PART)) $(if $(CELL),--cell $(CELL)) $(if $(STORE),--store $(STORE))

check: .venv/.test ## check format, lint, types and the direction of imports
	@$(RUN) ruff format --check
	@$(RUN) ruff check
	@$(RUN) mypy
	@.venv/bin/python .venv/bin/lint-imports

format: .venv/.test ## format the code and mend what the linter can mend
	@$(RUN) ruff format
	@$(RUN) ruff check --fix

stripe: .venv/.test ## stand in for Stripe on http://127.0.0.1:8420, with webhooks to what `make serve` serves
	@$(RUN) tests.peers.stripe --webhook http://127.0.0.1:8000/webhooks/stripe

schema: .venv/.runtime ## print the GraphQL schema into schema/schema.graphql
	@$(RUN) tools.print_schema

audit-money: .venv/.runtime ## compare the books with the payment provider's own list (SINCE=… UNTIL=… for a part of it)
	@$(RUN) tools.audit_money

bench-pages: .venv/.test ## measure pages out of a thousand and out of a million orders on PostgreSQL
	@$(RUN) benchmarks.pages

bench-stream: .venv/.bench ## measure how the stream delivers, beside a bare socket write and other servers
	@$(RUN) benchmarks.stream

bench-payments: .venv/.test ## measure paying beside the bare SQL of it, with a thousand and a million orders
	@$(RUN) benchmarks.payments

lock: ## pin requirements/*.in anew (needs uv); versions move only where they must, or with LOCK=--upgrade
	@for name in runtime test bench node; do uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
		--generate-hashes --no-header $(LOCK) requirements/$$name.in --output-file requirements/$$name.txt || exit; done

clean: ## remove all that make made, data excepted
	@rm -rf .venv web/dist web/node_modules tools/browser/node_modules tests/*/node_modules benchmarks/peers/node_modules .hypothesis .*_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.made:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "setup: Python 3.11 or later is needed and $(PYTHON) is not; install it, or name one:" \
			"make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -m tools.install venv
	@touch $@

.venv/.runtime: requirements/runtime.txt | .venv/.made
	@$(INSTALL) runtime
	@touch $@

.venv/.test: requirements/test.txt .venv/.runtime
	@$(INSTALL) test
	@touch $@

.venv/.bench: requirements/bench.txt benchmarks/peers/package-lock.json .venv/.test
	@$(INSTALL) bench
	@touch $@

.venv/.browser: tools/browser/package-lock.json | .venv/.made
	@$(INSTALL) browser
	@touch $@

web/dist/.built: web/package-lock.json web/vite.config.js $(wildcard web/graphiql/*) | .venv/.made
	@$(INSTALL) web
	@touch $@
