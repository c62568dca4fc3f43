# GNU make 3.81 or newer, Python 3.11 or newer, and PyPI: everything else these targets install themselves.

# Any of these that is there and new enough; or say `make PYTHON=...`.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

VENV := .venv
LOCAL_VENV := .venv-local
SAM_VENV := .venv-sam
BENCH_VENV := .venv-bench
CDK_VENV := .venv-cdk
LINT_VENV := .venv-lint
MUTANTS_VENV := .venv-mutants
RUNTIME_VENV := .venv-3.13
MOTO_SOURCES := .moto
MOTO := moto-$(shell sed -n 's/^moto==\([0-9.]*\).*/\1/p' requirements-dev.txt)
BIN := $(VENV)/bin
# The deployed runtime's Python, if there is one beside PYTHON.
RUNTIME_PYTHON := $(firstword $(foreach python,python3.13 $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13), \
	$(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] == (3, 13))' && \
		$(python) -c 'import sys; print(sys.executable)' 2>/dev/null)))
LOCAL_PYTHON := $(LOCAL_VENV)/bin/python
SAM := $(abspath $(SAM_VENV))/bin/sam

export SAM_CLI_TELEMETRY := 0
# Settings of the caller's that would put packages elsewhere, or Python's modules somewhere else, or have all that is
# installed be compiled at each start. Those that say where packages come from, and whom to trust, stay.
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_REQUIRE_VIRTUALENV PIP_CONSTRAINT PIP_REQUIREMENT
unexport PIP_NO_BINARY PIP_ONLY_BINARY PIP_BUILD_CONSTRAINT PIP_DRY_RUN PIP_UPGRADE
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONOPTIMIZE PYTHONWARNINGS PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX
# Nothing here is to meet a real account.
unexport $(filter AWS_%,$(.VARIABLES))

.DEFAULT_GOAL := help
.PHONY: help demo live test moto-tests prove mutants bench lint scan release build local sam-deploy-local sam-local clean local-cloud all-three

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-17s %s\n", $$1, $$2}'

demo: what := make demo takes about 40 seconds
demo: local-cloud ## deploy, update, rename and delete an event tracker on a local cloud, and watch
	@$(LOCAL_PYTHON) -m local demo

# Twice as many as most machines of CI have cores, since the local cloud is waited for. tests/conftest.py has the order.
test: workers := --numprocesses=4 --dist=loadfile --no-loadscope-reorder
test: what := make test takes three minutes on two cores
test: all-three ## run all tests, and show the coverage of provider/
	$(BIN)/python -m pytest $(workers) --cov --cov-report=term-missing
ifneq ($(RUNTIME_PYTHON),)
	@$(MAKE) --silent --no-print-directory $(RUNTIME_VENV)/installed
	$(RUNTIME_VENV)/bin/python -m pytest --quiet --numprocesses=2 tests/unit tests/integration
endif

moto-tests: $(VENV)/installed $(MOTO_SOURCES)/$(MOTO) ## run moto's own tests of Amazon Personalize with what local/ adds to it
	$(BIN)/python -c 'import sys, pytest; from local.moto_personalize import register; register(); \
		sys.exit(pytest.main(sys.argv[1:]))' -c /dev/null --rootdir $(MOTO_SOURCES) -p no:cacheprovider \
		$(MOTO_SOURCES)/$(MOTO)/tests/test_personalize

prove: $(VENV)/installed ## run all fault-injection tests: faults at every call, and stateful tests
	$(BIN)/python -m tests.fault_injection.prove --markdown

mutants: $(VENV)/installed $(MUTANTS_VENV)/installed ## make each line of the provider wrong in turn, and see whether a test notices
	PYTHONPATH="$$(echo $(abspath $(MUTANTS_VENV))/lib/python3*/site-packages)" $(BIN)/python -m tests.mutants

bench: $(BENCH_VENV)/installed $(SAM_VENV)/installed ## measure how fast, how cheap and how far, beside what others do
	$(BENCH_VENV)/bin/python -m bench

lint: $(VENV)/installed ## check style, types and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint template.yaml examples/*.yaml

scan: $(VENV)/installed $(LINT_VENV)/installed ## scan the stack and the workflows, and compare with what docs/operating.md says
	AWS_DEFAULT_REGION=us-east-1 $(BIN)/python -m tests.scanners $(LINT_VENV)/bin

release: ## make the files of a release from the last commit, into dist/
	$(PYTHON) -m release $(if $(REPOSITORY_URL),--repository-url $(REPOSITORY_URL))

live: $(VENV)/installed $(SAM_VENV)/installed ## install what python -m live needs, for real accounts: docs/live.md
	@echo "Next: $(BIN)/python -m live --help"

