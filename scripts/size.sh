#!/usr/bin/env bash
# Measures how large pages are with leptos-socket and without it.
#   scripts/size.sh           all pages, for docs/SIZE.md; lowers bench/budget.json where a page of ours became smaller
#   scripts/size.sh hooks     each hook alone on top of the plain page, for docs/SIZE.md too (minutes)
#   scripts/size.sh check     fails where a page of ours has grown beyond bench/budget.json
set -euo pipefail
. "$(dirname "$0")/lib.sh"

readonly SITES=$TARGET/size
readonly PAGES=(bare gloo use_websocket socket everything)
readonly INSPECTOR_PAGES=(inspectable inspected)

main() {
  case ${1:-all} in
    all) measure_pages ;;
    hooks) measure_hooks ;;
    check) check_budget ;;
    *) die "usage: scripts/size.sh [hooks|check]" ;;
  esac
}

measure_pages() {
  local page
  scripts/setup.sh demo
  build_pages others bare gloo use_websocket
  build_pages everything socket everything
  for page in "${PAGES[@]}"; do shrink_page "$page" "$SITES/$page"; done
  for page in "${INSPECTOR_PAGES[@]}"; do "make_$page"; done
  node bench/size/size.mjs report "$SITES"
}

measure_hooks() {
  local hook hooks
  scripts/setup.sh demo
  mapfile -t hooks < <(sed -n '/^everything = \[/,/^\]/s/^ *"\(.*\)",$/\1/p' bench/Cargo.toml)
  build_pages everything socket
  shrink_page socket "$SITES/socket"
  for hook in "${hooks[@]}"; do
    say "$hook"
    build_pages "$hook" everything
    shrink_page everything "$SITES/$hook"
  done
  node bench/size/size.mjs hooks "$SITES" "${hooks[@]}"
}

check_budget() {
  build_pages everything socket everything
  shrink_page socket "$SITES/socket" &
  shrink_page everything "$SITES/everything"
  wait $!
  make_inspectable
  node bench/size/size.mjs check "$SITES"
}

# The page `socket` again, with the feature `inspector` on: it should cost next to nothing.
make_inspectable() {
  build_pages inspectable socket
  shrink_page socket "$SITES/inspectable"
}

# The page `socket` with an inspector.
make_inspected() {
  build_pages inspector everything
  shrink_page everything "$SITES/inspected"
}

main "$@"
