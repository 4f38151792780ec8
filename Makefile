# prowtrace. The targets are: build, demo, sample, test, viewer, screenshots, test-real, snapshot, lint, bench, bench-fetch, bench-s3, bench-serve, generate.

# These two tags leave out of the storage client what prowtrace never uses; the
# program is half as large without it.
TAGS    := disable_grpc_modules,grpcnotrace
GO      ?= go
GOFLAGS += -tags=$(TAGS)
export GOFLAGS

# The nested modules, which users of prowtrace never download.
NESTED := deploy/test internal/fakegcs internal/realcollector/collector internal/realdeck/deck internal/reals3/versitygw internal/jaegerpb/gen serve/viewer/browsertest serve/lens/decktest

DEMO_LINK := https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001/artifacts/otlp/

BIN := bin

# Packages that spend no time worth counting are compiled without inlining, which makes the
# program 1.5 MB smaller.
SMALL = $(foreach p,$(shell cat release/cold.txt),-gcflags=$(p)=-l)

.PHONY: build
build: ## bin/prowtrace
	@test -e $(BIN)/prowtrace || echo "building prowtrace: two to three minutes the first time; each line is a package that is ready" >&2
	@CGO_ENABLED=0 $(GO) build -v -trimpath -ldflags '-s -w' $(SMALL) -o $(BIN)/prowtrace .

.PHONY: demo
demo: build ## the main job on the sample bucket, without the network
	$(GO) build -o $(BIN)/gcsserve ./internal/gcstest/serve
	$(BIN)/gcsserve -deck testdata/deck testdata/bucket -- $(BIN)/prowtrace --no-cache $(DEMO_ARGS) $(DEMO_LINK)

SAMPLE_ADDRESS := 127.0.0.1:16443

.PHONY: sample
sample: build ## a server with the sample bucket, on which all examples work; Ctrl-C ends it
	@$(GO) build -o $(BIN)/gcsserve ./internal/gcstest/serve
	@echo "The sample bucket is served until Ctrl-C. In another terminal:"
	@echo "  export STORAGE_EMULATOR_HOST=$(SAMPLE_ADDRESS)"
	@echo "  export PATH=$(abspath $(BIN)):\$$PATH"
	@$(BIN)/gcsserve -addr $(SAMPLE_ADDRESS) -deck testdata/deck -past testdata/bucket

.PHONY: test
test: lint jaeger ## everything that must hold before a change lands
	$(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v '^prowtrace/triage$$') # with real Jaegers, minutes on two cores
	$(GO) test ./triage # judges hundreds of runs, ten minutes with the race detector; sessions judge with it
	$(GO) test -run BoundedInMemory ./otelfile # gigabytes, ten times as slow with the race detector
	$(GO) test -run 'ManyFailures|EveryElementOnce' ./serve/mcp # 100,000 elements, minutes with the race detector
	$(GO) test ./testdata/gen
	cd internal/fakegcs && $(GO) test ./...
	cd deploy/test && $(GO) test ./...
	$(MAKE) viewer
	$(MAKE) size

.PHONY: lint
lint: generated types
	@files=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
		if [ -n "$$files" ]; then echo "gofmt would change: $$files"; exit 1; fi
	$(GO) vet ./... ./testdata/gen
	$(GO) tool -modfile=go.tool.mod staticcheck ./... ./testdata/gen
	$(GO) tool -modfile=go.tool.mod misspell -error -i noth $$(git ls-files '*.go' '*.md' '*.js' '*.css' '*.html' '*.yaml' | grep -v testdata/)
	$(GO) mod verify >/dev/null
	$(GO) mod tidy -diff
	for m in $(NESTED); do (cd $$m && $(GO) mod tidy -diff) || exit 1; done

MODULES := serve/viewer/test/node_modules/.package-lock.json

$(MODULES): serve/viewer/test/package-lock.json
	cd serve/viewer/test && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: types
types: $(MODULES) ## are the types of the viewer's modules right?
	cd serve/viewer/test && node_modules/.bin/tsc -p .

.PHONY: browser
browser: ## Chromium for the viewer's tests, from Debian where there is none
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { apt-get update -qq && apt-get install -qq -y chromium; }

