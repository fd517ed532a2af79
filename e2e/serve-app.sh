#!/usr/bin/env bash
# serve-app.sh PORT
# Serves the demo app as trunk built it.
set -euo pipefail
cd "$(dirname "$0")/.."

[[ -f demo-app/dist/index.html ]] || {
  echo "the demo app is not built: run 'make e2e'" >&2
  exit 1
}
# Standard error would be a line for each request.
exec .venv/bin/python -m http.server "$1" --bind 127.0.0.1 --directory demo-app/dist 2>/dev/null
