# Gatehouse. `make run` starts the site, `make test` tests it; both bring what
# is missing and say so. Everything else is listed by `make`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

DATABASE ?= gatehouse.db
TOOL := go tool -modfile=.tools/go.mod
# The folders with templates, of the house and of the product.
TEMPL := $(sort $(dir $(shell find . -name '*.templ' -not -path '*/node_modules/*')))
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
# A product that sets PROGRAM calls the command so, and with it its variables, files and metrics.
BUILD = go build -trimpath -ldflags "-s -w -X main.version=$(VERSION) $(if $(PROGRAM),-X gatehouse/store/identity.Program=$(PROGRAM))"
# The race detector makes bcrypt, compression, the HTML parser and its selectors ten times
# as slow, and they share nothing: they are spared it. Without paths the copies of
# the tree that recipes are tried on share what is built.
SPARED := golang.org/x/crypto/blowfish golang.org/x/net/html github.com/andybalholm/cascadia compress/flate regexp regexp/syntax github.com/alecthomas/kong
TESTFLAGS := -race -trimpath $(foreach package,$(SPARED),-gcflags=$(package)=-race=false)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
POSTGRES := $(firstword $(wildcard /usr/lib/postgresql/*/bin/initdb) $(shell command -v initdb 2>/dev/null))
# The serif of headings, under its free name.
SERIF := $(shell fc-list : family 2>/dev/null | grep -m1 P052)
CHROMIUM := $(firstword $(shell command -v chromium chromium-browser google-chrome 2>/dev/null))

.PHONY: help run test quick check release-check build dev assets generate seed upgrade upgrade-check gallery screenshots lighthouse try-nginx restarts bench load storm small scale \
	bin/ungated clean tools-needed chromium fonts postgres wrk

# Two number signs before what a target does are for everybody, three for whoever
# looks after Gatehouse itself.
help: ## list these targets
	@echo 'For everybody:'
	@grep -hE '^[a-z-]+:[^#]*## ' $(MAKEFILE_LIST) | awk -F ':[^#]*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@echo 'For maintainers of Gatehouse itself:'
	@grep -hE '^[a-z-]+:[^#]*### ' $(MAKEFILE_LIST) | awk -F ':[^#]*### ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: build ## build everything and serve http://localhost:8080 (DATABASE=file or postgres://...)
	@bin/gatehouse serve --database '$(DATABASE)'

test: assets/dist/manifest.json chromium fonts postgres ## run every test, with the race detector
	@mkdir -p .cache
	GOGC=400 GOFLAGS='$(TESTFLAGS)' $(TOOL) gotestsum --format pkgname --jsonfile .cache/test.json -- -timeout 40m -parallel 6 ./...
	@if grep '"Action":"skip","Package":"[^"]*","Test"' .cache/test.json; then echo 'a test was skipped, which counts as failed'; exit 1; fi

quick: assets/dist/manifest.json postgres ## every test that needs no browser, pages on SQLite alone, without the race detector (a minute)
	@$(TOOL) gotestsum --format pkgname -- -timeout 10m -parallel 6 -skip '^TestBrowser|/^postgres_' ./...

check: assets/dist/manifest.json ## formatting, generated code in step, vet, lint
	@echo 'check: formatting'
	@unformatted=$$(find . -name '*.go' ! -name '*_templ.go' ! -path '*/node_modules/*' -exec $(TOOL) gofumpt -l {} +); if [ -n "$$unformatted" ]; then echo "run gofumpt on: $$unformatted"; exit 1; fi
	@$(TOOL) templ fmt -fail $(TEMPL) >/dev/null
	@echo 'check: generated code'
	@generated() { cat $(addsuffix *_templ.go,$(TEMPL)) | sha256sum; }; before=$$(generated); \
		for folder in $(TEMPL); do $(TOOL) templ generate -path $$folder >/dev/null 2>&1; done; after=$$(generated); if [ "$$before" != "$$after" ]; then echo 'generated code was not in step: commit what make generate writes'; exit 1; fi
	@echo 'check: vet and staticcheck'
	@go vet ./... ./.ci
	@$(TOOL) staticcheck ./... ./.ci
	@go mod tidy -diff

release-check: assets/dist/manifest.json ### what holds for this repository and need not for a product: recipes work, documents are short, an old copy goes on
	@GOFLAGS='$(TESTFLAGS)' go test -count=1 -timeout 30m ./.ci

build: assets/dist/manifest.json ## leave the program in bin/gatehouse
	@$(BUILD) -o bin/gatehouse ./cmd/gatehouse

dev: assets/dist/manifest.json ## serve http://localhost:7331, reloading as Go and templ files change
	@$(TOOL) templ generate --watch --proxy=http://localhost:8080 --open-browser=false \
		--cmd='go run ./cmd/gatehouse serve --base-url http://localhost:7331 --database $(DATABASE)'

generate: ## write the Go code of the templ components
	@$(TOOL) templ fmt $(TEMPL)
	@for folder in $(TEMPL); do $(TOOL) templ generate -path $$folder || exit 1; done

seed: build ## make people to look at: ada, an administrator, grace, and one who is disabled (DATABASE=...)
	@.recipes/seed bin/gatehouse '$(DATABASE)'

upgrade: ## merge a release of Gatehouse into this product (TO=v1.5.0)
	@.recipes/upgrade '$(TO)'

upgrade-check: ## say which releases there are, and whether one is about security
	@.recipes/upgrade-check

gallery: assets/dist/manifest.json ## show every page in every state at http://localhost:8081
	@go run ./cmd/gallery

screenshots: build chromium fonts ### take the pictures of the READMEs from the running program
	@go run ./cmd/screenshots bin/gatehouse .github/screenshots

lighthouse: build chromium fonts .tools/lighthouse/node_modules/.package-lock.json ### measure where people arrive with Google's Lighthouse
	@echo 'lighthouse: measuring for about five minutes; what else runs here counts against it'
	@PATH="$(CURDIR)/.tools/lighthouse/node_modules/.bin:$$PATH" node .tools/lighthouse/measure.mjs bin/gatehouse

try-nginx: build postgres ### try two copies behind nginx: a rolling restart under load
	@command -v nginx >/dev/null || { echo 'try-nginx: install nginx first, for instance with apt-get install nginx-light'; exit 1; }
	@.recipes/try-nginx

restarts: assets/dist/manifest.json ### restart the program twenty times under load, behind a socket that is held: no request may fail
	@RESTARTS=20 REQUESTS=2500 go test -count=1 -v -run '^TestRestartsLoseNoRequest$$' ./cmd/gatehouse

bench: assets/dist/manifest.json ### measure the hot paths
	@go test -run '^$$' -bench . -benchmem ./...

load: build wrk ### measure pages, forms and sign-ins beside yardsticks (5 minutes)
	@go run ./cmd/load run bin/gatehouse

storm: build bin/ungated ### measure pages while 32 people sign in, and draw it (2 minutes)
	@go run ./cmd/load storm bin/gatehouse --ungated bin/ungated --picture .github/screenshots/storm.svg

small: build wrk ### measure the start, the memory, and a million requests (4 minutes)
	@go run ./cmd/load small bin/gatehouse

scale: build wrk postgres ### measure with a million accounts, on both databases (40 minutes)
	@go run ./cmd/load scale bin/gatehouse
	@go run ./cmd/load scale bin/gatehouse --postgres
	@go run ./cmd/load import bin/gatehouse
	@go run ./cmd/load import bin/gatehouse --postgres
	@go run ./cmd/load keep bin/gatehouse

bin/ungated: assets/dist/manifest.json
	@$(BUILD) -tags ungated -o $@ ./cmd/gatehouse

assets: ## build style, script and password list into assets/dist
	@rm -f assets/dist/manifest.json
	@$(MAKE) assets/dist/manifest.json

clean: ## remove what was built
	@rm -rf bin .cache assets/node_modules .tools/lighthouse/node_modules
	@find assets/dist -type f ! -name placeholder -delete

# npm writes this file last, so it stands for a complete install.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json | tools-needed
	@echo '$*: installing npm packages from the lock file'
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

assets/dist/manifest.json: assets/node_modules/.package-lock.json $(wildcard assets/*.scss assets/*.js assets/*.mjs assets/*.svg assets/robots.txt) $(foreach folder,$(TEMPL),$(wildcard $(folder)*.templ)) components/fieldshape.go
	@echo 'assets: building assets/dist'
	@cd assets && node build.mjs
	@touch $@

tools-needed:
	@for tool in go gcc node npm; do command -v $$tool >/dev/null || { \
		echo "make: $$tool is missing. Install Go 1.26, a C compiler (gcc) and Node.js 20 or later with npm."; exit 1; }; done

# apt PACKAGES, WHAT THEY ARE: installs with apt, or says what is missing.
define apt
@if ! command -v apt-get >/dev/null; then echo 'make: $(2) is missing; install it so that it is on the PATH'; exit 1; fi
@echo 'make: installing $(2) with apt'
@$(SUDO) apt-get update -qq
@$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null
endef

chromium:
ifeq ($(CHROMIUM),)
	$(call apt,chromium fonts-liberation,Chromium)
endif

fonts:
ifeq ($(SERIF),)
ifeq ($(shell command -v apt-get),)
	@echo 'make: the font P052 is missing, so headings are drawn in another serif'
else
	$(call apt,fontconfig fonts-urw-base35,the serif of headings)
endif
endif

postgres:
ifeq ($(POSTGRES),)
	$(call apt,postgresql,PostgreSQL)
endif

wrk:
ifeq ($(shell command -v wrk),)
	$(call apt,wrk,wrk)
endif

# What a product adds. Gatehouse never has such a file.
-include product.mk
