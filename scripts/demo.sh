#!/usr/bin/env bash
# Runs the demo, that is the Django backend and the app, until Ctrl-C.
#   DEMO_PORT      where the app is (8080)
#   BACKEND_PORT   where the backend is (8000)
# shellcheck disable=SC2329 # the trap calls stop_all
set -euo pipefail
. "$(dirname "$0")/lib.sh"

declare -A running=() # the process group of each program that was started, by its name

main() {
  use_port DEMO_PORT 8080
  use_port BACKEND_PORT 8000
  [[ $DEMO_PORT != "$BACKEND_PORT" ]] || die "DEMO_PORT and BACKEND_PORT are both $DEMO_PORT: set one to another port"
  trap stop_all EXIT
  trap 'exit 0' INT TERM

  run "the set-up" scripts/setup.sh demo
  start "the Django server" e2e/backends/serve.sh daphne "$BACKEND_PORT"
  start_trunk
  await "the Django server" answers "$BACKEND_PORT" /healthz
  # trunk listens as soon as it has tried to build.
  await "trunk" listens "$DEMO_PORT"
  answers "$DEMO_PORT" / || die "the app could not be built"
  say
  say "Open $(address) -- Ctrl-C stops both"
  say "To see the page recover, stop the Django server with 'kill ${running[the Django server]}'; start it again with '$(restart)'"
  attend
}

# The app knows where the backend is by default.
address() {
  local query=
  [[ $BACKEND_PORT == 8000 ]] || query="?url=ws://127.0.0.1:$BACKEND_PORT/ws/app/"
  printf 'http://127.0.0.1:%s/%s' "$DEMO_PORT" "$query"
}

restart() {
  local port=
  [[ $BACKEND_PORT == 8000 ]] || port=" BACKEND_PORT=$BACKEND_PORT"
  printf 'make backend%s' "$port"
}

start_trunk() {
  say "Building the app (about 2 minutes the first time) ..."
  # trunk would serve the old one after a build that failed.
  rm -rf demo-app/dist
  start "trunk" env --chdir demo-app trunk serve --release --offline --locked --no-autoreload \
    --disable-address-lookup --address 127.0.0.1 --port "$DEMO_PORT"
}

# attend: until trunk ends. Without the backend the page has something to show, so that one may go.
attend() {
  local gone
  wait -n -p gone "${running[the Django server]}" "${running[trunk]}" || true
  if [[ $gone == "${running[the Django server]}" ]]; then
    say "The Django server has stopped; start it again with '$(restart)'"
    wait "${running[trunk]}" || true
  fi
  die "trunk has stopped by itself"
}

# start NAME COMMAND...: in the background, in a process group of its own, which a signal for us does not reach.
start() {
  local name=$1
  shift
  setsid "$@" </dev/null &
  running[$name]=$!
}

# run NAME COMMAND...: starts it and waits for it, so that a signal for us ends it at once.
run() {
  start "$@"
  wait "${running[$1]}" || exit
  unset "running[$1]"
}

# await NAME TEST...: until the test succeeds, unless what has this name ends before.
await() {
  local name=$1
  shift
  until "$@"; do
    kill -0 "${running[$name]}" 2>/dev/null || die "$name has stopped before it was ready"
    sleep 0.1
  done
}

stop_all() {
  trap '' INT TERM
  local name
  for name in "${!running[@]}"; do
    signal TERM "$name" || true
  done
  for name in "${!running[@]}"; do
    stop "$name"
  done
}

# A backend that is in the middle of a slow synchronous handler does not stop for SIGTERM.
stop() {
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    signal 0 "$1" || return 0
    sleep 0.1
  done
  signal KILL "$1" || true
}

# signal SIGNAL NAME: fails when nothing of it runs any more.
signal() { kill "-$1" -- "-${running[$2]}" 2>/dev/null; }

main
