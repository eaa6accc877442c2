# Everything here needs Python 3.11 or newer and make, nothing else. `make help` lists the commands.
SHELL := /bin/sh

# The newest suitable Python on the path; `make demo PYTHON=/path/to/python3` names another one.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && exit; \
	done; echo python3)

# The demo and the venue read these from their environment: `make demo PORT=8001 HOST=0.0.0.0 FRESH=1`.
export HOST PORT FRESH COPIES FROM

VENV := .venv/bin
SPEAK = command -v $(PYTHON) >/dev/null 2>&1 || \
	{ echo 'Estrade needs Python 3.11 or newer and found none: install one (Debian: `sudo apt-get install python3 python3-venv`), then type `make $@` again.' >&2; exit 1; }
RUNTIME = @$(SPEAK); $(PYTHON) .ci/environment.py requirements.txt 'make $@'
DEV = @$(SPEAK); $(PYTHON) .ci/environment.py requirements-dev.txt 'make $@'

.PHONY: help demo venue run test check format bench screenshots lock
.DEFAULT_GOAL := help

help:
	@echo 'make demo         a real hackathon being judged, in your browser (PORT=8000 HOST=127.0.0.1 FRESH=1)'
	@echo 'make venue        the real thing for a hall, data kept (PORT=8000 COPIES=folder of the copies FROM=copy.zip to restore)'
	@echo 'make run          the application without the demo, on SQLite'
	@echo 'make test         every check and every test, in both worlds'
	@echo 'make check        format, lint, types, import contracts, templates, migrations'
	@echo 'make format       put the code into the house format'
	@echo 'make bench        measure what must be fast'
	@echo 'make screenshots  take the pictures of the documents anew'
	@echo 'make lock         resolve the dependencies of pyproject.toml anew'

demo:
	$(RUNTIME)
	@exec $(VENV)/python .ci/foreground.py $(VENV)/python manage.py demo

venue:
	$(RUNTIME)
	@exec $(VENV)/python .ci/foreground.py $(VENV)/python manage.py venue

run:
	$(RUNTIME)
	@$(VENV)/python manage.py migrate --verbosity 0
	@exec $(VENV)/python .ci/foreground.py $(VENV)/python manage.py runserver $(or $(HOST),127.0.0.1):$(or $(PORT),8000)

test:
	$(DEV)
	@$(VENV)/python -m tests.provide
	@exec $(VENV)/python -m tests

check:
	$(DEV)
	@exec $(VENV)/python -m tests checks

format:
	$(DEV)
	@$(VENV)/ruff check --fix --quiet .
	@$(VENV)/ruff format --quiet .

bench:
	$(DEV)
	@exec $(VENV)/python -m benchmarks

screenshots:
	$(DEV)
	@$(VENV)/python -m tests.provide
	@exec $(VENV)/python -m docs.screenshots

# Both locks hold for Python 3.11 to 3.14, Linux and macOS; the second contains the first, to the version.
LOCK = $(VENV)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock'
lock:
	$(DEV)
	@$(LOCK) pyproject.toml --output-file requirements.txt
	@$(LOCK) pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt
