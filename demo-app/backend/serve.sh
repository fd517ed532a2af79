#!/usr/bin/env bash
# serve.sh PORT
# Serves the dispatch board on 127.0.0.1, in this very process: a signal for it is a signal for the server.
#   WORKERS        how many processes answer on that port (1); with more than one, REDIS_URL is needed too
#   DATABASE_URL   another database than SQLite
set -euo pipefail
cd "$(dirname "$0")"
python=../../.venv/bin/python
workers=${WORKERS:-1}

[[ $workers == 1 || ${REDIS_URL:-} ]] || {
  echo "several workers need REDIS_URL, so that a change reaches the pages of all of them" >&2
  exit 2
}
"$python" manage.py prepare
exec "$python" -m uvicorn --log-level warning --lifespan off --workers "$workers" \
  --host 127.0.0.1 --port "$1" dispatch.asgi:application
