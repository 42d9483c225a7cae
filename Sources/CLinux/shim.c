#include "CLinux.h"

#include <errno.h>
#include <sys/mman.h>

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

// Part of the program, so that it takes no call to get and no memory until it is used. Whoever reaches its lowest page must
// not get any further.
#define STACK_SIZE (512 << 10)
static char stack[STACK_SIZE] __attribute__((aligned(4096)));

int clinux_vfork(int (*body)(void *), void *context) {
    if (mprotect(stack, 4096, PROT_NONE) == -1)
        return -1;
    int child = clone(body, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, context);
    int error = errno;
    // Nothing in it is needed any more. Where its memory is not taken back, that is all there is to it.
    (void)madvise(stack, STACK_SIZE, MADV_DONTNEED);
    errno = error;
    return child;
}
