# The front door. `make help` lists what there is; CI calls the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The environment that the local targets work on: make deploy-local ENV=prod
ENV ?= $(or $(ENVIRONMENT_SUFFIX),dev)

GOLANGCI_VERSION := v2.14.0
GOLANGCI := bin/golangci-lint-$(GOLANGCI_VERSION)
ACTIONLINT_VERSION := v1.7.12
ACTIONLINT := bin/actionlint-$(ACTIONLINT_VERSION)
D2_VERSION := v0.7.1
D2 := bin/d2-$(D2_VERSION)
CDKTF := CHECKPOINT_DISABLE=1 npm_config_loglevel=error npx --no-install cdktf
# Where drctl is built, to be executed: `go run` does not pass SIGTERM
# on, and turns every exit code into 1.
BIN ?= bin
DRCTL = $(BIN)/drctl
# The twin's program: deployments and drills on this machine.
TWIN = $(BIN)/twin
# The folder of the simulation.
TWIN_DIR ?= .twin
# One set of flags for all builds for this machine, and none of the machine's own
# (internal/bundle has the same): a package is compiled once for all programs, tests
# and checks. Only the race detector needs another.
export GOFLAGS := -trimpath -buildvcs=false -tags=lambda.norpc
export CGO_ENABLED := 0
GO_BUILD = go build -ldflags='-s -w'

# Folders of further policies: make review POLICIES="policies more-policies"
POLICIES ?=
POLICY_FLAGS = $(foreach folder,$(POLICIES),--policy $(folder))

# quote gives the shell a value as one word, whatever is in it.
quote = '$(subst ','\'',$(1))'

##@ First steps

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: doctor
doctor: ## Say what this machine lacks and how to get it
	@scripts/doctor.sh

# Before anything is compiled; `make drill` and `make test` begin with it.
.PHONY: setup setup-drill
setup: ## Install what drills and tests need and this machine lacks (setup-drill: drills)
	@scripts/setup.sh test
setup-drill:
	@scripts/setup.sh drill

.PHONY: deps
deps: node_modules/.package-lock.json ## Install the pinned cdktf command
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts --no-fund --no-audit --loglevel=error

.PHONY: $(DRCTL) $(TWIN)
$(DRCTL):
	@$(GO_BUILD) -o $@ ./cmd/drctl
$(TWIN):
	@$(GO_BUILD) -o $@ ./twin/cmd/twin

##@ On this machine, in a simulated AWS account

.PHONY: drill
drill: setup-drill ## Drill a disaster: SCENARIO=region-loss (default), a name, a .yaml file, or all
	@$(MAKE) --no-print-directory $(TWIN)
	@exec $(TWIN) drill $(if $(SCENARIO),$(call quote,$(SCENARIO))) --environment $(call quote,$(ENV)) $(DRILL_FLAGS)

.PHONY: up
up: setup-drill ## Bring a twin up that stays until Ctrl-C; try the runbook on it from a second terminal
	@$(MAKE) --no-print-directory deps $(TWIN) $(DRCTL)
	@exec $(TWIN) up --environment $(call quote,$(ENV)) $(UP_FLAGS)

.PHONY: drills
drills: $(TWIN) ## List the scenarios
	@exec $(TWIN) drill --list

.PHONY: validate
validate: $(if $(filter registry,$(PROVIDER)),$(DRCTL),$(TWIN)) ## Check the stacks of ENV (default dev) against the provider's schema; PROVIDER=registry: with the real provider, downloaded
	$(if $(filter-out registry,$(PROVIDER)),$(error PROVIDER: found "$(PROVIDER)", want registry, or nothing for the schema that is built in))
	@exec $(if $(PROVIDER),$(DRCTL),$(TWIN)) validate --environment $(call quote,$(ENV))

.PHONY: plan
plan: $(TWIN) ## Show what a deployment of ENV would do
	@exec $(TWIN) plan --environment $(call quote,$(ENV))

