#include "CLinux.h"

// Every other shim is inline, in include/.

static int count;
static char **arguments;

// The C library passes on what the kernel laid out. Swift's own CommandLine reads /proc/self/cmdline, and has no arguments
// at all where that fails.
__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
    count = argc;
    arguments = argv;
}

int clinux_argument_count(void) {
    return count;
}

char **clinux_arguments(void) {
    return arguments;
}
