#!/usr/bin/env bash
# Runs the demo until Ctrl-C: the app, the server of the dispatch board behind its chaos proxy, and the one that the console calls.
#   DEMO_PORT           where the app is (8080)
#   BOARD_PORT          where the app finds the board: the proxy (8001); demo-app/backend/README.md has more settings
#   CHAOS_PORT          where the app tells the proxy what should go wrong (8002)
#   BOARD_SERVER_PORT   where the board's server itself is (8003)
#   BACKEND_PORT        where the console's server is (8000)
# shellcheck disable=SC2329 # the trap calls stop_all
set -euo pipefail
. "$(dirname "$0")/lib.sh"

declare -A running=() # the process group of each program that was started, by its name

main() {
  use_port DEMO_PORT 8080
  use_port BACKEND_PORT 8000
  use_port BOARD_PORT 8001
  use_port CHAOS_PORT 8002
  use_port BOARD_SERVER_PORT 8003
  local ports
  ports=$(printf '%s\n' "$DEMO_PORT" "$BACKEND_PORT" "$BOARD_PORT" "$CHAOS_PORT" "$BOARD_SERVER_PORT" | sort | uniq --repeated)
  [[ ! $ports ]] || die "the ports of the demo have to differ: $ports is there twice"
  trap stop_all EXIT
  trap 'exit 0' INT TERM

  run "the set-up" scripts/setup.sh demo
  start "the board server" demo-app/backend/chaos.sh "$BOARD_PORT" "$CHAOS_PORT" "$BOARD_SERVER_PORT"
  start "the console server" e2e/backends/serve.sh daphne "$BACKEND_PORT"
  start_trunk
  await "the board server" answers "$BOARD_PORT" /healthz
  await "the console server" answers "$BACKEND_PORT" /healthz
  # trunk listens as soon as it has tried to build.
  await "trunk" listens "$DEMO_PORT"
  answers "$DEMO_PORT" / || die "the app could not be built"
  say
  say "Open $(address) -- Ctrl-C stops everything"
  say "To see the page recover, press 'Chaos' at its bottom: that cuts its link, restarts the server, and more."
  say "Or stop the board server with 'kill ${running[the board server]}'; start it again with '$(restart board)'"
  attend
}

# The app knows where the servers are by default. With an address of a server it would open on the console.
address() {
  local query=() page=
  [[ $BOARD_PORT == 8001 && $CHAOS_PORT == 8002 ]] ||
    query+=("board=ws://127.0.0.1:$BOARD_PORT/ws/board/" "chaos=http://127.0.0.1:$CHAOS_PORT")
  [[ $BACKEND_PORT == 8000 ]] || query+=("url=ws://127.0.0.1:$BACKEND_PORT/ws/app/") page='#/'
  printf 'http://127.0.0.1:%s/%s%s' "$DEMO_PORT" "${query[*]:+?$(IFS='&' && printf '%s' "${query[*]}")}" "$page"
}

# restart board|backend: the command for it.
restart() {
  local port=
  case $1 in
    board) [[ $BOARD_PORT == 8001 ]] || port=" BOARD_PORT=$BOARD_PORT" ;;
    backend) [[ $BACKEND_PORT == 8000 ]] || port=" BACKEND_PORT=$BACKEND_PORT" ;;
  esac
  printf 'make %s%s' "$1" "$port"
}

start_trunk() {
  say "Building the app (about 2 minutes the first time) ..."
  # trunk would serve the old one after a build that failed.
  rm -rf demo-app/dist
  start "trunk" env --chdir demo-app trunk serve --release --offline --locked \
    --disable-address-lookup --address 127.0.0.1 --port "$DEMO_PORT"
}

# attend: until trunk ends. Without a server the page has something to show, so that may go.
attend() {
  local gone name
  while [[ ${running[trunk]-} ]]; do
    wait -n -p gone "${running[@]}" || true
    for name in "${!running[@]}"; do
      [[ ${running[$name]} == "$gone" ]] || continue
      unset "running[$name]"
      case $name in
        "the board server") say "$name has stopped; start it again with '$(restart board)'" ;;
        "the console server") say "$name has stopped; start it again with '$(restart backend)'" ;;
      esac
    done
  done
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
