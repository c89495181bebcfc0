# The portal's commands. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build check test css visual bench fuzz clean

TAGS    := nomsgpack
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINT    := .tools/golangci-lint
ROOMS    = $$(go list -tags $(TAGS) ./... | grep -v '/e2e$$')

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Start the portal on http://localhost:8080
	go run -tags $(TAGS) .

build: ## Build bin/portal, one static binary
	CGO_ENABLED=0 go build -trimpath -tags $(TAGS) -ldflags "-s -w -X main.version=$(VERSION)" -o bin/portal .

check: ## Fast: format, vet, lint, unit tests on SQLite
	@files=$$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './.tools/*' | xargs gofmt -l); \
		if [ -n "$$files" ]; then echo "not gofmt'ed: $$files"; exit 1; fi
	go vet -tags $(TAGS) ./...
	@.ci/install.sh lint
	GOLANGCI_LINT_CACHE=$(CURDIR)/.tools/lint-cache $(LINT) run ./...
	go test -tags $(TAGS) $(ROOMS)

test: ## Everything: installs what it needs, lint, tests on both databases, fuzz, browser, vulnerabilities
	@.ci/test.sh

css: ## Build static/dist (styles, scripts, fonts, fingerprints) from static/src
	@.ci/install.sh node
	cd static && npm run --silent build

visual: ## Accept how the pages look now as the pictures that TestVisual compares with
	UPDATE_VISUAL=1 go test -tags $(TAGS) -count=1 -run TestVisual ./e2e

fuzz: ## Run every fuzz target for FUZZTIME (5s)
	@.ci/fuzz.sh

bench: ## Run the benchmarks
	go test -tags $(TAGS) -run '^$$' -bench . -benchmem $(ROOMS)

clean: ## Remove what was built; data/ stays
	rm -rf bin .tools
