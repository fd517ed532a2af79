#!/usr/bin/env bash
# Runs the Django backend alone, in the foreground.
#   BACKEND_PORT     where it listens (8000)
#   BACKEND_SERVER   daphne (the default) or uvicorn
set -euo pipefail
. "$(dirname "$0")/lib.sh"

scripts/setup.sh backend
use_port BACKEND_PORT 8000
say "The Django server is at ws://127.0.0.1:$BACKEND_PORT/ws/app/ -- Ctrl-C stops it"
exec e2e/backends/serve.sh "${BACKEND_SERVER:-daphne}" "$BACKEND_PORT"
