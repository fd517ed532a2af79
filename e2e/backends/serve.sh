#!/usr/bin/env bash
# serve.sh daphne|uvicorn PORT [django|observable|fastapi]
# Serves a backend (by default the Django one) on 127.0.0.1, in this very process: a signal for it is a signal for the
# server.
set -euo pipefail
cd "$(dirname "$0")/${3:-django}"
python=../../../.venv/bin/python

case ${3:-django} in
  django) application=backend.asgi:application ;;
  *)
    application=server:application
    # They share the handlers of the Django backend.
    export PYTHONPATH=../django
    ;;
esac

case ${1:-} in
  daphne) exec "$python" -m daphne --verbosity 0 --bind 127.0.0.1 --port "$2" "$application" ;;
  uvicorn) exec "$python" -m uvicorn --log-level warning --lifespan off --host 127.0.0.1 --port "$2" "$application" ;;
  *)
    echo "usage: serve.sh daphne|uvicorn PORT [django|observable|fastapi]" >&2
    exit 2
    ;;
esac
