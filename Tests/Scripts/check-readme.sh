#!/bin/bash
# The README names every make target that its readers need.
set -euo pipefail
for target in build run test check bench install; do
    grep -q "make $target" README.md || { echo "check: README.md does not mention make $target" >&2; exit 1; }
done
echo "check: README.md names its targets"
