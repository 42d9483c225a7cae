#!/bin/bash
# What people read: words are spelled right, links between files of ours lead somewhere, and the README names every make
# target that its readers need.
set -euo pipefail
documents=(README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md policies/README.md)
status=0
# Swift's own words, and names made of several.
codespell --ignore-words-list=inout,atleast,upto,doubleclick "${documents[@]}" Makefile policies Sources || status=1
while IFS= read -r file; do
    while IFS= read -r link; do
        [ -e "$(dirname "$file")/$link" ] || { echo "check: $file: there is no $link" >&2; status=1; }
    done < <(grep -o '](\([^)#]*\)' "$file" | sed 's/^](//' | grep -v -e '^[a-z]*:' -e '^$' || true)
done < <(printf '%s\n' "${documents[@]}"; find Sources -name '*.md')
for target in build run test check bench install; do
    grep -q "make $target" README.md || { echo "check: README.md does not mention make $target" >&2; status=1; }
done
[ "$status" -eq 0 ] && echo "check: the documents are spelled right, and their links lead somewhere"
exit "$status"