.PHONY: review
review: $(DRCTL) $(TWIN) ## Plan ENV in the simulated account and review it by policy
	@$(TWIN) plan --environment $(call quote,$(ENV)) --dir $(call quote,$(TWIN_DIR)) --save $(call quote,$(TWIN_DIR)/$(ENV)/plans) >&2
	@exec $(DRCTL) review --plan $(call quote,$(TWIN_DIR)/$(ENV)/plans) --project . $(POLICY_FLAGS) $(REVIEW_FLAGS)

.PHONY: deploy-local
deploy-local: deps $(TWIN) ## Apply both stacks of ENV with cdktf deploy
	@exec $(TWIN) deploy --environment $(call quote,$(ENV))

.PHONY: destroy-local
destroy-local: deps $(TWIN) ## Remove both stacks of ENV again
	@exec $(TWIN) destroy --environment $(call quote,$(ENV))

.PHONY: stop-local
stop-local: $(TWIN) ## Stop the simulated account's process; what is in it stays
	@exec $(TWIN) stop --environment $(call quote,$(ENV))

##@ In CI, against AWS (docs/ci.md)

# The plans of ENV, and what came of them.
PLANS ?= plans/$(ENV)

.PHONY: ci-plan
ci-plan: deps $(DRCTL) ## Plan both stacks of ENV on AWS, reading only, into plans/ENV
	@exec $(DRCTL) plan --environment $(call quote,$(ENV)) --plans $(call quote,$(PLANS)) --no-lock

.PHONY: ci-plan-read
ci-plan-read: deps $(DRCTL) ## As ci-plan, without opening the password: for a review, and never applied
	@exec $(DRCTL) plan --environment $(call quote,$(ENV)) --plans $(call quote,$(PLANS)) --no-lock --no-secrets

# 0 is the only exit code that passes, so that no crash is taken for a verdict;
# and where there is none the review before is gone, as drctl removes it first.
.PHONY: ci-review
ci-review: ## Review the plans of ENV; fail if the review blocks them, or if there is none
	@rm -f $(foreach name,review.json review.md comment.md,$(call quote,$(PLANS)/$(name)))
	@$(GO_BUILD) -o $(BIN)/drctl ./cmd/drctl
	@$(DRCTL) review --plan $(call quote,$(PLANS)) --project . $(POLICY_FLAGS) --into $(call quote,$(PLANS)) --accept-human

.PHONY: ci-summary
ci-summary: ## Add the review of ENV to the run's summary, or print it
	@scripts/ci-review.sh summary $(call quote,$(PLANS)) $(call quote,$(ENV)) >> "$${GITHUB_STEP_SUMMARY:-/dev/stdout}"

.PHONY: ci-comment
ci-comment: ## Comment the reviews of ENVIRONMENTS on pull request PR_NUMBER, with gh
	@scripts/ci-review.sh comment

.PHONY: ci-apply
ci-apply: deps $(DRCTL) ## Apply the plans of ENV as they were reviewed, and nothing else
	@exec $(DRCTL) apply --environment $(call quote,$(ENV)) --plans $(call quote,$(PLANS))

# The guard is asked by a role that may invoke it: docs/ci.md. A guard that gives no
# answer is a finding, so what drctl said takes the answer's place.
.PHONY: drift
drift: ## Sort what differs between AWS and ENV: left by a failover, changed, decayed
	@rm -f $(foreach name,drift.md drift.json check.json check.err,$(call quote,$(PLANS)/$(name)))
	@$(MAKE) --no-print-directory ci-plan-read
	@$(DRCTL) guard check --environment $(call quote,$(ENV)) --json > $(call quote,$(PLANS)/check.json) 2> $(call quote,$(PLANS)/check.err) \
		|| [ $$? -eq 3 ] || cp $(call quote,$(PLANS)/check.err) $(call quote,$(PLANS)/check.json)
	@$(DRCTL) drift --plan $(call quote,$(PLANS)) --check $(call quote,$(PLANS)/check.json) --into $(call quote,$(PLANS)) --accept-drift
	@cat $(call quote,$(PLANS)/drift.md) >> "$${GITHUB_STEP_SUMMARY:-/dev/stdout}"

.PHONY: ci-drift-issue
ci-drift-issue: ## Open, update or close the one issue on the drift of ENVIRONMENTS, with gh
	@scripts/ci-drift.sh

