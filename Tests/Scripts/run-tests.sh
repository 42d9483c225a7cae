#!/bin/bash
# Runs `swift test --skip-build` with the given filters, and names what failed once more at the end: thousands of lines of
# passed tests may stand between.
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test --skip-build "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [ "$status" -ne 0 ]; then
    echo "failed:"
    grep -E '^(✘ Test .* recorded an issue|✘ Test .* failed|.*Fatal error:)' "$log" | cut -c1-2000
fi
exit "$status"
