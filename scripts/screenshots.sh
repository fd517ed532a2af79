#!/usr/bin/env bash
# Takes the pictures of README and guide again: docs/pictures, light and dark, from the running demo.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

scripts/test.sh app
find_browser
cd e2e
exec npx playwright test --config screenshots.config.ts
