# `make` alone prints the targets. `make run` and `make test` do all their own set-up.

.DEFAULT_GOAL := help
SHELL := bash
MAKEFLAGS += --no-print-directory

FEDERATED ?= .build/release/federated
# The program with the network part, which `federated` hands over to.
NETWORK := .build/release/federated-network
# Says in one line how far a build is.
BUILD := Scripts/setup/build.sh
SWIFT_FILES := Sources Tests Package.swift
SHELL_FILES := $(wildcard Scripts/*/*.sh) Tests/Outside/run.sh Scripts/deploy/federated.slurm .ci/run
PYTHON_FILES := $(wildcard Scripts/*/*.py Scripts/python/*/*.py Scripts/flower/app/*/*.py .ci/*.py)

# $(call option,--flag,NAME): the flag with NAME's value as one shell word, nothing if NAME is empty.
quote = '$(subst ','\'',$(1))'
option = $(if $($(2)),$(1) $(call quote,$($(2))))

EXPERIMENT ?= 1
RUN_OPTIONS = $(call option,--experiment,EXPERIMENT) $(call option,--clients,CLIENTS) \
	$(call option,--rounds,ROUNDS) $(call option,--samples,SAMPLES) \
	$(call option,--epochs,EPOCHS) $(call option,--batch-size,BATCH_SIZE) \
	$(call option,--learning-rate,LEARNING_RATE) $(call option,--seed,SEED) \
	$(call option,--dataset,DATASET) $(call option,--data-dir,DATA_DIR) \
	$(call option,--log-dir,LOG_DIR) $(call option,--threads,THREADS) \
	$(call option,--model,MODEL) $(ARGS)

.PHONY: help test kernels-test page-test api-test python-test notebook fuzz mpi mpi-test release wheel-test bench peers flower docs outside reference pages protos run sweep plot \
	data format lint clean setup build network venv

help: ## Print this list
	@echo "usage: make TARGET [NAME=value …]"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)$$/  \1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '%-12s %s\n' "$$name" "$$text"; done
	@echo
	@echo "make run takes EXPERIMENT CLIENTS ROUNDS SAMPLES EPOCHS BATCH_SIZE LEARNING_RATE SEED"
	@echo "DATASET DATA_DIR LOG_DIR THREADS MODEL; ARGS=\"…\" hands any other option on, as in"
	@echo "  make run EXPERIMENT=4 CLIENTS=10 ARGS=\"--fixed-shards\""

# What draws the picture is installed while the program builds. Should that fail, run.sh tries again and says why.
run: setup ## Run an experiment (EXPERIMENT=1…4): rounds, log, picture
	@{ nice Scripts/setup/venv.sh >/dev/null 2>&1 || true; } & \
		status=0; $(MAKE) build || status=$$?; wait; exit $$status
	@FEDERATED=$(call quote,$(FEDERATED)) Scripts/examples/run.sh $(RUN_OPTIONS)

# Without testable imports the tests link what `make build` compiled, instead of a second build of it all.
SWIFT_TEST := swift test -c release --disable-testable-imports
# Some tests of a moment: what builds them runs them, too.
SOON_DONE := JSONTests

test: setup ## Run the tests
	@$(BUILD) "the tests" $(SWIFT_TEST) --filter '$(SOON_DONE)'
	@$(SWIFT_TEST) --skip-build

# CPUS= leaves out the emulated ones, and what they need.
CPUS ?= aarch64 riscv64

kernels-test: ## Check the C loops here, and emulated on CPUS="aarch64 riscv64"
	@Scripts/check/kernels.sh $(CPUS)

python-test: network ## Test the Python module against the program (TESTS="test_runs …")
	@Scripts/setup/venv.sh python
	@cd Scripts/python && FEDERATED="$(abspath $(FEDERATED))" ../../.venv-python/bin/python -m unittest \
		$(or $(addprefix tests.,$(TESTS)),discover -t . -s tests)

notebook: network ## Execute docs/notebook.ipynb and look at what comes of it (ARGS="--pictures FOLDER")
	@Scripts/setup/venv.sh python
	@.venv-python/bin/python Scripts/check/notebook.py --federated $(call quote,$(FEDERATED)) $(ARGS)

fuzz: setup venv ## Fuzz every parser for SECONDS=60 each (PARSER="header weights …")
	@Scripts/check/fuzz.sh $(or $(SECONDS),60) $(PARSER)

# Needs Chromium (setup.sh page installs it) and Playwright (venv.sh page); CHROMIUM=PATH for another.
page-test: network ## Test the pages in headless Chromium (ARGS="--screenshots FOLDER")
	@Scripts/setup/setup.sh page
	@Scripts/setup/venv.sh page
	@.venv-page/bin/python Scripts/check/page_test.py --federated $(call quote,$(FEDERATED)) $(ARGS)
	@.venv-page/bin/python Scripts/check/store_page_test.py $(ARGS)

api-test: network ## Test both HTTP APIs with schemathesis (CASES=1000 requests a route)
	@Scripts/setup/venv.sh api
	@.venv-api/bin/python Scripts/check/api_test.py --federated $(call quote,$(FEDERATED)) \
		$(call option,--cases,CASES) $(ARGS)

# Ranks for `make mpi`, and what is needed to start them as root, as in a container.
RANKS ?= 2
MPIRUN ?= mpirun
AS_ROOT := $(if $(filter 0,$(shell id -u)),OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)

mpi: build ## Run an experiment on RANKS=2 ranks of Open MPI, and measure them
	@Scripts/setup/setup.sh mpi
	@$(AS_ROOT) $(MPIRUN) -n $(RANKS) $(call quote,$(FEDERATED)) run $(RUN_OPTIONS)
	@$(AS_ROOT) $(MPIRUN) -n $(RANKS) $(call quote,$(FEDERATED)) bench ranks

mpi-test: build ## Test runs over ranks of Open MPI, and kill some
	@Scripts/setup/setup.sh mpi
	@python3 Scripts/check/mpi_test.py --federated $(call quote,$(FEDERATED)) $(ARGS)

release: network ## Make one binary that needs no Swift, and a Python wheel of it: .build-release
	@Scripts/deploy/release.sh

wheel-test: ## Install the wheel of make release on bare Python, and run what is in it
	@python3 Scripts/check/wheel_test.py $(ARGS)

bench: build ## Measure training and evaluation speed (ARGS="--json")
	@$(call quote,$(FEDERATED)) bench $(ARGS)

peers: build ## Measure PyTorch and Keras against it (ARGS="--simulators")
	@python3 Scripts/peers/compare_peers.py --federated $(call quote,$(FEDERATED)) \
		$(call option,--data-dir,DATA_DIR) $(ARGS)

flower: network ## Federate nodes by Flower's own SuperLink (ARGS="--mixed --rounds 5")
	@Scripts/flower/demo.sh --federated $(call quote,$(FEDERATED)) \
		$(call option,--data-dir,DATA_DIR) $(ARGS)

docs: network ## Make the libraries' reference, by DocC, and check it
	@swift build -c release --target SwiftFederated
	@python3 Scripts/check/docs.py $(ARGS)

# In SCRATCH=.build what `make build` compiled is not compiled again, but the next `make build` plans anew.
outside: setup ## Build and run a package that depends on this one: Tests/Outside
	@Tests/Outside/run.sh $(SCRATCH)

reference: network ## Write the documents' commands, settings and Swift anew
	@python3 Scripts/check/reference.py --federated $(call quote,$(FEDERATED)) $(ARGS)

pages: network venv ## Run the commands of README and docs, check their links (ARGS="PAGE …")
	@python3 Scripts/check/documented_commands.py --federated $(call quote,$(FEDERATED)) $(ARGS)

protos: ## Make the Swift files of Flower's and TensorBoard's formats anew (needs protoc)
	@Scripts/setup/protos.sh

sweep: build ## Run many settings into one CSV (ARGS="--clients 5,10 …")
	@FEDERATED=$(call quote,$(FEDERATED)) Scripts/examples/sweep.sh $(ARGS)

plot: venv ## Draw a log, or compare several (LOG="a.json b.json", else the newest)
	@log=$(call quote,$(LOG)); \
	if [[ -z "$$log" ]]; then log=$$(ls -t Logs/*.json 2>/dev/null | head -n 1); fi; \
	if [[ -z "$$log" ]]; then \
		echo "make plot: there is no log in Logs: say LOG=FILE, or make one with make run" >&2; \
		exit 2; \
	fi; \
	.venv/bin/python Scripts/plot/plot.py $(ARGS) -n $(if $(LOG),$(LOG),"$$log")

data: build ## Fetch MNIST once and say which data is there (DATA_DIR=…)
	@$(call quote,$(FEDERATED)) data $(call option,--data-dir,DATA_DIR) $(ARGS)

format: ## Format the Swift sources in place
	@swift format --in-place --parallel --recursive $(SWIFT_FILES)

lint: ## Check sources' style, and imports against the manifest
	@swift format lint --strict --parallel --recursive $(SWIFT_FILES)
	@python3 Scripts/check/check_imports.py
	@for file in $(SHELL_FILES); do bash -n "$$file" || exit; done
	@if command -v shellcheck >/dev/null; then shellcheck $(SHELL_FILES); \
		else echo "lint: shellcheck is not installed: shell scripts were only parsed"; fi
	@if command -v python3 >/dev/null; then \
		python3 -c 'import sys; [compile(open(f).read(), f, "exec") for f in sys.argv[1:]]' \
			$(PYTHON_FILES) && python3 Scripts/check/notebook.py --lint; \
		else echo "lint: python3 is not installed: Python files were not checked"; fi

clean: ## Remove what was built and the Python environments; Logs stay
	@rm -rf .build .build-docs .build-fuzz .build-outside .build-release .build-protos .venv .venv-page .venv-api .venv-peers \
		.venv-python .venv-wheel .venv-flower .venv-simulators .venv-blazefl Scripts/*/__pycache__ Scripts/python/*/__pycache__ \
		Scripts/python/build .ci/__pycache__

setup:
	@Scripts/setup/setup.sh

# One that is there is built, too, so that the two never differ.
build: setup
	@$(BUILD) federated swift build -c release --product federated
	@if [[ -e $(NETWORK) ]]; then \
		$(BUILD) "its network part" swift build -c release --product federated-network; fi

network: setup ## Build what serve, join and flower-node need, too
	@$(BUILD) federated swift build -c release --product federated
	@$(BUILD) "its network part" swift build -c release --product federated-network

venv:
	@Scripts/setup/venv.sh
