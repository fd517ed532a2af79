# shellcheck shell=bash
# What the scripts share. Sourcing it changes into the root of the repository.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

ROOT=$PWD
TOOLS=$ROOT/.tools
# Where Cargo builds.
TARGET=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
# Ours come first: the wasm-opt of Debian 12 silently writes modules that break in the browser.
export PATH=$TOOLS/bin:$PATH

say() { printf '%s\n' "$*"; }

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# first_of NAME...: the path of the first of these commands that there is, or nothing.
first_of() {
  local name
  for name in "$@"; do
    if have "$name"; then
      command -v "$name"
      return
    fi
  done
}

major_version() { "$1" --version 2>/dev/null | grep -oE '[0-9]+' | head -n 1; }

# Sets CHROMIUM and CHROMEDRIVER to a browser and the driver of the same version; fails where there is no such pair.
find_browser() {
  local browser=${CHROMIUM:-$(first_of chromium chromium-browser google-chrome google-chrome-stable)}
  local driver=${CHROMEDRIVER:-$(first_of chromedriver chromium.chromedriver)}
  [[ $browser && $driver && $(major_version "$browser") == "$(major_version "$driver")" ]] || return 1
  export CHROMIUM=$browser CHROMEDRIVER=$driver
  # Chromium would leave its crash reports and caches in the home directory.
  export XDG_CONFIG_HOME=$TOOLS/browser XDG_CACHE_HOME=$TOOLS/browser
}

# use_port VARIABLE DEFAULT: sets the variable to the port that it names or to the default, which must be free.
use_port() {
  local -n port=$1
  port=${port:-$2}
  [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -lt 65536 ]] || die "$1 is '$port', which is not a port"
  ! listens "$port" || die "port $port is taken: set $1 to another one, for example $1=$((port + 1000))"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# answers PORT PATH: whether an HTTP GET there says 200.
answers() (
  exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&3
  IFS= read -r -t 5 status <&3 && [[ $status == *' 200 '* ]]
)

# build_pages FEATURES BINARY...: binaries of bench/, in one build where they have the same features.
build_pages() {
  local features=$1
  shift
  cargo build --locked --release --package leptos-socket-bench --target wasm32-unknown-unknown \
    --features "$features" "${@/#/--bin=}"
}

# shrink_page BINARY DIRECTORY: makes of a binary what a browser gets. All have the same file names, because a module contains its
# own.
shrink_page() {
  local binary=$TARGET/wasm32-unknown-unknown/release/$1.wasm site=$2
  ! cmp --silent "$binary" "$site/built.wasm" || return 0
  rm -rf "$site"
  wasm-bindgen --target web --no-typescript --out-dir "$site" --out-name app "$binary"
  wasm-opt -Oz "$site/app_bg.wasm" -o "$site/app_opt.wasm"
  cp "$binary" "$site/built.wasm"
}
