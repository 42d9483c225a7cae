# MazelClaw's front door. `make help` lists what it can do.

SHELL        := /bin/bash
.SHELLFLAGS  := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX       ?= /usr/local
DESTDIR      ?=
PROFILE      ?= rescue
# How long `make fuzz` tries each reader.
FUZZ_SECONDS ?= 60
# How often `make kills` kills the gateway.
KILLS        ?= 200

BUILD        := .build/release
STAGE        := .build/stage
# A launcher for the benchmark alone, which can do without its proof.
UNPROVED     := .build/unproved
PACKAGES     := libseccomp-dev libcap-dev libsqlite3-dev
TEST_PACKAGES  := chromium-headless-shell dbus git iproute2 libpam-systemd nginx procps python3 strace systemd util-linux
CHECK_PACKAGES := codespell
HOST_PACKAGES  := e2fsprogs mmdebstrap python3 qemu-system-x86
BENCH_PACKAGES := bubblewrap node-ws python3
BROWSER_PACKAGES := chromium-headless-shell python3
STRIP        ?= strip
# Tests that await answers in time run apart from those that block a thread until a sandbox has ended: all share one
# pool, of as many threads as there are cores.
AWAITING       := ^(AgentLoop|Browser|Channels|DevTools|Gateway(Server)?|ModelServices)Tests\.
# Which tests must have run.
COVERAGE     := $(addprefix Tests/IsolationTests/,coverage.tsv never.tsv)
PROGRAMS     := mazelclaw-run mazelclaw-tool mazelclaw
# Where each shell looks for completions.
COMPLETION_bash = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mazelclaw
COMPLETION_zsh  = $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mazelclaw
COMPLETION_fish = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mazelclaw.fish

.PHONY: help build run test fuzz mutation faults kills autobahn models channels browser playwright hosts check bench docs install uninstall fmt clean packages

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: packages ## build the programs and stage them under .build/stage as installed
	swift build -c release
	@$(MAKE) --no-print-directory install DESTDIR="$(CURDIR)/$(STAGE)" PREFIX=/ >/dev/null
	@echo "built: $(patsubst %,$(STAGE)/bin/%,$(PROGRAMS))"

run: build ## start the profile's gateway in its sandbox (PROFILE=rescue)
	@Tests/Scripts/run-profile.sh "$(CURDIR)/$(STAGE)" "$(PROFILE)"

test: build ## run the whole suite against the built programs
	@Tests/Scripts/need-packages.sh $(TEST_PACKAGES)
	swift build --build-tests
	MAZELCLAW_STAGE="$(CURDIR)/$(STAGE)" COVERAGE="$(COVERAGE)" \
	  Tests/Scripts/run-tests.sh --skip '$(AWAITING)'
	MAZELCLAW_STAGE="$(CURDIR)/$(STAGE)" COVERAGE="$(COVERAGE)" COVERAGE_OF=gateway \
	  FINDINGS=Tests/GatewayServerTests/findings.tsv Tests/Scripts/run-tests.sh --filter '$(AWAITING)'

mutation: build ## leave out each layer of the isolation in turn: somebody must notice
	@Tests/Scripts/need-packages.sh $(TEST_PACKAGES)
	swift build --build-tests
	Tests/Scripts/mutation.py "$(CURDIR)/$(STAGE)" .build/debug/mazelclawPackageTests.xctest
	Tests/Scripts/mutation-cage.py "$(CURDIR)/$(STAGE)" .build/debug/mazelclawPackageTests.xctest

fuzz: packages ## try inputs nobody thought of for longer than the tests do (FUZZ_SECONDS=60 for each reader)
	swift build --build-tests
	MAZELCLAW_FUZZ_SECONDS=$(FUZZ_SECONDS) MAZELCLAW_FUZZ_SEED=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') \
	  swift test --skip-build --no-parallel --filter 'FuzzTests' || { \
	  echo "the seed that crashed, if one did:"; tail -n +1 "$${TMPDIR:-/tmp}"/fuzz-*.seed 2>/dev/null; exit 1; }

faults: build ## let each system call of a start fail in turn, and kill its process there
	@Tests/Scripts/need-packages.sh $(TEST_PACKAGES)
	MAZELCLAW_FAULTS=all MAZELCLAW_STAGE="$(CURDIR)/$(STAGE)" swift test --filter FaultTests