.PHONY: ci-machine
ci-machine: ## Install what setup actions need on a bare Debian, as root
	apt-get update -q
	apt-get install -qy --no-install-recommends ca-certificates git unzip

.PHONY: ci
ci: ## Run what CI runs
	.ci/run

##@ Development

.PHONY: synth
synth: deps ## Synthesize ENV into cdktf.out, for AWS
	ENVIRONMENT_SUFFIX=$(call quote,$(ENV)) $(CDKTF) synth

# Packages whose tests start servers, Terraform, Node.js or builds.
SLOW = /tests$$|/tests/|/twin$$|/twin/(pgtest|postgres|world|drill/app)$$|/sim/(provider|daemon)$$|/guard/probe$$|/(fastsynth|bundle)$$
packages = go list ./... | grep -v /node_modules/
# What runs concurrently is tested under the race detector, and only there, with
# the numbers of the fast tier. Not the diagnosis, which is one goroutine; the
# stand-in provider, which its tests run as a program of its own; and of the
# engine only a few worlds.
RACED = ./functions/... ./internal/awsapi/... ./internal/guard/... ./internal/remotestate/... ./internal/guardclient/... ./twin/...
raced = go list $(RACED) | grep -vE '/twin/(diagnose|cmd/.*)$$|/sim/provider$$|/guard/engine$$'

.PHONY: test-fast
test-fast: ## Run the tests that need no server and no Terraform: a minute
	go test -short -count=1 $$($(packages) | grep -vE '$(SLOW)')

.PHONY: test
test: setup ## Run all that a change is held to: units, stacks, three drills, real Terraform from plan to destroy
	@$(MAKE) --no-print-directory deps test-race
	go test -timeout 20m $$($(packages) | grep -v '/tests$$' | grep -vxF "$$($(raced))")
	go test -timeout 30m ./tests

.PHONY: test-deep
test-deep: setup ## Run everything: all drills, every sweep, many worlds; hours
	@$(MAKE) --no-print-directory deps
	PGDR_TESTS=deep go test -timeout 4h $$($(packages))
	$(MAKE) drill SCENARIO=all

.PHONY: test-changed
test-changed: ## Run the fast tests of the packages that your change concerns (BASE=commit)
	@changed=$$(scripts/changed-packages.sh $(BASE)); [ -z "$$changed" ] || go test -short $$changed

.PHONY: test-integration
test-integration: deps ## Run the integration suite: on this machine, or on AWS (docs/integration.md)
	go test -tags=integration,lambda.norpc -count=1 -timeout 8h -v ./tests/integration

# Each target is found, so none is forgotten; FUZZTIME is for each, as go test
# takes it: 10s, 20000x.
FUZZTIME ?= 10s
# Where to look for them.
FUZZ_IN ?= cmd functions internal spec stacks tests twin
.PHONY: fuzz
fuzz: ## Fuzz each fuzz target for FUZZTIME (10s); what fails is kept as a test case
	@grep -rno --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' $(FUZZ_IN) | \
		while IFS=: read -r file _ target; do \
			echo "$${target#func }:"; \
			go test "./$$(dirname "$$file")" -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime $(FUZZTIME) </dev/null; \
		done

.PHONY: test-bare-machine
test-bare-machine: ## Run drill and test on a bare Debian in a folder, as root; BARE_FLAGS=--setup: the set-up only
	@exec scripts/bare-machine.sh $(BARE_FLAGS)

.PHONY: test-race
test-race: ## Run the tests of what runs concurrently, with the race detector
	CGO_ENABLED=1 go test -race -timeout 20m $$($(raced))
	CGO_ENABLED=1 go test -race -timeout 20m ./internal/guard/engine -run 'TestTick|TestEngine_HoldsItsPromises'

.PHONY: bench-function
bench-function: ## Measure the function: archive, cold start to the first call, peak memory
	go run ./twin/cmd/bench-function $(BENCH_FLAGS)

.PHONY: bench-first-drill
bench-first-drill: setup-drill ## Time the way from a clone to the end of the first drill, from empty caches
	@scripts/bench-first-drill.sh

