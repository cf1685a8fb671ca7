# `make` alone prints the targets. `make run` and `make test` do all their own set-up.

.DEFAULT_GOAL := help
SHELL := bash
MAKEFLAGS += --no-print-directory

FEDERATED ?= .build/release/federated
SWIFT_FILES := Sources Tests Package.swift
SHELL_FILES := $(wildcard Scripts/*.sh) Scripts/deploy/federated.slurm .ci/run
PYTHON_FILES := $(wildcard Scripts/*.py Scripts/flower/*.py Scripts/flower/app/*/*.py .ci/*.py)

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

.PHONY: help test page-test api-test fuzz mpi mpi-build mpi-test release bench peers flower protos run sweep plot \
	data format lint clean setup build venv

help: ## Print this list
	@echo "usage: make TARGET [NAME=value …]"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)$$/  \1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '%-10s %s\n' "$$name" "$$text"; done
	@echo
	@echo "make run takes EXPERIMENT CLIENTS ROUNDS SAMPLES EPOCHS BATCH_SIZE LEARNING_RATE SEED"
	@echo "DATASET DATA_DIR LOG_DIR THREADS MODEL; ARGS=\"…\" hands any other option on, as in"
	@echo "  make run EXPERIMENT=4 CLIENTS=10 ARGS=\"--fixed-shards\""

run: build ## Run an experiment (EXPERIMENT=1…4): rounds, log, picture
	@FEDERATED=$(call quote,$(FEDERATED)) Scripts/run.sh $(RUN_OPTIONS)

# What waits on clocks goes first and by itself: tests that compute or start programs keep threads busy.
CLOCKED := FederationServerTests|FederationClientTests|FlowerNodeTests|HTTPCallsTests
# Without testable imports the tests link what `make build` compiled, instead of a second build of it all.
SWIFT_TEST := swift test -c release --disable-testable-imports

test: setup ## Run the tests
	@$(SWIFT_TEST) --filter '$(CLOCKED)'
	@$(SWIFT_TEST) --skip-build --skip '$(CLOCKED)'

fuzz: setup venv ## Fuzz every parser for SECONDS=60 each (PARSER="header weights …")
	@Scripts/fuzz.sh $(or $(SECONDS),60) $(PARSER)

# Needs Chromium (setup.sh page installs it) and Playwright (venv.sh page); CHROMIUM=PATH for another.
page-test: build ## Test the live page in headless Chromium (ARGS="--screenshots FOLDER")
	@Scripts/setup.sh page
	@Scripts/venv.sh page
	@.venv-page/bin/python Scripts/test_page.py --federated $(call quote,$(FEDERATED)) $(ARGS)

api-test: build ## Test both HTTP APIs with schemathesis (CASES=1000 requests a route)
	@Scripts/venv.sh api
	@.venv-api/bin/python Scripts/api_test.py --federated $(call quote,$(FEDERATED)) \
		$(call option,--cases,CASES) $(ARGS)

# Where `make mpi` and `make mpi-test` build. In .build it is sooner done, but the program there is then
# the one with MPI.
MPI_BUILD ?= .build-mpi
# Ranks for `make mpi`, and what is needed to start them as root, as in a container.
RANKS ?= 2
MPIRUN ?= mpirun
AS_ROOT := $(if $(filter 0,$(shell id -u)),OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)

mpi: mpi-build ## Run an experiment on RANKS=2 ranks of MPI, and measure them
	@$(AS_ROOT) $(MPIRUN) -n $(RANKS) $(MPI_BUILD)/release/federated run $(RUN_OPTIONS)
	@$(AS_ROOT) $(MPIRUN) -n $(RANKS) $(MPI_BUILD)/release/federated bench --ranks

mpi-test: mpi-build ## Test runs over ranks of MPI, and kill some
	@python3 Scripts/mpi_test.py --federated $(call quote,$(MPI_BUILD)/release/federated) $(ARGS)

mpi-build: setup
	@Scripts/setup.sh mpi
	@swift build -c release --traits MPI --scratch-path $(call quote,$(MPI_BUILD)) --product federated

release: build ## Make one binary that needs no Swift: .build-release/federated
	@Scripts/release.sh

bench: build ## Measure training and evaluation speed (ARGS="--json")
	@$(call quote,$(FEDERATED)) bench $(ARGS)

peers: build ## Measure PyTorch and Keras against it (ARGS="--with-flower")
	@python3 Scripts/compare_peers.py --federated $(call quote,$(FEDERATED)) \
		$(call option,--data-dir,DATA_DIR) $(ARGS)

flower: build ## Federate nodes by Flower's own SuperLink (ARGS="--mixed --rounds 5")
	@Scripts/flower_demo.sh --federated $(call quote,$(FEDERATED)) \
		$(call option,--data-dir,DATA_DIR) $(ARGS)

protos: ## Make the Swift files of Flower's protocol anew (needs protoc)
	@Scripts/protos.sh

sweep: build ## Run many settings into one CSV (ARGS="--clients 5,10 …")
	@FEDERATED=$(call quote,$(FEDERATED)) Scripts/sweep.sh $(ARGS)

plot: venv ## Draw a log, or compare several (LOG="a.json b.json", else the newest)
	@log=$(call quote,$(LOG)); \
	if [[ -z "$$log" ]]; then log=$$(ls -t Logs/*.json 2>/dev/null | head -n 1); fi; \
	if [[ -z "$$log" ]]; then \
		echo "make plot: there is no log in Logs: say LOG=FILE, or make one with make run" >&2; \
		exit 2; \
	fi; \
	.venv/bin/python Scripts/plot.py $(ARGS) -n $(if $(LOG),$(LOG),"$$log")

data: build ## Fetch MNIST once and say which data is there (DATA_DIR=…)
	@$(call quote,$(FEDERATED)) data $(call option,--data-dir,DATA_DIR) $(ARGS)

format: ## Format the Swift sources in place
	@swift format --in-place --parallel --recursive $(SWIFT_FILES)

lint: ## Check sources' style, and imports against the manifest
	@swift format lint --strict --parallel --recursive $(SWIFT_FILES)
	@python3 Scripts/check_imports.py
	@for file in $(SHELL_FILES); do bash -n "$$file" || exit; done
	@if command -v shellcheck >/dev/null; then shellcheck $(SHELL_FILES); \
		else echo "lint: shellcheck is not installed: shell scripts were only parsed"; fi
	@if command -v python3 >/dev/null; then \
		python3 -c 'import sys; [compile(open(f).read(), f, "exec") for f in sys.argv[1:]]' \
			$(PYTHON_FILES); \
		else echo "lint: python3 is not installed: Python files were not checked"; fi

clean: ## Remove what was built and the Python environments; Logs stay
	@rm -rf .build .build-fuzz .build-mpi .build-release .build-protos .venv .venv-page .venv-api .venv-peers \
		.venv-flower Scripts/__pycache__ .ci/__pycache__

setup:
	@Scripts/setup.sh

build: setup
	@swift build -c release --product federated

venv:
	@Scripts/venv.sh
