# What can be done here; "make" alone lists it.

.DEFAULT_GOAL := help
.PHONY: help run build systems setup test test-watched test-driven test-bounded test-chaos test-dates unit integration home test-home lint fuzz bench bench-quick bench-go chaos clean

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY  := bin/notifier

# The race detector wants a C compiler, to link with; nothing of ours is in C. It watches
# our code and how it calls SQLite, but not SQLite's own code, which it makes ten times slower.
RACE := env CGO_ENABLED=1 go test -race -gcflags='modernc.org/...=-race=false' -timeout 30m

# One Postgres for all packages, and temporary files in memory.
WITH := bin/with

# ./... stops at a module: the program's, the client's, and the tests that join the two.
ALL := ./... ./client/... ./client/conformance/...

# These tests drive a browser, or the program as users get it, which has no race detector in
# it: only the test would be watched. A new test is watched until it is named here.
DRIVES := PagesInABrowser ConsoleInABrowser MailsInABrowser PagesAsPeopleSetThem \
	MailProgramsKnowOurHTML SettingsPage TheDocsRun TheDocsCompile Newcomer AtATerminal \
	TheConfigurationIsReadAgain APreviewOpensNoSocket Attacks FiftyPostsAreOneMail \
	KilledInALoop KilledAtEveryWrite KilledInTheMiddleOfAConversation FrozenAndThawed \
	BothWays Commands TheOutboxUnderKills NodeREDSendsNothingTwice ReplayIntoPostfix \
	JournalsLeadToTheSameMails InventedJournalsLeadToTheSameMails \
	TheExportedJournalLeadsToTheSameMails APartOfTheJournalBeginsWithHowThingsStood

# Days of a whole fleet in one test: what it runs is watched elsewhere.
DAYS := TheNextRunThatIsShownIsTheOneThatComes

# The pattern of tests that have these names.
space := $(subst ,, )
named = ^Test($(subst $(space),|,$(strip $(1))))$$

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start the demo: a database in ./dev, a mailbox on http://127.0.0.1:8025, demo people
	@go run ./cmd/notifier dev

build: ## Build the program as bin/notifier
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BINARY) ./cmd/notifier

# What users run beside linux/amd64, which all the rest is about.
SYSTEMS := windows/amd64 darwin/arm64 linux/arm64

systems: ## Build the program for Windows, macOS and ARM, and vet it there, tests included
	@for s in $(SYSTEMS); do \
		export CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/}; \
		echo "$$s" && go build -o /dev/null ./cmd/notifier && go vet ./cmd/notifier ./cli ./service ./settings || exit 1; \
	done

setup: ## Install what the tests need from the system's packages, where it is missing
	@.ci/setup
	@.ci/contract-tools >/dev/null

# Two at a time, since most of them leave a processor idle half of the time. What counts by
# the clock comes after them. Each prints when it is done; one that fails fails all.
TOGETHER := test-watched test-driven test-bounded test-chaos

test: setup ## Set up and run all tests under the race detector, and short versions of chaos and bench
	GOWORK=off go vet ./... ./.ci/dates ./.ci/home ./.ci/with # as whoever installs it has it
	go vet ./client/... ./client/conformance/...
	@$(MAKE) --no-print-directory systems
	go build -o bin/ ./.ci/with
	@$(MAKE) --no-print-directory -j2 -k -Otarget $(TOGETHER)
	$(WITH) go test -vet=off ./api -v -run TestRandomRequests -randomly 1m
	cd bench && go run . -work w1,w2,w5 -scale 0.02 -rounds 1 -lenient

test-watched:
	$(WITH) $(RACE) -vet=off -skip '$(call named,$(DRIVES) $(DAYS))' $(ALL)

test-driven:
	$(WITH) go test -vet=off ./cli ./service -timeout 30m -parallel 4 -run '$(call named,APreviewIsWhatIsSent $(DRIVES))'

test-bounded:
	go test -vet=off ./access ./wallclock ./preferences ./.ci/home # what a race detector makes slow, or cheap
	$(WITH) go test -vet=off ./web/console -run '$(call named,$(DAYS))'
	$(WITH) go test -vet=off ./api -run TestRefusalsAreBounded # the race detector takes memory of its own

test-chaos:
	cd bench && go vet ./... && go run . chaos -messages 2000 -kills 20 -soak 5s

test-dates: setup ## Run the tests as if it were eight days at which clocks, weeks or years turn
	go build -o bin/ ./.ci/with ./.ci/dates
	$(WITH) bin/dates

unit: setup ## Run all tests without the race detector
	go build -o bin/ ./.ci/with
	$(WITH) go test $(ALL)

integration: setup ## Let a real workflow engine, Node-RED, call the program over a link that loses answers
	go test -count=1 -run TestNodeRED ./cli

home: ## Give the modules the path at which they can be fetched: make home MODULE=example.org/you/notifier
	@go run ./.ci/home "$(MODULE)"

# What it is tried on: the files of this tree, in a folder of its own.
ELSEWHERE := bin/elsewhere

test-home: ## Try that on a copy: vet all modules, test the client and the walls
	@rm -rf $(ELSEWHERE) && mkdir -p $(ELSEWHERE)
	@git ls-files -co --exclude-standard -z | tar --null -T - -cf - | tar -C $(ELSEWHERE) -xf -
	@$(MAKE) --no-print-directory -C $(ELSEWHERE) home MODULE=example.org/you/notifier
	cd $(ELSEWHERE) && GOWORK=off go vet ./... && GOWORK=off go build -o /dev/null ./cmd/notifier
	cd $(ELSEWHERE) && go vet ./client/... ./client/conformance/... && go test ./client/... ./client/conformance
	cd $(ELSEWHERE) && go test ./cli -run 'TestWalls|TestTheModulesStandAlone|TestTheProgramHoldsNoTests'
	@rm -rf $(ELSEWHERE)

lint: ## Look for what the compiler lets pass
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go run mvdan.cc/gofumpt@v0.12.0 -l . | tee /dev/stderr | test -z "$$(cat)"
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 $(ALL)

FUZZTIME ?= 30s
fuzz: ## Feed every parser of outside text with random input, FUZZTIME each
	@go list -f '{{.ImportPath}}' $(ALL) | while read -r package; do \
		go test -list '^Fuzz' "$$package" | grep '^Fuzz' | while read -r target; do \
			echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; \
		done || exit 1; \
	done

bench: setup ## Measure the program beside its peers: a module of its own, half an hour
	cd bench && go run . -json ../bin/bench.json

bench-quick: setup ## W1 to W5 of it, small, in a few minutes
	cd bench && go run . -work w1,w2,w3,w4,w5 -scale 0.1 -rounds 3 -json ../bin/bench-quick.json

bench-go: setup ## Measure the hot paths one by one
	go test -run '^$$' -bench . -benchmem $(ALL)

chaos: setup ## Shoot the program, its databases and its links, and keep a ledger: half an hour
	cd bench/chaos && go test -v ./...
	cd bench && go run . chaos

clean: ## Remove what was built and the demo's database
	rm -rf bin dev
