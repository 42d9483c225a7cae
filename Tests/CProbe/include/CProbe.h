// What the isolation probe needs of C: system calls by number, and the two entries a filter must not forget.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// One system call by its number, with errno as it leaves it.
long probe_syscall(long number, long a, long b, long c, long d, long e, long f);

// One system call through the 32-bit entry (int 0x80), whose numbers are i386's. Returns what the kernel answers.
long probe_syscall_32(long number, long a, long b, long c);

// Starts a thread and waits for its end. Returns 0, or the error number of pthread_create(3).
int probe_thread(void);

// The name of an error number, such as EACCES; null for none.
const char *probe_errno_name(int number);

// Makes `count` system calls fail from here on: a filter that answers numbers[i] with errors[i], and permits
// the rest. For playing a poorer host. Returns 0, or -1 with errno.
int probe_remove_syscalls(const int *numbers, const int *errors, int count);
