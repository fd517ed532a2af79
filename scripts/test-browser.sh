#!/usr/bin/env bash
# Runs the tests of leptos-socket that need a browser, and the WebSocket server that they talk to.
# Arguments go to the tests: a part of a test's name, for example.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

main() {
  find_browser || die "no Chromium with a chromedriver of the same version was found: run scripts/setup.sh test"
  have wasm-bindgen-test-runner || die "wasm-bindgen-test-runner is missing: run scripts/setup.sh test"
  trap stop_server EXIT
  choose_browser
  run_tests web "$@"
  run_tests gloo "$@"
}

# run_tests TRANSPORT [ARGUMENT]...: its name is compiled into the tests too. With a server of its own, which counts links by name.
run_tests() {
  start_server
  # Their own 20 s and 5 s are short on a busy machine.
  BROWSER_TEST_TRANSPORT=$1 WASM_BINDGEN_TEST_TIMEOUT=120 WASM_BINDGEN_TEST_DRIVER_TIMEOUT=30 \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
    cargo test --locked --package leptos-socket --features csr --target wasm32-unknown-unknown --test browser -- "${@:2}"
  stop_server
}

# The server's first line is its address, which is compiled into the tests.
start_server() {
  exec {server_output}< <(exec node leptos-socket/tests/server.mjs)
  server=$!
  IFS= read -r -t 30 BROWSER_TEST_SERVER <&"$server_output" || die "the server of the tests did not start"
  export BROWSER_TEST_SERVER
}

stop_server() { [[ -z ${server:-} ]] || kill "$server" 2>/dev/null || true; }

# The runner takes the browser from a file only.
choose_browser() {
  export WASM_BINDGEN_TEST_WEBDRIVER_JSON=$TOOLS/webdriver.json
  node --eval '
    const options = require("./leptos-socket/webdriver.json");
    options["goog:chromeOptions"].binary = process.env.CHROMIUM;
    console.log(JSON.stringify(options));
  ' >"$WASM_BINDGEN_TEST_WEBDRIVER_JSON"
}

main "$@"