.PHONY: bench-drill
bench-drill: ## Compare our recovery with the usual way, in the same simulated world
	go run ./twin/cmd/bench-drill $(BENCH_FLAGS)

.PHONY: golden
golden: ## Write the golden files and the docs' tables anew, after a change that is meant
	go test -short -p 1 $$(grep -rl --include='*_test.go' docpage\. cmd internal spec stacks twin | xargs -n 1 dirname | sort -u | sed 's|^|./|') -update-docs
	$(MAKE) diagram

# Minutes: real Terraform plans some 150 changes. What AWS makes up is named as in
# the recordings before, so that a difference shows what the change does.
.PHONY: plans
plans: deps ## Record the plans that the review is tested with anew, after make golden
	go test ./tests -run 'TestReview$$|TestReview_OfTheLastRelease' -update-plans -timeout 120m
	go test ./internal/review -run Docs -update-docs

.PHONY: bench-synth
bench-synth: deps ## Time synthesis with and without its short cuts, and from edit to plan
	go run ./twin/cmd/bench-synth

# A test without d2 finds what is stale: each format, and an SVG older than its D2.
.PHONY: diagram
diagram: $(DRCTL) $(D2) ## Draw docs/images/architecture.svg (.d2, .mmd, .json) from the golden files
	@mkdir -p docs/images
	$(DRCTL) graph --from stacks/testdata/golden --format d2 -o docs/images/architecture.d2
	$(DRCTL) graph --from stacks/testdata/golden --format mermaid -o docs/images/architecture.mmd
	$(DRCTL) graph --from stacks/testdata/golden --format json -o docs/images/architecture.json
	scripts/draw.sh $(D2) docs/images/architecture.d2 docs/images/architecture.svg

.PHONY: picture
picture: setup-drill ## Draw docs/images/drill-light.png and -dark.png: the page of a drill that is held for it
	@$(MAKE) --no-print-directory deps $(TWIN)
	$(TWIN) drill region-loss --output dist/picture
	scripts/picture.sh dist/picture/region-loss.html docs/images/drill-light.png light
	scripts/picture.sh dist/picture/region-loss.html docs/images/drill-dark.png dark

$(D2):
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin go install oss.terrastruct.com/d2@$(D2_VERSION)
	mv bin/d2 $@

.PHONY: compare-cdktn
compare-cdktn: deps ## Compare what cdktf and its successor cdktn synthesize for ENV (docs/adr/0001)
	scripts/compare-cdktn.sh $(ENV)

.PHONY: generate
generate: deps ## Write generated/ anew with cdktf get
	$(CDKTF) get --force

.PHONY: check-generated
check-generated: generate ## Fail if generated/ is not what cdktf get writes
	@test -z "$$(git status --porcelain -- generated)" || { git status --short -- generated; git --no-pager diff -- generated; echo 'generated/ is stale: run make generate and commit it'; exit 1; }

.PHONY: lint
lint: $(GOLANGCI) ## Run golangci-lint
	$(GOLANGCI) run
	$(GOLANGCI) run --build-tags integration,lambda.norpc ./tests/integration/...

.PHONY: prose
prose: ## Check that comments and pages use plain words
	@mkdir -p dist; scripts/prose.sh > dist/prose.txt || { cat dist/prose.txt; exit 1; }; tail -n 1 dist/prose.txt

.PHONY: format
format: $(GOLANGCI) ## Format the code
	$(GOLANGCI) fmt

.PHONY: lint-workflows
lint-workflows: $(ACTIONLINT) ## Check .github/workflows with actionlint
	$(ACTIONLINT) -color=false -shellcheck= -pyflakes=

$(ACTIONLINT):
	@mkdir -p bin
	GOBIN=$(call quote,$(CURDIR)/bin) go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
	mv bin/actionlint $@

$(GOLANGCI):
	@mkdir -p bin
	GOBIN=$(call quote,$(CURDIR)/bin) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv bin/golangci-lint $@

.PHONY: clean
clean: ## Remove what was built (not .twin, which holds the simulated account and its state)
	rm -rf bin dist cdktf.out coverage.out
