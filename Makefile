# The front door. `make help` lists what there is; CI calls the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The environment that the local targets work on: make deploy-local ENV=prod
ENV ?= $(or $(ENVIRONMENT_SUFFIX),dev)

GOLANGCI_VERSION := v2.14.0
GOLANGCI := bin/golangci-lint-$(GOLANGCI_VERSION)
CDKTF := CHECKPOINT_DISABLE=1 npm_config_loglevel=error npx --no-install cdktf
DRCTL := go run ./cmd/drctl

# No flags of the machine's: the same build everywhere.
export GOFLAGS :=

##@ First steps

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: doctor
doctor: ## Say what this machine lacks and how to get it
	@scripts/doctor.sh

.PHONY: deps
deps: node_modules/.package-lock.json ## Install the pinned cdktf command
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts --no-fund --no-audit --loglevel=error

##@ On this machine, in a simulated AWS account

.PHONY: validate
validate: deps ## Check the stacks of ENV (default dev) against the provider's schema
	@$(DRCTL) twin validate --environment $(ENV)

.PHONY: plan
plan: deps ## Show what a deployment of ENV would do
	@$(DRCTL) twin plan --environment $(ENV)

.PHONY: deploy-local
deploy-local: deps ## Apply both stacks of ENV with cdktf deploy
	@$(DRCTL) twin deploy --environment $(ENV)

.PHONY: destroy-local
destroy-local: deps ## Remove both stacks of ENV again
	@$(DRCTL) twin destroy --environment $(ENV)

.PHONY: stop-local
stop-local: ## Stop the simulated account's process; what is in it stays
	@$(DRCTL) twin stop --environment $(ENV)

##@ Development

.PHONY: synth
synth: deps ## Synthesize ENV into cdktf.out, for AWS
	ENVIRONMENT_SUFFIX=$(ENV) $(CDKTF) synth

.PHONY: test
test: deps ## Run all tests: units, stacks, and real Terraform in the simulated account
	go test $$(go list ./... | grep -v -e '/tests$$' -e /node_modules/)
	go test ./tests

.PHONY: test-race
test-race: ## Run the tests of what runs concurrently, with the race detector
	go test -race ./internal/awssim/... ./internal/awsapi/... ./internal/guard/... ./internal/local/...

.PHONY: bench-function
bench-function: ## Measure the function: archive, cold start to the first call, peak memory
	go run ./cmd/bench-function

.PHONY: golden
golden: ## Write the golden files anew, after a change that is meant
	go test ./stacks -run Golden -update
	$(MAKE) diagram

.PHONY: bench-synth
bench-synth: deps ## Time synthesis with and without its short cuts, and from edit to plan
	go run ./cmd/bench-synth

.PHONY: diagram
diagram: ## Draw docs/images/architecture.svg (.mmd, .json) from the golden files
	@mkdir -p docs/images
	$(DRCTL) graph --from stacks/testdata/golden --format svg -o docs/images/architecture.svg
	$(DRCTL) graph --from stacks/testdata/golden --format mermaid -o docs/images/architecture.mmd
	$(DRCTL) graph --from stacks/testdata/golden --format json -o docs/images/architecture.json

.PHONY: generate
generate: deps ## Write generated/ anew with cdktf get
	$(CDKTF) get --force

.PHONY: check-generated
check-generated: generate ## Fail if generated/ is not what cdktf get writes
	@test -z "$$(git status --porcelain -- generated)" || { git status --short -- generated; git --no-pager diff -- generated; echo 'generated/ is stale: run make generate and commit it'; exit 1; }

.PHONY: lint
lint: $(GOLANGCI) ## Run golangci-lint
	$(GOLANGCI) run

.PHONY: format
format: $(GOLANGCI) ## Format the code
	$(GOLANGCI) fmt

$(GOLANGCI):
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv bin/golangci-lint $@

.PHONY: clean
clean: ## Remove what was built (not .twin: destroy-local does that)
	rm -rf bin dist cdktf.out coverage.out
