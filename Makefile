.DEFAULT_GOAL := help
.PHONY: help demo ssr board backend test fmt lint test-native test-servers test-browser e2e engines soak survives leaks prove fuzz bench bench-browser size storm docs screenshots clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the demo, a dispatch board and a console, until Ctrl-C (DEMO_PORT, BOARD_PORT, BACKEND_PORT)
	@scripts/demo.sh

ssr: ## Run the example of server-side rendering, until Ctrl-C (SSR_PORT)
	@scripts/ssr.sh

board: ## Run the dispatch board's server alone (BOARD_PORT, DATABASE_URL, REDIS_URL, WORKERS)
	@scripts/backend.sh board

backend: ## Run the console's Django backend alone (BACKEND_PORT, BACKEND_SERVER=daphne or uvicorn)
	@scripts/backend.sh

test: ## Install what the tests need, and run them all
	@scripts/test.sh

fmt: ## Format the Rust code
	cargo fmt --all

lint: ## Check formatting, types and lints
	@scripts/test.sh format types lint

test-native: ## Run the native tests
	@scripts/test.sh native

test-servers: ## Run core against the three real backends
	@scripts/test.sh servers

test-browser: ## Run the unit tests that need a browser
	@scripts/test.sh browser

e2e: ## Build the demo and run the end-to-end tests
	@scripts/test.sh app ssr e2e

engines: ## Test Chromium, Firefox and WebKit, for docs/ENGINES.md (installs them)
	@ENGINES=all ENGINES_REPORT=1 scripts/test.sh app ssr engines

soak: ## Play a bad network to a page under load, for half an hour (SECONDS, SEED, SERVER=daphne or uvicorn)
	@SOAK_SECONDS=$(or $(SECONDS),1800) scripts/soak.sh load

survives: ## Play each fault to a page, for docs/guide/14-what-it-survives.md (minutes)
	@ROUNDS=$(or $(ROUNDS),3) scripts/soak.sh survives

leaks: ## Mount 1,500 times, reconnect 100 times and make 100,000 calls in Chromium: nothing may be left (minutes)
	@LEAKS=1 scripts/soak.sh leaks

prove: ## Run the model of core with 100,000 cases, and all orders of five events (minutes)
	EXHAUSTIVE_DEPTH=5 PROPTEST_CASES=100000 cargo test --locked --profile prove --package leptos-socket-core --test it -- model:: exhaustive::
	cargo test --locked --profile prove --package leptos-socket-core --test it -- --ignored hostile::

fuzz: ## Fuzz core for a minute a target (nightly Rust)
	@scripts/fuzz.sh

bench: ## Measure what a call costs
	cargo bench --locked --package leptos-socket-core --bench cost --bench memory

bench-browser: ## Measure calls in Chromium beside other clients, for docs/SPEED.md (ROUNDS, ROWS)
	@scripts/bench-browser.sh

size: ## Measure how large pages are, for docs/SIZE.md (PAGES=hooks: with each hook alone)
	@scripts/size.sh $(PAGES)

storm: ## Simulate 1,000,000 sockets of a server that goes away, for docs/STORM.md
	cargo run --locked --release --package leptos-socket-core --example storm

docs: ## Build the documentation
	@scripts/test.sh doc

screenshots: ## Take the pictures of README and guide again
	@scripts/screenshots.sh

clean: ## Remove what was built, but not the tools
	cargo clean
	rm -rf demo-app/dist e2e/test-results