.PHONY: viewer
viewer: types browser ## the viewer's modules by themselves, and the page in a browser
	cd serve/viewer/test && node --test
	cd serve/viewer/browsertest && $(GO) vet . && PROWTRACE_REQUIRE_BROWSER=1 $(GO) test -count=1 .

.PHONY: screenshots
screenshots: browser deck ## the pictures in docs/images: ours light and dark, and Prow's page
	cd serve/viewer/browsertest && PROWTRACE_REQUIRE_BROWSER=1 $(GO) test -count=1 -run TestPictures -pictures ../../../docs/images .
	cd serve/lens/decktest && PROWTRACE_REQUIRE_BROWSER=1 $(GO) test -count=1 -run TestRealDeck/picture -pictures ../../../docs/images .

.PHONY: generated
generated: ## are the generated files those that generate would write?
	cd internal/jaegerpb/gen && $(GO) run . -check

.PHONY: generate
generate: ## the code for Jaeger's protocols and the sample bucket
	cd internal/jaegerpb/gen && $(GO) run .
	$(GO) run ./testdata/gen

.PHONY: jaeger
jaeger: ## a real Jaeger for the tests, built once a machine, outside the repository
	launch/testdata/build-jaeger.sh

.PHONY: collector
collector: ## a real OpenTelemetry Collector for the tests, built once a machine, outside the repository
	internal/realcollector/build-collector.sh

.PHONY: deck
deck: ## a real Deck, Prow's own page, for the tests, built once a machine, outside the repository
	internal/realdeck/build-deck.sh

MCP_CLIENTS := serve/mcp/clients/node_modules/.package-lock.json

.PHONY: mcp-clients
mcp-clients: $(MCP_CLIENTS) ## the MCP inspector and conformance suite for the tests, from npm

$(MCP_CLIENTS): serve/mcp/clients/package-lock.json
	cd serve/mcp/clients && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: s3server
s3server: ## a real S3 server for the tests, built once a machine, outside the repository
	internal/reals3/build-s3server.sh

.PHONY: test-real
test-real: jaeger collector deck s3server browser mcp-clients $(MODULES) ## what needs large programs of others
	$(GO) test -count=1 -timeout 20m -run '^TestReal' ./export/push ./s3 ./cli
	cd serve/lens/decktest && $(GO) vet . && $(GO) test -count=1 -run '^TestReal' .

.PHONY: size
size: build ## the program stays below 30 MB
	@bytes=$$(wc -c < $(BIN)/prowtrace); echo "$(BIN)/prowtrace: $$bytes bytes"; test $$bytes -le 30000000

.PHONY: snapshot
snapshot: ## archives and packages of this commit in dist/, with man pages and completions; publishes nothing
	release/snapshot.sh

.PHONY: bench
bench: browser ## how the budgets are kept, as a table; OLD=COMMIT and PEER=DIR (kOps' tools/otel/traceserver) are measured beside; takes some minutes
	$(GO) run ./internal/benchtable $(if $(OLD),-old $(OLD)) $(if $(PEER),-peer $(PEER)) $(BENCH_ARGS)

.PHONY: bench-fetch
bench-fetch: ## how fetching compares to the network's limit and to other tools; takes some minutes
	$(GO) run ./internal/fetchbench $(BENCH_ARGS)

test test-real: export PROWTRACE_REQUIRE_JAEGER = 1
test-real: export PROWTRACE_REQUIRE_COLLECTOR = 1
test-real: export PROWTRACE_REQUIRE_S3SERVER = 1
test-real: export PROWTRACE_REQUIRE_MCP_CLIENTS = 1

.PHONY: bench-s3
bench-s3: s3server ## what reading a real S3 server takes, beside the least that the server takes itself
	PROWTRACE_REQUIRE_S3SERVER=1 $(GO) test -run - -bench Real ./s3

.PHONY: bench-serve
bench-serve: build ## 200 visitors on 50 large runs, and 10,000 small ones: what the server for a team takes
	$(GO) run ./internal/teambench -program $(BIN)/prowtrace
