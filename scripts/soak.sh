#!/usr/bin/env bash
# Plays a bad network to a page with a mixed load, in Chromium, and counts what went wrong.
#   SOAK_SECONDS   for how long (60)
#   SEED           repeats what was played
# Arguments go to Playwright: a part of a test's name, after --grep, for example.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

readonly WASM=wasm32-unknown-unknown
readonly SITE=$TARGET/soak

main() {
  scripts/setup.sh test
  find_browser || die "no Chromium was found: run scripts/setup.sh test"
  build_page
  cd e2e
  exec npx playwright test --config soak.config.ts "$@"
}

# In the profile of the browser's unit tests, whose dependencies it shares: nothing else is compiled for it. What "runs" it makes of it
# what a browser gets.
build_page() {
  cargo test --locked --package leptos-socket --features csr --target "$WASM" --test soak \
    --config "target.$WASM.runner=['wasm-bindgen', '--target=web', '--no-typescript', '--out-dir=$SITE', '--out-name=soak']"
}

main "$@"
