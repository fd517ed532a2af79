#!/usr/bin/env bash
# Runs the tests: all of them, or only the parts that are named.
#   scripts/test.sh [format|dependencies|backend|types|lint|native|features|nightly|servers|doc|package|browser|soak|app|size|ssr|e2e|engines]...
# `nightly` is not one of all: see RELEASING.md.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

readonly PARTS=(format dependencies backend types lint native features nightly servers doc package browser soak app size ssr e2e engines)
readonly WASM=wasm32-unknown-unknown

main() {
  local part
  for part in "$@"; do
    [[ " ${PARTS[*]} " == *" $part "* ]] || die "usage: scripts/test.sh [$(IFS='|' && printf '%s' "${PARTS[*]}")]..."
  done

  scripts/setup.sh test
  find_browser
  if [[ $# -gt 0 ]]; then
    run "$@"
  else
    run_all
  fi
  say "All passed, in $SECONDS s"
}

run() {
  local part
  for part in "$@"; do
    "test_$part"
  done
}

# Browsers and servers mostly wait. Meanwhile the compiler works.
run_all() {
  run format dependencies backend types native servers
  beside app ssr -- browser soak
  beside lint features doc package size -- e2e engines
}

# beside PART... -- PART...: the first ones get what the others leave of the processors. What they said follows.
beside() {
  local first=()
  while [[ $1 != -- ]]; do
    first+=("$1")
    shift
  done
  # A group of processes of its own, which can be ended as a whole.
  set -m
  nice -n 19 "$0" "${first[@]}" >"$TARGET/beside.log" 2>&1 &
  beside=$!
  set +m
  run "${@:2}"
  local passed=true
  wait "$beside" || passed=false
  beside=
  cat "$TARGET/beside.log"
  "$passed"
}

test_format() {
  step "Formatting" cargo fmt --all --check
  step "Links and names of files" scripts/check-docs.py
}

test_dependencies() {
  step "Licences and sources of the crates" cargo deny --locked check licenses sources bans
  step "Advisories about the crates" check_advisories
  step "Advisories about the Node packages" check_node_advisories
  step "The oldest versions" scripts/check-versions.py "$TARGET/oldest"
}

test_backend() {
  step "The backend's routes" .venv/bin/python e2e/backends/smoke.py
  step "The servers of the guide" .venv/bin/python e2e/backends/guide.py
  step "The demo's proxy" env --chdir demo-app/backend "$ROOT/.venv/bin/python" -X dev -W error \
    -m unittest discover --start-directory chaos --top-level-directory .
}

test_types() { step "Types of the end-to-end tests" npm --prefix e2e run --silent check; }

test_lint() {
  step "What core depends on" core_depends_on_no_platform
  # `real` is not a default target: its tests need the Python servers.
  step "Clippy, native" lint --workspace --all-targets --test real
  step "Clippy, browser" lint --package leptos-socket --features leptos-socket/csr --package demo-app \
    --package leptos-socket-bench --features leptos-socket-bench/all \
    --all-targets --test soak --target "$WASM"
  step "Clippy, hydration" lint --package leptos-socket --package leptos-socket-ssr-example --lib \
    --features leptos-socket-ssr-example/hydrate --target "$WASM"
}

test_native() { step "Native tests" cargo test --locked --workspace; }

# Clippy sees `csr` and `hydrate` above, where they are used, and `ssr` in the example.
test_features() {
  step "Clippy with no feature, and with one" lint_each_feature
  step "Tests of rendering on a server" cargo test --locked --package leptos-socket --features ssr
  step "Tests of hydration" cargo test --locked --package leptos-socket --features hydrate
  RUSTDOCFLAGS="-D warnings" step "Documentation without features" cargo doc --locked --package leptos-socket --no-deps
  step "Clippy, the server of the example" lint --package leptos-socket-ssr-example --features ssr --all-targets
}

# Builds everything anew.
test_nightly() { step "With leptos's nightly signals, which are functions" check_nightly; }

# Of the workspace, because what was built for the native tests is then what it needs.
test_servers() { step "Core against the real servers" cargo test --locked --workspace --test real; }

# With the examples, because they need the dev-dependencies: so the build of Clippy, with their features, is reused.
test_doc() {
  RUSTDOCFLAGS="-D warnings" step "Documentation" cargo doc --locked --workspace --no-deps \
    --document-private-items --lib --bins --examples
}

# Without debug information, as the workspace builds: so some of what it has built can be used.
test_package() {
  CARGO_PROFILE_DEV_DEBUG=0 step "Packaging the crates" cargo publish --locked --workspace --dry-run --allow-dirty
}

test_browser() { step "Tests in the browser" scripts/test-browser.sh; }

# What docs/guide/14-what-it-survives.md promises is checked too.
test_soak() { step "Real faults, in the browser" scripts/soak.sh; }

test_app() { step "Building the demo" env --chdir demo-app trunk build --release --offline --locked; }

test_size() { step "The sizes of pages" scripts/size.sh check; }

test_ssr() { step "Building the example of server-side rendering" scripts/ssr.sh --build; }

# CI: servers of its own, and a trace of what failed.
test_e2e() { step "End-to-end tests" env --chdir e2e CI=1 npx playwright test; }

# With ENGINES=all a browser that is missing is an error; otherwise a line says what to install.
test_engines() { step "Three browser engines" env --chdir e2e CI=1 npx playwright test --config engines.config.ts; }

# --- steps that are more than a command ---

# The database may be out of reach, and then there is nothing to check.
check_advisories() {
  if timeout 60 cargo deny fetch db 2>/dev/null; then
    cargo deny --locked check advisories
  else
    say "   not checked: the database of advisories could not be fetched"
  fi
}

check_node_advisories() {
  local report
  report=$(npm --prefix e2e audit --json 2>/dev/null) && return
  if [[ $report == *auditReportVersion* ]]; then
    npm --prefix e2e audit
  else
    say "   not checked: the registry did not answer"
  fi
}

lint_each_feature() {
  local feature
  for feature in '' gloo inspector record scripted tracing; do
    lint --package leptos-socket --lib --no-default-features --features "$feature"
  done
}

lint() { cargo clippy --locked "$@" -- -D warnings; }

# With what the stable compiler has of nightly Rust: a toolchain of its own would have to be installed for it. The crates of leptos
# ask the compiler for its channel, and signals are functions where the flag says so.
check_nightly() {
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="--cfg rustc_nightly" cargo check --locked --package leptos-socket --features nightly \
    --all-targets --target-dir "$TARGET/nightly"
}

core_depends_on_no_platform() {
  local tree
  tree=$(cargo tree --locked --package leptos-socket-core --target "$WASM" --edges normal,no-proc-macro --prefix none)
  ! grep -E '^(web-sys|js-sys|getrandom|tokio) ' <<<"$tree" || die "core must not depend on these for $WASM"
}

# step NAME COMMAND...: no `if` or `||` around the command, so that every failure inside it counts.
step() {
  running=$1 started=$SECONDS
  shift
  say "== $running"
  "$@"
  say "   $running: $((SECONDS - started)) s"
  running=
}

on_exit() {
  [[ -z $running ]] || printf 'FAILED: %s, after %s s\n' "$running" "$((SECONDS - started))" >&2
  [[ -z $beside ]] || kill -- "-$beside" 2>/dev/null || true
}

running= beside=
trap on_exit EXIT
main "$@"
