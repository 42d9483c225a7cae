#!/bin/bash
# Runs `swift test --skip-build` with the given filters, and names what failed once more at the end: thousands of lines of
# passed tests may stand between. With COVERAGE="FILE..." each test that a file names in its third column must have run and
# passed: one that is there and never runs shows nothing. COVERAGE_OF=gateway means the gateway's tests there, and nothing
# the launcher's. FINDINGS=FILE names more such tests in its third column, all of them the gateway's.
set -uo pipefail
log=$(mktemp)
start=$(mktemp)
trap 'rm -f "$log" "$start"' EXIT
swift test --skip-build "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [ "$status" -ne 0 ]; then
    echo "failed:"
    grep -E '^(✘ Test .* recorded an issue|✘ Test .* failed|.*Fatal error:)' "$log" | cut -c1-2000
    # A fuzzer that crashed leaves the seed it was at; MAZELCLAW_FUZZ_SEED=N makes the next run begin there.
    find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'fuzz-*.seed' -newer "$start" -exec tail -n +1 {} +
fi
if [ "$status" -eq 0 ] && [ -n "${COVERAGE:-}" ]; then
    read -ra tables <<< "$COVERAGE"
    names=$(grep -hv '^#' "${tables[@]}" | cut -f3 | sed 's/; /\n/g' | grep -v -e '^attempts\.tsv$' -e '^not offered: ')
    case "${COVERAGE_OF:-}" in
        gateway) names=$(sed -n 's/^gateway: //p' <<< "$names" | sort -u) ;;
        *) names=$(grep -v '^gateway: ' <<< "$names" | sort -u) ;;
    esac
    [ -n "$names" ] || { echo "failed: $COVERAGE names no test"; exit 1; }
    if [ -n "${FINDINGS:-}" ]; then
        found=$(grep -v '^#' "$FINDINGS" | cut -f3 | sed 's/; /\n/g' | grep -v '^make [a-z]*$' | sort -u)
        [ -n "$found" ] || { echo "failed: $FINDINGS names no test"; exit 1; }
        names+=$'\n'$found
    fi
    while IFS= read -r name; do
        # Some acts only root can try; who is not is told so by the test.
        { [ "$EUID" -ne 0 ] && grep -qF "➜ Test \"$name\" skipped" "$log"; } || grep -qF "✔ Test \"$name\" " "$log" || { echo "failed: the test \"$name\" of $COVERAGE${FINDINGS:+ or $FINDINGS} has not run"; status=1; }
    done <<< "$names"
fi
exit "$status"
