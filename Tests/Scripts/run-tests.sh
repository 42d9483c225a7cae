#!/bin/bash
# Runs `swift test --skip-build` with the given filters, and names what failed once more at the end: thousands of lines of
# passed tests may stand between. With COVERAGE=FILE each test that the file names in its third column must have run and
# passed: one that is there and never runs shows nothing. COVERAGE_OF=gateway means the gateway's tests there, and nothing
# the launcher's.
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test --skip-build "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [ "$status" -ne 0 ]; then
    echo "failed:"
    grep -E '^(✘ Test .* recorded an issue|✘ Test .* failed|.*Fatal error:)' "$log" | cut -c1-2000
fi
if [ "$status" -eq 0 ] && [ -n "${COVERAGE:-}" ]; then
    names=$(grep -v '^#' "$COVERAGE" | cut -f3 | sed 's/; /\n/g' | grep -v -e '^attempts\.tsv$' -e '^not offered: ')
    case "${COVERAGE_OF:-}" in
        gateway) names=$(sed -n 's/^gateway: //p' <<< "$names" | sort -u) ;;
        *) names=$(grep -v '^gateway: ' <<< "$names" | sort -u) ;;
    esac
    [ -n "$names" ] || { echo "failed: $COVERAGE names no test"; exit 1; }
    while IFS= read -r name; do
        # Some acts only root can try; who is not is told so by the test.
        { [ "$EUID" -ne 0 ] && grep -qF "➜ Test \"$name\" skipped" "$log"; } || grep -qF "✔ Test \"$name\" " "$log" || { echo "failed: the test \"$name\" of $COVERAGE has not run"; status=1; }
    done <<< "$names"
fi
exit "$status"
