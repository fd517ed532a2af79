.DEFAULT_GOAL := help
.PHONY: help demo backend test fmt lint test-native test-browser e2e doc screenshot clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the demo: the Django backend and the app, until Ctrl-C (DEMO_PORT, BACKEND_PORT)
	@scripts/demo.sh

backend: ## Run the Django backend alone (BACKEND_PORT, BACKEND_SERVER=daphne or uvicorn)
	@scripts/backend.sh

test: ## Install what the tests need, and run them all
	@scripts/test.sh

fmt: ## Format the Rust code
	cargo fmt --all

lint: ## Check formatting, types and lints
	@scripts/test.sh format types lint

test-native: ## Run the native tests
	@scripts/test.sh native

test-browser: ## Run the unit tests that need a browser
	@scripts/test.sh browser

e2e: ## Build the demo and run the end-to-end tests
	@scripts/test.sh app e2e

doc: ## Build the documentation
	@scripts/test.sh doc

screenshot: ## Take the README's picture of the demo again
	@scripts/screenshot.sh

clean: ## Remove what was built, but not the tools
	cargo clean
	rm -rf demo-app/dist e2e/test-results
