# `make run` and `make test` are all a newcomer needs. Everything they do is in scripts/.
.PHONY: run build test web format clean help

# What SwiftPM would let pass: a target that imports what it does not declare.
SWIFT_FLAGS := --explicit-target-dependency-import-check error

run: build ## Build and start the server; ARGS="--listen ..." are passed on
	.build/release/parley serve $(ARGS)

build: web ## Build the release program, the web client inside it
	swift build -c release --product parley --static-swift-stdlib -Xswiftc -cross-module-optimization $(SWIFT_FLAGS)

web: ## Bundle the web client
	@scripts/install-dependencies
	scripts/bundle-web

test: ## Check and test everything, browsers included
	scripts/test

format: ## Format all Swift code
	swift format format -i -r Package.swift Sources Tests Fuzz Examples

clean: ## Remove what was built; data stays
	rm -rf .build web/dist web/build Sources/Adapters/CWebBundle/generated

help: ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12
