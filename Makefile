# make run                    the sample library, at http://127.0.0.1:8000/
# make run PHOTOS=folder      your own pictures
# make run PORT=8001          at another port
# make test                   everything that must hold; what it needs, it installs into .venv
# make lint                   only what reads the source

PORT ?= 8000
BIN := .venv/bin
# Whichever is there; pins in constraints.txt were tested with 3.11. A shim that cannot run is not there.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
NPM = PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix explorer/frontend
PACKAGES = galaxy_site catalog explorer
# What a library's server would run with; the secret is worth nothing.
PRODUCTION = DEBUG=0 GALAXY_HTTPS=1 ALLOWED_HOSTS=galaxy.example SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(40))')

export PHOTOS

.PHONY: run test lint python clean

run: python
	@$(PYTHON) tools/prepare.py run
	@$(BIN)/python manage.py start --port "$(PORT)" $(if $(PHOTOS),--photos "$$PHOTOS")

test: python
	@$(PYTHON) tools/prepare.py test
	@$(MAKE) --no-print-directory lint
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(NPM) test
	$(BIN)/python tools/check_build.py
	$(BIN)/pytest -n 2

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) tests tools
	$(BIN)/lint-imports
	$(NPM) run lint
	$(NPM) run typecheck

python:
	@test -n "$(PYTHON)" || { echo "Galaxy needs Python 3.11 or newer, and none was found. Install it, or name it: make run PYTHON=/path/to/python3" >&2; exit 1; }

# What was installed and built goes; var/, with the library, stays.
clean:
	rm -rf .venv explorer/frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
