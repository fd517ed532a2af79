#!/usr/bin/env bash
# Takes the README's picture of the demo, docs/demo.png.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

scripts/test.sh app
find_browser
cd e2e
exec npx playwright test --config screenshot.config.ts
