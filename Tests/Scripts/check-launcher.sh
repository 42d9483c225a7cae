#!/bin/bash
# Guards on the launcher and the tools' helper: fully static, no threads, no Foundation, for unshare(CLONE_NEWUSER) needs one
# thread; and nothing of what a debug build can leave out.
set -euo pipefail
failed=0
fail() { echo "check: $*" >&2; failed=1; }
for program in "$@"; do
    file=$(LC_ALL=C readelf -l "$program")
    grep -q INTERP <<<"$file" && fail "$program needs a dynamic loader"
    symbols=$(nm "$program")
    for pattern in pthread_create dispatch_async Foundation swift_task_create; do
        grep -q "$pattern" <<<"$symbols" && fail "$program contains $pattern"
    done
    # It costs a start 0.3 ms, and one call of the collections' own search for a collection brings it in.
    grep -q _RegexParser <<<"$symbols" && fail "$program contains the library for regular expressions"
    for pattern in leavingOut 11Enforcement8Mutation CageLayer; do
        grep -q "$pattern" <<<"$symbols" && fail "$program can leave out layers: it contains $pattern"
    done
    grep -qE 'user-namespace-limit|die-with-gateway' "$program" && fail "$program knows the names of layers"
done
if grep -rnE '^\s*(internal |public |package )?import (Foundation|FoundationEssentials|Dispatch)' \
    Sources/{CLinux,JSON,Policy,Profiles,Linux,Enforcement,Cage,mazelclaw-run,mazelclaw-tool}; then
    fail "the launcher's column imports Foundation or Dispatch"
fi
# A build from nothing fails on the two definitions of fd_set, an incremental one does not notice.
if clang -D_GNU_SOURCE -M -x c Sources/CLinux/include/CLinux.h | grep -q sys/select.h; then
    fail "Sources/CLinux/include brings in sys/select.h, whose fd_set Swift's Glibc module defines otherwise"
fi
[ "$failed" -eq 0 ] && echo "check: the launcher and the tools' helper are static and single-threaded"
exit "$failed"
