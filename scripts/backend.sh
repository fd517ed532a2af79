#!/usr/bin/env bash
# Runs one of the demo's servers alone, in the foreground.
#   scripts/backend.sh         the console's
#     BACKEND_PORT     where it listens (8000)
#     BACKEND_SERVER   daphne (the default) or uvicorn
#   scripts/backend.sh board   the dispatch board's
#     BOARD_PORT       where it listens (8001); demo-app/backend/README.md has more settings
set -euo pipefail
. "$(dirname "$0")/lib.sh"

scripts/setup.sh backend
case ${1:-} in
  '')
    use_port BACKEND_PORT 8000
    say "The Django server is at ws://127.0.0.1:$BACKEND_PORT/ws/app/ -- Ctrl-C stops it"
    exec e2e/backends/serve.sh "${BACKEND_SERVER:-daphne}" "$BACKEND_PORT"
    ;;
  board)
    use_port BOARD_PORT 8001
    say "The board's server is at ws://127.0.0.1:$BOARD_PORT/ws/board/ -- Ctrl-C stops it"
    exec demo-app/backend/serve.sh "$BOARD_PORT"
    ;;
  *) die "usage: scripts/backend.sh [board]" ;;
esac
