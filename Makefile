# Two commands: `make run` serves a demo network, `make test` runs everything.
# `make cluster-up` brings up Cassandra and NATS on loopback; `make cluster-down` ends them.
SHELL := /bin/bash
PYTHON := .venv/bin/python
# One profile for all tests, the black-box ones too. See Cargo.toml.
PROFILE := --profile ci --locked
# The binary that the black-box tests drive; `make test` has it already, from the Rust tests.
BUILD := binary
# `make proof` and `make mutations`: which seeds. `make proof`: how long each storm of faults lasts at least.
SEEDS := 1 2 3
MINUTES := 10
# The first of the three loopback addresses of the cluster.
BASE := $(or $(PETREL_CLUSTER_BASE),127.0.0.1)

.PHONY: run sim mutations test check fmt openapi coverage setup binary cluster-up cluster-down proof proof-seeds test-rust test-house test-blackbox test-openapi test-clients test-toot test-cluster on-cluster

run: ## Build the release binary and serve a demo network on http://localhost:3000
	cargo build --release --locked -p petrel
	"$${CARGO_TARGET_DIR:-target}/release/petrel" demo --data data/demo

# Which routes each suite calls with success: see tests/api/coverage.py.
RECORD := $(CURDIR)/target/proved

test: export PETREL_RECORD := $(RECORD)
test: setup ## Install what the tests need, and run everything
	@rm -rf $(RECORD)
	@tests/step "Rust tests" $(MAKE) -s test-rust
	@tests/step "house rules and licences" $(MAKE) -s test-house
	@tests/step "black box" $(MAKE) -s test-blackbox BUILD=
	@tests/step "the OpenAPI document, by schemathesis" $(MAKE) -s test-openapi BUILD=
	@tests/step "Mastodon.py and masto.js, real clients" $(MAKE) -s test-clients BUILD=
	@tests/step "toot, a real client" $(MAKE) -s test-toot BUILD=
	@tests/step "on a cluster" $(MAKE) -s test-cluster BUILD=
	@tests/step "what docs/api-coverage.md claims" $(PYTHON) tests/api/coverage.py --recorded $(RECORD) --check

check: setup ## What is quick: format, lints, house rules, licences
	@tests/step "format" cargo fmt --all --check
	@tests/step "clippy" cargo clippy $(PROFILE) --workspace --all-targets -- -D warnings
	@tests/step "house rules and licences" $(MAKE) -s test-house

fmt:
	cargo fmt --all

openapi: ## Renew docs/openapi.json, and what depends on it, after a change of the API
	PETREL_RENEW=1 cargo test $(PROFILE) -p petrel-api --lib openapi::
	python3 tests/api/coverage.py

coverage: ## Renew docs/api-coverage.md, by what the last `make test` recorded
	$(PYTHON) tests/api/coverage.py --recorded $(RECORD) --keep

setup:
	@tests/setup

binary:
	cargo build $(PROFILE) -p petrel

cluster-up: setup ## Three Cassandra nodes and three NATS servers; the last line is a node's options
	@$(PYTHON) -m deploy.cluster --base $(BASE) up

cluster-down:
	@python3 -m deploy.cluster --base $(BASE) down

# The simulation lives many days, so what it runs is optimised, and built once more for it: that
# takes less time than it saves. With the whole workspace's features, so that nothing else is built
# a second time.
SIMULATED := bus jobs model search sim social store timeline
QUICK := $(foreach crate,$(SIMULATED),--config profile.ci.package.petrel-$(crate).opt-level=1)

# Properties are tried on the same cases in each run: PETREL_SEED and this one draw others.
test-rust: export PROPTEST_RNG_SEED ?= 1
test-rust:
	cargo test $(PROFILE) --workspace --exclude petrel-sim
	cargo test $(PROFILE) $(QUICK) --workspace --test commands --test seeds

sim: ## Three nodes under random faults: SEEDS=… many of them, PETREL_SEED=… one of them aloud
	cargo build $(PROFILE) $(QUICK) --workspace --bin petrel-sim
	SEEDS=$(if $(filter command line,$(origin SEEDS)),$(SEEDS),200) "$${CARGO_TARGET_DIR:-target}/ci/petrel-sim"

test-house: setup
	$(PYTHON) -m pytest -c tests/pytest.ini tests/house

test-openapi: setup $(BUILD)
	$(PYTHON) -m pytest -c tests/pytest.ini tests/openapi

test-blackbox: setup $(BUILD)
	$(PYTHON) -m pytest -c tests/pytest.ini tests/blackbox

mutations: setup $(BUILD) ## 10,000 mutations of valid requests for each of SEEDS="…"
	@for seed in $(SEEDS); do \
	  tests/step "mutations, seed $$seed" env PETREL_SEED=$$seed \
	    $(PYTHON) -m pytest -c tests/pytest.ini tests/blackbox/test_mutations.py::test_mutations || exit 1; \
	done

test-clients: setup $(BUILD)
	$(PYTHON) -m pytest -c tests/pytest.ini tests/clients

test-toot: setup $(BUILD)
	$(PYTHON) tests/toot/run.py

proof: setup $(BUILD) ## The cluster's proof at length, its measured times held against what is promised
	$(PYTHON) -m deploy.cluster --base $(BASE) run $(MAKE) -s proof-seeds SEEDS="$(SEEDS)"

proof-seeds:
	@for seed in $(SEEDS); do \
	  tests/step "proof, seed $$seed" env PETREL_SEED=$$seed PETREL_STRICT=1 PETREL_PROOF_MINUTES=$(MINUTES) \
	    $(PYTHON) -m pytest -c tests/pytest.ini tests/cluster/test_proof.py || exit 1; \
	done

# With the cluster, brought up and taken down if it is not up. Left out, loudly, where it cannot
# be had; with CI=true that is a failure.
test-cluster: setup $(BUILD)
	$(PYTHON) -m deploy.cluster --base $(BASE) run $(MAKE) -s on-cluster

# The Rust tests that ask for Cassandra or NATS by these variables. With the whole workspace's
# features, so that nothing is built a second time.
CLUSTER_TESTS = $(shell grep -rlE 'PETREL_TEST_(CQL|NATS)' crates/*/tests --include='*.rs' | cut -d/ -f4 \
	| sed 's/[.]rs$$//; s/^/--test /' | sort -u)

on-cluster:
	cargo test $(PROFILE) --workspace $(CLUSTER_TESTS)
	$(PYTHON) -m pytest -c tests/pytest.ini tests/cluster
