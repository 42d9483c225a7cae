#!/bin/bash
# The documentation of our modules as static pages: OUTPUT/MODULE for each, and what DocC finds wrong with it.
# Usage: docs.sh BUILD OUTPUT, where BUILD holds the modules of a debug build.
set -euo pipefail
build=$1 output=$2
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple" *: *"\(.*\)".*/\1/p' | head -1)
# Modules of C: those that SwiftPM made a map for, and those that bring one.
arguments=(-target "$target" -I "$build/Modules")
while IFS= read -r map; do arguments+=(-Xcc "-fmodule-map-file=$map"); done < <(
    find "$build/" -maxdepth 2 -name module.modulemap
    find Sources .build/checkouts/*/Sources -maxdepth 3 -name module.modulemap -not -path '*/GRDBSQLCipher/*')
rm -rf "$output"
status=0
for catalog in Sources/*/*.docc; do
    module=$(basename "$(dirname "$catalog")")
    symbols=$output/symbols/$module
    mkdir -p "$symbols"
    # Programs have none that are public.
    [ "$module" = mazelclaw ] || swift-symbolgraph-extract -module-name "$module" "${arguments[@]}" \
        -minimum-access-level public -skip-inherited-docs -output-dir "$symbols"
    docc convert "$catalog" --fallback-display-name "$module" --fallback-bundle-identifier "mazelclaw.$module" \
        --additional-symbol-graph-dir "$symbols" --output-path "$output/$module" --transform-for-static-hosting \
        --hosting-base-path "$module" --warnings-as-errors || status=1
done
rm -rf "$output/symbols"
[ "$status" -eq 0 ] && echo "built: $output"
exit "$status"
