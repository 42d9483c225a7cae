#!/bin/bash
# The README stays a short read, and names every make target.
set -euo pipefail
lines=$(wc -l < README.md)
[ "$lines" -lt 200 ] || { echo "check: README.md has $lines lines, 200 is the limit" >&2; exit 1; }
for target in build run test check bench install; do
    grep -q "make $target" README.md || { echo "check: README.md does not mention make $target" >&2; exit 1; }
done
echo "check: README.md has $lines lines"
