# Ringboard. `make demo` shows it, `make test` checks it; both set up all they need. `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
TEST_LIMIT := 60m
# Of what is installed, and of what builds it, versions and hashes stand in these; pip refuses any other file.
LOCKS := supply/locks
LOCKED := --quiet --require-hashes --no-deps --no-build-isolation
export PIP_CONSTRAINT :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
PINS := pyproject.toml $(wildcard $(LOCKS)/*.txt)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install install-dev install-freeswitch install-sql install-workbooks demo dist test test-fresh test-quick test-current check lint format generate sbom lock prometheus chromium databases \
	clean venv chaos fuzz jars bench bench-peers

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

install: venv $(VENV)/.installed ## Set up .venv with what Ringboard needs to run

install-dev: venv $(VENV)/.installed-dev ## The same with what its tests need

install-freeswitch: install ## Add the library that `ringboard connect freeswitch` needs, of Python 3.11 or 3.12
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/freeswitch.txt

install-sql: install ## Add the drivers that `ringboard connect sql` needs
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/sql.txt

install-workbooks: install ## Add the library that reads .xlsx and .ods
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/workbooks.txt

demo: install ## All of Ringboard on this machine (ARGS="…" passes options on)
	@$(BIN)/ringboard demo $(ARGS)

test: ## Set up, lint, type-check and test everything, within 60 minutes (ARGS="…" goes to pytest)
	@timeout --foreground --kill-after=60s $(TEST_LIMIT) $(MAKE) --no-print-directory install-dev prometheus chromium databases check || { \
		code=$$?; \
		[ $$code -ne 124 ] || echo "make test: stopped after $(TEST_LIMIT), which is more than it may take" >&2; \
		exit $$code; }

test-fresh: ## The same on a bare Debian made for it (root; RUN="make demo" for another command)
	@tests/fresh_machine.sh $(if $(RUN),$(RUN),make test ARGS='$(ARGS)')

# What waits for no server keeps a core busy, so there is one process for each.
test-quick: lint ## Lint, types and what needs no server, in two minutes on two cores (ARGS="…" goes to pytest)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest --numprocesses $(shell nproc 2>/dev/null || echo 2) --dist loadgroup \
		-m "not slow" $(ARGS) tests/unit tests/reference

# Most of a test with a broker is waiting, so more tests run at a time than there are cores (tests/conftest.py says how
# many, and that the long ones come first); each of these processes has a broker of its own.
# Nothing is tried twice: a deadline of a test bounds a hang, and is far longer than a busy machine needs.
check: lint jars
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest --numprocesses auto --dist loadgroup \
		--cov --cov-report=term-missing:skip-covered $(ARGS)

# Once, before several brokers would each fetch them.
jars: install-dev
	@$(BIN)/python -c 'from stream.broker.jars import ensure_jars, read_lock; from stream.settings.loading import cache_folder; \
		ensure_jars(read_lock(), cache_folder())'

# Go keeps what it has built; the first time takes some ten minutes.
test-current: install-dev ## The rules on the Prometheus and Alertmanager of docker-compose.yml, built by Go (ARGS="…" goes to pytest)
	@nice $(BIN)/python -m supply.current $(VENV)/current
	TEST_PROGRAMS="$(CURDIR)/$(VENV)/current" $(BIN)/python -m pytest $(ARGS) tests/prometheus tests/unit/repository/test_compose.py

chaos: install-dev ## Random faults on real workers, each held to one clean pass (SEED=… ROUNDS=…, CLUSTER=3 for those of three brokers)
	$(BIN)/python -m tests.kafka.faults.chaos $(if $(SEED),--seed $(SEED)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(CLUSTER),--cluster $(CLUSTER))

fuzz: install-dev ## Damaged input through every reader, way in and fold (N=… SEED=…, by default 1,000,000 of seed 1)
	$(BIN)/python -m tests.fuzz $(if $(N),--count $(N)) $(if $(SEED),--seed $(SEED)) $(ARGS)

lint: install-dev ## Lint, formatting, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Each is held to what wrote it by a test. An example of state (tests/unit/journeys/golden) is none of them: who changes
# the form of the state writes a new one, and the test that fails says how.
generate: install-dev ## Write every generated file anew: pages of docs/, boards, rules, recordings
	$(BIN)/python -m stream.documentation
	$(BIN)/python -m stream.configuration > $(VENV)/page && mv $(VENV)/page docs/settings.md
	$(BIN)/python -m agents.documentation > $(VENV)/page && mv $(VENV)/page docs/metrics.md
	$(BIN)/python -m grafana.boards
	$(BIN)/python -m grafana.rules
	$(BIN)/python -m grafana.alertmanager grafana/alertmanager/receivers.toml > $(VENV)/page && mv $(VENV)/page grafana/alertmanager/alertmanager.yml
	$(BIN)/python -m tests.recordings.small_floor
	$(BIN)/python -m supply.sbom > $(VENV)/page && mv $(VENV)/page supply/sbom.cdx.json

dist: install-dev ## Build the wheel and the sdist into dist/
	@rm -rf dist && $(BIN)/python -m supply.dist dist

sbom: install-dev ## Write the bill of materials, supply/sbom.cdx.json, anew
	$(BIN)/python -m supply.sbom > $(VENV)/page && mv $(VENV)/page supply/sbom.cdx.json

# The newest versions that pyproject.toml allows, with the hash of every file of each, for every Python and platform.
LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --annotation-style line \
	--custom-compile-command 'make lock' --output-file
lock: venv ## Refresh supply/locks without touching what is installed; then test, and commit
	@echo "Resolving…"
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/lock.txt
	@$(LOCK) $(LOCKS)/dev.txt --extra dev pyproject.toml
	@for extra in freeswitch sql workbooks; do \
		$(LOCK) $(LOCKS)/$$extra.txt --extra $$extra --constraint $(LOCKS)/dev.txt pyproject.toml || exit 1; done
	@$(LOCK) $(LOCKS)/run.txt --constraint $(LOCKS)/dev.txt pyproject.toml
	@for group in build lock virtualenv; do $(LOCK) $(LOCKS)/$$group.txt --group $$group || exit 1; done
	@$(LOCK) $(LOCKS)/peers.txt benchmarks/peers/requirements.txt
	@git --no-pager diff --stat -- $(LOCKS) 2>/dev/null || true

bench: install ## How fast Ringboard is here, in some five minutes (ARGS="…" passes options on)
	@$(BIN)/python -m benchmarks short $(ARGS)

bench-peers: install ## The same work by its peers, side by side, in some twenty minutes; sets up an environment of theirs
	@$(BIN)/python -m benchmarks peers $(ARGS)

clean: ## Remove .venv and every cache of the tools
	rm -rf $(VENV) benchmarks/peers/.venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov

$(VENV)/.installed: $(PINS) | venv
	@echo "Installing Ringboard into $(VENV)…"
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/build.txt
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/run.txt
	@$(BIN)/python -m pip install --quiet --no-index --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(PINS) | venv
	@echo "Installing Ringboard and its tests' tools into $(VENV)…"
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/build.txt
	@$(BIN)/python -m pip install $(LOCKED) -r $(LOCKS)/dev.txt
	@$(BIN)/python -m pip install --quiet --no-index --no-deps --no-build-isolation -e .
	@touch $(VENV)/.installed $@

# Make .venv where it is missing, broken, too old, or was moved here from elsewhere. A Debian without python3-venv has
# no ensurepip: then virtualenv does it, from pip if need be.
venv:
	@if [ -x $(BIN)/python ] && $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		&& [ "$$(cat $(VENV)/.made-in 2>/dev/null || pwd)" = "$$(pwd)" ]; then exit 0; fi; \
	suits='import sys; sys.exit(sys.version_info < (3, 11))'; \
	python=; any=; \
	for name in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
		"$$name" -c "$$suits" 2>/dev/null || continue; \
		any=$${any:-$$name}; \
		if "$$name" -c 'import ensurepip, venv' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$$any" ]; then \
		old=$$(python3 --version 2>/dev/null || echo "no Python"); \
		echo "Ringboard needs Python 3.11 or newer, and found $$old; install one, or name it: make install PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$($${python:-$$any} --version)…"; \
	rm -rf $(VENV); \
	if [ -n "$$python" ]; then "$$python" -m venv $(VENV); \
	elif "$$any" -m virtualenv --quiet $(VENV) 2>/dev/null; then :; \
	elif rm -rf $(VENV) && "$$any" -m pip --version >/dev/null 2>&1; then \
		helper=$$(mktemp -d) && trap 'rm -rf "$$helper"' EXIT && \
		"$$any" -m pip install $(LOCKED) --target "$$helper" -r $(LOCKS)/virtualenv.txt && \
		PYTHONPATH="$$helper" "$$any" -m virtualenv --quiet $(VENV); \
	elif $(AS_ROOT) && command -v apt-get >/dev/null 2>&1; then \
		log=$$(mktemp); \
		{ $$root apt-get update && DEBIAN_FRONTEND=noninteractive $$root apt-get install -y --no-install-recommends python3-venv; } \
			>"$$log" 2>&1 </dev/null || tail -n 3 "$$log" >&2; \
		rm -f "$$log"; "$$any" -m venv $(VENV); \
	fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		rm -rf $(VENV); \
		echo "$$any can make no virtual environment: install its venv module (on Debian and Ubuntu: apt-get install python3-venv)" >&2; \
		exit 1; \
	fi; \
	pwd > $(VENV)/.made-in

# True for somebody who may install packages without being asked anything; sets $root to what goes before a command.
AS_ROOT = { if [ "$$(id -u)" = 0 ]; then root=; else root="sudo -n"; sudo -n true 2>/dev/null; fi; }

# Prometheus, Alertmanager and their tools for the tests: unpacked from Debian's packages into .venv, because installing
# them would also start servers. Without them those tests are skipped, and say so.
# Debian's Alertmanager reads its templates below /usr/share, where only an installed package has them, and no option
# says otherwise. In our copy that path is the file descriptor 9, and a script opens the unpacked folder there.
ALERTMANAGER_SHARE := /usr/share/prometheus/alertmanager
ALERTMANAGER_FD := /proc/self/fd/9///////////////////
prometheus:
	@PATH="$(CURDIR)/$(BIN):$$PATH"; here() { command -v "$$1" >/dev/null; }; \
	here promtool && here prometheus && here amtool && here prometheus-alertmanager \
		&& [ ! -L $(BIN)/prometheus-alertmanager ] && exit 0; \
	here apt-get && here dpkg-deb || { \
		echo "Prometheus and Alertmanager are not here, and neither is apt-get: the tests in tests/prometheus will be skipped" >&2; exit 0; }; \
	echo "Fetching Debian's prometheus and prometheus-alertmanager into $(VENV)…"; \
	mkdir -p $(VENV)/prometheus && cd $(VENV)/prometheus && rm -rf ./* && { \
		apt-get download prometheus prometheus-alertmanager >apt.log 2>&1 || \
		{ $(AS_ROOT) && $$root apt-get update >>apt.log 2>&1 </dev/null && apt-get download prometheus prometheus-alertmanager >>apt.log 2>&1; }; \
	} && dpkg-deb -x prometheus_*.deb . && dpkg-deb -x prometheus-alertmanager_*.deb . && rm ./*.deb \
	&& LC_ALL=C sed -i 's,$(ALERTMANAGER_SHARE),$(ALERTMANAGER_FD),g' usr/bin/prometheus-alertmanager \
	&& rm -f ../bin/prometheus-alertmanager && printf '#!/bin/sh\nexec 9<"%s" && exec "%s" "$$@"\n' \
		"$$PWD$(ALERTMANAGER_SHARE)" "$$PWD/usr/bin/prometheus-alertmanager" > ../bin/prometheus-alertmanager \
	&& chmod +x ../bin/prometheus-alertmanager \
	&& ln -sf $$(for name in prometheus promtool amtool; do echo ../prometheus/usr/bin/$$name; done) ../bin/ || { \
		[ ! -f apt.log ] || tail -n 2 apt.log >&2; \
		echo "Prometheus and Alertmanager could not be fetched: the tests in tests/prometheus will be skipped" >&2; }

# A real browser for the tests of the wallboard. It needs a hundred libraries, so it is installed and not unpacked; no
# server comes with it. Where that may not be done those tests are skipped, and say so.
chromium:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0; \
	command -v apt-get >/dev/null && $(AS_ROOT) || { \
		echo "chromium and chromedriver are not here, and may not be installed: the tests in tests/browser will be skipped" >&2; exit 0; }; \
	echo "Installing Debian's chromium and chromium-driver…"; \
	log=$$(mktemp); install() { DEBIAN_FRONTEND=noninteractive $$root apt-get install -y --no-install-recommends \
		chromium chromium-driver fonts-dejavu-core >>"$$log" 2>&1 </dev/null; }; \
	install || { $$root apt-get update >>"$$log" 2>&1 </dev/null && install; } || { \
		tail -n 2 "$$log" >&2; \
		echo "chromium could not be installed: the tests in tests/browser will be skipped" >&2; }; \
	rm -f "$$log"

# Real databases for the tests of `connect sql`: unpacked into .venv with the libraries that are missing here, because
# installing them would also start servers. Without them those tests fail where it could be done, and say so.
databases:
	@[ -x $(VENV)/databases/usr/sbin/mariadbd ] && ls $(VENV)/databases/usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && exit 0; \
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { \
		echo "MariaDB and PostgreSQL are not here, and neither is apt-get: the tests in tests/databases will be skipped" >&2; exit 0; }; \
	echo "Fetching Debian's mariadb-server-core and postgresql into $(VENV)…"; \
	rm -rf $(VENV)/databases && mkdir -p $(VENV)/databases && cd $(VENV)/databases && { \
		apt-cache show mariadb-server-core >/dev/null 2>&1 || { $(AS_ROOT) && $$root apt-get update >apt.log 2>&1 </dev/null; }; \
		own="mariadb-server-core $$(apt-cache depends postgresql | sed -n 's/.*Depends: \(postgresql-[0-9]*\)$$/\1/p')"; \
		libraries=$$(apt-get install --simulate --no-install-recommends $$own 2>>apt.log | sed -n 's/^Inst \(lib[^ ]*\).*/\1/p' \
			| grep -v -e llvm -e perl -e -dev); \
		apt-get download $$own $$libraries >>apt.log 2>&1 || \
		{ $(AS_ROOT) && $$root apt-get update >>apt.log 2>&1 </dev/null && apt-get download $$own $$libraries >>apt.log 2>&1; }; \
	} && for package in *.deb; do dpkg-deb -x "$$package" . || exit 1; done && rm ./*.deb || { \
		[ ! -f apt.log ] || tail -n 2 apt.log >&2; \
		echo "MariaDB and PostgreSQL could not be fetched: the tests in tests/databases will be skipped" >&2; }
