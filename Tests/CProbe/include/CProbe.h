// What the isolation probe needs of C: system calls by number, and the two entries a filter must not forget.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// One system call by its number, with errno as it leaves it.
long probe_syscall(long number, long a, long b, long c, long d, long e, long f);

// One system call through the 32-bit entry (int 0x80), whose numbers are i386's. Returns what the kernel answers.
long probe_syscall_32(long number, long a, long b, long c);

// The name of an error number, such as EACCES; null for none.
const char *probe_errno_name(int number);

// Runs `body` in a second thread and waits for its end. Returns 0, or the error number of pthread_create(3).
int probe_in_thread(void (*body)(void *), void *context);

// A system call to take away: `number` fails with `error`, or kills the process when that is -1, where its first argument
// has one of the bits of `mask`, or always when that is 0.
struct probe_lack {
    uint32_t number;
    uint32_t mask;
    int32_t error;
};

// Takes system calls away from here on with a filter that permits the rest. For playing a poorer host. Returns 0, or
// -1 with errno.
int probe_remove_syscalls(const struct probe_lack *lacks, size_t count);

// Runs a command under a filter that permits everything and has a listener, which this process holds until the command
// has ended. Returns the wait status, or -1 with errno.
int probe_with_listener(char *const *arguments);
