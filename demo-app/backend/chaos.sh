#!/usr/bin/env bash
# chaos.sh PORT CONTROL_PORT SERVER_PORT
# Serves the dispatch board behind a proxy that breaks links when the control port is told to. A signal for this process is one for
# the proxy, which ends the server with itself. serve.sh has the settings.
set -euo pipefail
cd "$(dirname "$0")"
exec ../../.venv/bin/python -m chaos --listen "$1" --control "$2" --upstream "$3" -- ./serve.sh "$3"
