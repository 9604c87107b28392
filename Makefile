# One definition of every common action; `make help` lists them. Needs only Python 3.11 and make.
.DEFAULT_GOAL := help
.PHONY: help venv chromium test check format demo up bench screenshots contracts event-map route lock jars assets clean

PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3))
RUN := .venv/bin/python
STAMP := .venv/.installed
ARGS ?=
unexport PYTHONDONTWRITEBYTECODE
# Where a shell or an image asks for no bytecode, each process of a stack would compile all that it imports: 3 s of a core.

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

venv: $(STAMP) ## make .venv from the hash-pinned requirements.lock, again when that changes

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Corridor needs Python 3.11 or newer")'
	@test -x $(RUN) || $(PYTHON) -m venv .venv || { rm -rf .venv; echo 'Python could not make an environment; on Debian: apt-get install python3-venv'; exit 1; }
	@$(RUN) deploy/install.py
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/$(RUN)" -m corridor "$$@"\n' '$(CURDIR)' '$(CURDIR)' > .venv/bin/corridor
	@chmod +x .venv/bin/corridor
	@touch $@

chromium:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || sh deploy/chromium.sh

test: $(STAMP) $(if $(ARGS),,chromium) ## run the tests; ARGS='tests/referral -k accept' for some of them
	$(RUN) -m pytest -n 3 --dist loadscope --no-loadscope-reorder $(ARGS)

check: $(STAMP) ## all that a change must pass besides the tests: style, types, arrows, contracts, deployment
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(RUN) -m contracts.tools.generate --check
	.venv/bin/hadolint deploy/Dockerfile
	$(RUN) -m deploy.validate

format: $(STAMP) ## put the code into the one format
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

demo: $(STAMP) ## play a case across two countries on the local stack; ARGS=--exit stops it afterwards
	$(RUN) -m corridor demo $(ARGS)

up: $(STAMP) ## start the local stack of TH and KH until Ctrl-C; ARGS='TH KH VN' for three, ARGS=--fresh wipes it first
	$(RUN) -m corridor up $(ARGS)

bench: $(STAMP) ## measure a whole case against a floor, a peer and an earlier commit, its legs, memory and telemetry, on real servers
	$(RUN) -m tests.bench $(ARGS)

screenshots: $(STAMP) chromium ## take the pictures of docs/guide anew, on a stack of their own; ARGS='worker-case' for some of them
	$(RUN) -m tests.screenshots $(ARGS)

contracts: $(STAMP) ## write the schemas, AsyncAPI document and event map anew from the event classes
	$(RUN) -m contracts.tools.generate

event-map: contracts ## write docs/event-map.md anew (with the rest of the generated contracts)

route: $(STAMP) ## print the way of one event: make route E=referral.accepted
	$(RUN) -m contracts.tools.route $(E)

lock: $(STAMP) ## resolve requirements.in into requirements.lock anew
	$(RUN) -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/uv pip compile requirements.in --output-file requirements.lock --upgrade --generate-hashes \
		--python-version 3.11 --no-emit-index-url --no-header --no-annotate
	$(RUN) -m deploy.production

assets: ## make the console's styles and fonts anew (needs node and npm)
	cd services/console && npm ci && npm run build

jars: $(STAMP) ## write the checksums of Kafka's jars anew, after a change of version
	$(RUN) -m deploy.local.jars

clean: ## remove what was made here: environment, caches, the local stack's state and downloads
	rm -rf "$$($(PYTHON) -m deploy.local.place)" .venv .corridor .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
