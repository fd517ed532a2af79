#!/usr/bin/env bash
# serve.sh daphne|uvicorn PORT
# Serves the Django backend on 127.0.0.1, in this very process: a signal for it is a signal for the server.
set -euo pipefail
cd "$(dirname "$0")/django"
python=../../../.venv/bin/python

case ${1:-} in
  daphne) exec "$python" -m daphne --verbosity 0 --bind 127.0.0.1 --port "$2" backend.asgi:application ;;
  uvicorn) exec "$python" -m uvicorn --log-level warning --lifespan off --host 127.0.0.1 --port "$2" backend.asgi:application ;;
  *)
    echo "usage: serve.sh daphne|uvicorn PORT" >&2
    exit 2
    ;;
esac
