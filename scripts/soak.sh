#!/usr/bin/env bash
# Plays a bad network to pages in Chromium: to one under a mixed load, and counts what went wrong; and to one as a user has it.
#   SOAK_SECONDS   for how long (60)
#   SEED           repeats what was played
#   ROUNDS         how often each fault is played to the latter, to write docs/guide/14-what-it-survives.md (0: only compares)
#   LEAKS          the part of 1,500 mounts, 100 reconnects and 100,000 calls after which nothing may be left (0.1)
# Arguments go to Playwright: `load`, `survives`, `cases`, `leaks`, or a part of a test's name after --grep.
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
