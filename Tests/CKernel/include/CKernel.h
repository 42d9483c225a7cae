// What the C headers and the running kernel say, for tests.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The value of a constant of the C headers, or -1 for a name that is not in the table.
int64_t ckernel_constant(const char *name);

// What became of a system call made by a child process under a filter.
enum {
    CKERNEL_SIGNAL = 1000,  // Added to the signal that ended the child.
    CKERNEL_NOT_LOADED = -1,  // The kernel did not take the filter.
};

// Makes one system call in a child that has loaded `count` instructions (struct sock_filter) and gives its
// errno, 0 for success, or one of the numbers above.
int ckernel_call_under_filter(const void *instructions, uint16_t count, long number, const uint64_t arguments[6]);
