#!/usr/bin/env bash
# Runs the example of server-side rendering until Ctrl-C: builds the page for the browser and its server.
# SSR_PORT is where it listens. With --build nothing is run.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

readonly PACKAGE=leptos-socket-ssr-example
readonly SITE=$TARGET/ssr-example

main() {
  [[ $# == 0 || $* == --build ]] || die "usage: scripts/ssr.sh [--build]"
  if [[ $# == 0 ]]; then
    scripts/setup.sh demo
    use_port SSR_PORT 3000
  fi
  build
  [[ $# == 0 ]] || return 0
  SITE_ADDR=127.0.0.1:$SSR_PORT SITE_ROOT=$SITE exec "$TARGET"/debug/ssr-example
}

# Unoptimised: only so leptos says where the markup of server and browser differ.
build() {
  cargo build --locked --package "$PACKAGE" --features hydrate --lib --target wasm32-unknown-unknown
  wasm-bindgen --target web --no-typescript --out-dir "$SITE/pkg" --out-name ssr_example \
    "$TARGET/wasm32-unknown-unknown/debug/leptos_socket_ssr_example.wasm"
  cargo build --locked --package "$PACKAGE" --features ssr --bin ssr-example
}

main "$@"