build: $(SAM_VENV)/installed ## build the provider with the SAM CLI, into .aws-sam/
	PATH="$(abspath $(SAM_VENV))/bin:$$PATH" $(SAM) build

local: what := make local starts in some seconds
local: local-cloud ## keep a local cloud running until ctrl-C
	@$(LOCAL_PYTHON) -m local up

sam-deploy-local: what := make sam-deploy-local takes a minute or two
sam-deploy-local: local-cloud ## deploy every example with the SAM CLI to a local cloud, and delete it again
	@$(LOCAL_PYTHON) -m local examples --seconds-per-state 0.5

sam-local: what := make sam-local takes a minute or two
sam-local: local-cloud ## send every request of events/ to the built function, in a container (needs Docker)
	@$(LOCAL_PYTHON) -m local invoke

clean: ## remove everything these targets made
	rm -rf $(VENV) $(BENCH_VENV) $(LOCAL_VENV) $(SAM_VENV) $(CDK_VENV) $(LINT_VENV) $(MUTANTS_VENV) $(RUNTIME_VENV) $(MOTO_SOURCES) .aws-sam .mutants dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is to come, before anything that takes long is done.
local-cloud: first := the local cloud and the SAM CLI, about 340 MB, in less than a minute
local-cloud: stamps := $(LOCAL_VENV)/installed $(SAM_VENV)/installed
all-three: first := tools, tests and the AWS CDK, about 1.4 GB, in two minutes
all-three: stamps := $(VENV)/installed $(SAM_VENV)/installed $(CDK_VENV)/installed

define announce
	@echo "$(what)$(if $(filter-out $(wildcard $(stamps)),$(stamps)),$(comma) after installing here$(comma) once: $(first))."
endef
comma := ,

local-cloud:
	$(announce)
	@$(MAKE) --silent --no-print-directory --jobs=2 $(stamps)

all-three:
	$(announce)
	@$(MAKE) --silent --no-print-directory --jobs=3 $(stamps)

pip_install = $(@D)/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-user --no-deps \
	--require-hashes --only-binary=:all:

# Made anew when the file that pins its packages changes; the stamp comes last, so that half of one is never used.
define install
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "error: Python 3.11 or newer is needed; say where it is: make PYTHON=..." >&2; exit 1; }
	@echo "Installing $< into $(@D) ..."
	@rm -rf $(@D)
	@$(PYTHON) -m venv $(@D)
	@{ $(pip_install) --requirement requirements-pip.txt && $(pip_install) $(install_options) --requirement $<; } \
		& pip=$$!; seconds=0; \
		while kill -0 $$pip 2>/dev/null; do \
			sleep 1; seconds=$$((seconds + 1)); \
			[ $$((seconds % 5)) -ne 0 ] || echo "  $(@D): $$seconds s, $$(du -sm $(@D) | cut -f1) MB"; \
		done; wait $$pip
	@touch $@
endef

$(VENV)/installed: requirements-dev.txt
	$(install)

$(RUNTIME_VENV)/installed: PYTHON := $(RUNTIME_PYTHON)
$(RUNTIME_VENV)/installed: requirements-dev.txt requirements-runtime.txt
	$(install)
	@$(pip_install) --requirement requirements-runtime.txt || { rm $@; exit 1; }

$(BENCH_VENV)/installed: requirements-bench.txt
	$(install)

$(LOCAL_VENV)/installed: requirements-local.txt
	$(install)

$(SAM_VENV)/installed: requirements-sam.txt
	$(install)

$(MUTANTS_VENV)/installed: requirements-mutants.txt
	$(install)

$(SAM_VENV)/linter: requirements-sam-lint.txt $(SAM_VENV)/installed
	@$(pip_install) --no-compile --requirement $<
	@touch $@

# To compile all of these takes longer than what is imported of them ever saves.
$(LOCAL_VENV)/installed $(SAM_VENV)/installed $(CDK_VENV)/installed $(LINT_VENV)/installed: install_options := --no-compile
$(LINT_VENV)/installed: requirements-lint.txt
	$(install)

$(CDK_VENV)/installed: requirements-cdk.txt
	$(install)

# moto's tests are in its source distribution, and no other package has them.
$(MOTO_SOURCES)/$(MOTO): requirements-dev.txt | $(VENV)/installed
	@rm -rf $(MOTO_SOURCES)
	@mkdir $(MOTO_SOURCES)
	@sed -n '/^moto==/,/[^\\]$$/p' $< >$(MOTO_SOURCES)/requirements.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --no-binary=:all: \
		--dest $(MOTO_SOURCES) --requirement $(MOTO_SOURCES)/requirements.txt
	@cd $(MOTO_SOURCES) && tar -xzf $(MOTO).tar.gz $(addprefix $(MOTO)/tests/,__init__.py conftest.py test_personalize)
