// Processes, namespaces and privileges: clone3(2), unshare(2), prctl(2), pidfd_open(2), seccomp(2), keyctl(2).
#pragma once

#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

// Returns twice, as fork(2) does: no CLONE_VM, so the child owns a copy of everything. Not clone3(2): filters that
// look at the flags, such as systemd's RestrictNamespaces=, cannot see them there and refuse the whole call.
static inline long clinux_clone(uint64_t flags, int *pidfd) {
    return syscall(SYS_clone, flags | SIGCHLD, NULL, pidfd, NULL, 0);
}

// Calls body(context) in a child that has this process's memory until it executes a program or ends, and stands still
// meanwhile (vfork(2)). The child has a stack of its own.
int clinux_vfork(int (*body)(void *), void *context);

static inline long clinux_call_with_ones(long number) {
    return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
}

static inline long clinux_unshare(uint64_t flags) {
    return syscall(SYS_unshare, flags);
}

static inline int clinux_owner_of_namespace(int namespace) {
    return ioctl(namespace, NS_GET_USERNS);
}

static inline long clinux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return syscall(SYS_prctl, option, a, b, c, d);
}

static inline long clinux_pidfd_send_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static inline long clinux_close_range(uint32_t first, uint32_t last, uint32_t flags) {
    return syscall(SYS_close_range, first, last, flags);
}

static inline long clinux_seccomp(uint32_t operation, uint32_t flags, const void *args) {
    return syscall(SYS_seccomp, operation, flags, args);
}

static inline long clinux_keyctl(int operation, unsigned long argument) {
    return syscall(SYS_keyctl, operation, argument, 0, 0, 0);
}

// glibc's wrappers would signal every thread of the process; there is one, and no need for them.
static inline long clinux_setresuid(uint32_t id) {
    return syscall(SYS_setresuid, id, id, id);
}

static inline long clinux_setresgid(uint32_t id) {
    return syscall(SYS_setresgid, id, id, id);
}

static inline long clinux_seteffective_uid(uint32_t id) {
    return syscall(SYS_setresuid, -1, id, -1);
}

static inline long clinux_seteffective_gid(uint32_t id) {
    return syscall(SYS_setresgid, -1, id, -1);
}

static inline int clinux_signalfd(const sigset_t *mask) {
    return signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static inline const char *clinux_errno_name(int number) {
    return strerrorname_np(number);
}

// The arguments this process was started with.
int clinux_argument_count(void);
char **clinux_arguments(void);

// The environment, which Swift 6 does not let through as a global variable.
static inline char **clinux_environment(void) {
    return environ;
}