kills: packages ## kill the gateway under load at random moments, and look for every message (KILLS=200 KILL_SEED=)
	swift build --build-tests
	MAZELCLAW_KILLS=$(KILLS) MAZELCLAW_KILL_SEED=$${KILL_SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')} \
	  swift test --skip-build --filter CrashTests

autobahn: packages ## hold both WebSockets against Autobahn: the gateway's, and that of the DevTools client, which takes 100 MiB too (PyPI, Python 2.7)
	swift build --product echo-server
	swift build --product echo-client
	Tests/Scripts/autobahn.sh .build/debug/echo-server .build/debug/echo-client
	swift build --build-tests
	MAZELCLAW_LARGE_MESSAGES=1 swift test --skip-build --filter 'the largest message there may be'

models: ## hold what the tests take for model services against the libraries openai and anthropic (PyPI)
	python3 -m venv .build/models
	.build/models/bin/pip install --quiet openai anthropic
	.build/models/bin/python Tests/Scripts/models.py

browser: build ## open the gateway's pages in a real Chromium: sign in, talk, look; what agents write gets no token (PICTURES=)
	@Tests/Scripts/need-packages.sh $(BROWSER_PACKAGES)
	Tests/Scripts/browser.py "$(CURDIR)/$(STAGE)"
	Tests/Scripts/browser-dashboard.py "$(CURDIR)/$(STAGE)" $(PICTURES)

playwright: build ## measure browser control, and hold it against Playwright on the same browser (PyPI)
	@Tests/Scripts/need-packages.sh $(BROWSER_PACKAGES)
	python3 -m venv .build/playwright
	.build/playwright/bin/pip install --quiet playwright
	.build/playwright/bin/python Tests/Scripts/bench-browser.py "$(CURDIR)/$(STAGE)"

hosts: build ## start the launcher on older kernels, under systemd and on crippled hosts (root; minutes; BOOTS=)
	@Tests/Scripts/need-packages.sh $(HOST_PACKAGES)
	Tests/Hosts/matrix.py "$(CURDIR)/$(STAGE)" "$(BUILD)/isolation-probe" $(BOOTS)

check: build ## format lint, warnings as errors, guards on the launcher, spelling and links of the documents
	swift format lint --strict --recursive Sources Tests Package.swift
	Tests/Scripts/check-launcher.sh "$(BUILD)/mazelclaw-run" "$(BUILD)/mazelclaw-tool"
	@Tests/Scripts/need-packages.sh $(CHECK_PACKAGES)
	Tests/Scripts/check-documents.sh

bench: build ## compare with bubblewrap and a server on Node, each in one run; and beside hostile clients and neighbours
	@Tests/Scripts/need-packages.sh $(BENCH_PACKAGES)
	swift build -c release --product mazelclaw-run --scratch-path "$(UNPROVED)" -Xswiftc -DBENCHMARK
	Tests/Scripts/bench.py "$(CURDIR)/$(STAGE)" "$(UNPROVED)/release/mazelclaw-run"
	Tests/Scripts/bench-cage.py "$(CURDIR)/$(STAGE)"
	Tests/Scripts/bench-neighbour.py "$(CURDIR)/$(STAGE)"
	Tests/Scripts/bench-gateway.py "$(CURDIR)/$(STAGE)" "$(BUILD)/load-generator"
	Tests/Scripts/bench-hostile.py "$(CURDIR)/$(STAGE)"

channels: build ## hold an account of the gateway against a real IRC server, ngIRCd
	@Tests/Scripts/need-packages.sh ngircd python3
	Tests/Scripts/channels.py "$(CURDIR)/$(STAGE)"

docs: packages ## make the documentation of the modules as static pages under .build/documentation (swift-docc)
	swift build
	Tests/Scripts/docs.sh .build/debug .build/documentation

install: ## install built programs and policies (PREFIX=/usr/local DESTDIR=)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/mazelclaw/policies"
	for program in $(PROGRAMS); do install -m 0755 "$(BUILD)/$$program" "$(DESTDIR)$(PREFIX)/bin/$$program"; \
	  $(STRIP) "$(DESTDIR)$(PREFIX)/bin/$$program"; done
	install -m 0644 policies/*.json "$(DESTDIR)$(PREFIX)/share/mazelclaw/policies/"
	"$(DESTDIR)$(PREFIX)/bin/mazelclaw-run" compile
	install -d "$(DESTDIR)$(PREFIX)/share/man/man1" $(foreach shell,bash zsh fish,"$(dir $(COMPLETION_$(shell)))")
	"$(DESTDIR)$(PREFIX)/bin/mazelclaw-run" --manual >"$(DESTDIR)$(PREFIX)/share/man/man1/mazelclaw-run.1"
	"$(DESTDIR)$(PREFIX)/bin/mazelclaw" manual >"$(DESTDIR)$(PREFIX)/share/man/man1/mazelclaw.1"
	$(foreach shell,bash zsh fish,"$(DESTDIR)$(PREFIX)/bin/mazelclaw" completion $(shell) >"$(COMPLETION_$(shell))";)

uninstall: ## remove what install put there
	for program in $(PROGRAMS); do rm -f "$(DESTDIR)$(PREFIX)/bin/$$program" \
	  "$(DESTDIR)$(PREFIX)/share/man/man1/$$program.1"; done
	rm -f $(foreach shell,bash zsh fish,"$(COMPLETION_$(shell))")
	rm -rf "$(DESTDIR)$(PREFIX)/share/mazelclaw"

fmt: ## format the sources
	swift format --in-place --recursive Sources Tests Package.swift

clean: ## remove everything that was built
	rm -rf .build

packages: ## install the Debian packages the build needs (root), or print the command
	@Tests/Scripts/need-packages.sh $(PACKAGES)
