// What the isolation probe and the tests that start programs need of C: system calls by number, the two entries a filter
// must not forget, and what Swift does not import.
#pragma once

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// One system call by its number, with errno as it leaves it.
long probe_syscall(long number, long a, long b, long c, long d, long e, long f);

// One system call through the 32-bit entry (int 0x80), whose numbers are i386's. Returns what the kernel answers.
long probe_syscall_32(long number, long a, long b, long c);

// Has a program that is started with `actions` find no descriptor open from `lowest` up but those that later actions
// open (posix_spawn_file_actions_addclosefrom_np, which Swift does not import). Returns 0 or an error number.
int probe_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest);

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

// Puts a filter on top that hands calls over to whoever holds its listener (seccomp_unotify(2)). Returns the listener,
// or -1 with errno.
int probe_listen_for_syscalls(void);

// How the tries of a race ended. `wins` counts what the kernel shows (getsockname(2), /proc/net/tcp), whatever the call
// returned; `other` what was neither permitted nor refused by a rule.
struct probe_race {
    int permitted;
    int refused;
    int other;
    int wins;
};

// Binds sockets to `port` of 127.0.0.1, which is permitted, while one thread flips the port to the next one and another
// the address to 0.0.0.0. A win is a socket that is bound anywhere else.
void probe_race_addresses(uint16_t port, int tries, struct probe_race *result);

// The same race outside of any sandbox, against a supervisor of our own that looks at the address and then lets the call
// go on: it can be won, so that a race without wins says something. Returns -1 when there is no race to be had.
int probe_race_naive_supervisor(uint16_t port, int tries, struct probe_race *result);

enum {
    // listen(2) on a bound Unix socket and a TCP socket that is not bound.
    PROBE_LISTEN,
    // bind(2) to port + 1 of a Unix socket and of a TCP socket.
    PROBE_BIND,
    // bind(2) to `port` of a TCP socket, and of another that has SO_REUSEPORT.
    PROBE_SHARED_PORT,
};

// Makes the call of `kind` on a descriptor that another thread makes stand now for the first socket, now for the second
// (dup2(2)). A win is a second socket that is bound, or listens. Returns -1 when there is no race to be had.
int probe_race_descriptors(int kind, uint16_t port, int tries, struct probe_race *result);

// Binds a TCP socket to `port` of 127.0.0.1 in a thread with a descriptor table of its own, under a number that is a Unix
// socket to the rest of the process. Returns the error number, 0 for none, -1 when it did not come to that; `shown` is
// the port the kernel shows.
int probe_bind_in_thread(uint16_t port, uint16_t *shown);

// Runs `arguments` up to where it first makes system call `number`, then `command` with a shell, and then lets it go on
// (ptrace(2)). Returns its wait status, or -1 with errno when it never made the call or `command` failed.
int probe_run_with_interruption(int number, const char *command, char *const *arguments);

// What became of a start one of whose system calls failed.
struct probe_fault_report {
    // The launcher's wait status, or -1.
    int status;
    // The calls counted, how many of them came before the launcher's own first, and the number of the one that failed, or
    // -1.
    int calls;
    int calls_before_main;
    int number;
    bool has_failed;
    // Whether the payload's program was executed.
    bool has_executed;
    // Whether the time was up before the launcher's end, or some seconds after it for another process.
    bool is_hanging;
    bool is_left_behind;
    // The signals that ended launcher, init and payload.
    int signals[3];
};

// Starts a launcher and makes the `call`-th system call of one of its processes fail with `error`, or kills the process
// there when `error` is 0. The launcher is process 0, init 1, the payload's 2; calls are counted from the process's
// beginning up to the execution of the payload's program in whichever process. A `call` of 0 only counts;
// one below 0 means the first system call with the number -`call`. Init stands still for `hold` milliseconds once the
// payload's program runs.
struct probe_fault_report probe_fault(
    int role, int call, int error, char *const *arguments, int milliseconds, int hold
);
