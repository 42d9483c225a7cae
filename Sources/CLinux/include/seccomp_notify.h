// Seccomp user notification (seccomp_unotify(2)) and the calls made on behalf of its target.
#pragma once

#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned long clinux_notif_recv = SECCOMP_IOCTL_NOTIF_RECV;
static const unsigned long clinux_notif_send = SECCOMP_IOCTL_NOTIF_SEND;
static const unsigned long clinux_notif_addfd = SECCOMP_IOCTL_NOTIF_ADDFD;
static const unsigned long clinux_notif_id_valid = SECCOMP_IOCTL_NOTIF_ID_VALID;
// SECCOMP_IOCTL_NOTIF_SET_FLAGS and SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (kernel 6.6); Debian 12's headers end before.
static const unsigned long clinux_notif_set_flags = _IOW('!', 4, uint64_t);
static const unsigned long clinux_notif_sync_wake_up = 1;
static const uint32_t clinux_notif_continue = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
static const uint32_t clinux_addfd_flag_setfd = SECCOMP_ADDFD_FLAG_SETFD;
static const uint32_t clinux_filter_flag_new_listener = SECCOMP_FILTER_FLAG_NEW_LISTENER;
static const uint32_t clinux_filter_flag_wait_killable_recv = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

// PIDFD_THREAD (pidfd_open(2), kernel 6.9); Debian 12's headers end before.
static const uint32_t clinux_pidfd_thread = 0200;

static inline int clinux_ioctl(int fd, unsigned long request, void *argument) {
    return ioctl(fd, request, argument);
}

// With no parameters at all: EFAULT where it is permitted, for there is nothing to set up.
static inline long clinux_io_uring_setup(void) {
    return syscall(SYS_io_uring_setup, 1, NULL);
}

static inline long clinux_pidfd_open(int pid, uint32_t flags) {
    return syscall(SYS_pidfd_open, pid, flags);
}

static inline long clinux_pidfd_getfd(int pidfd, int fd) {
    return syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

// KCMP_FILES is 2 (linux/kcmp.h).
static inline long clinux_kcmp_files(int first, int second) {
    return syscall(SYS_kcmp, first, second, 2, 0, 0);
}

static inline long clinux_process_vm_readv(int pid, void *buffer, size_t length, uint64_t address) {
    // Two iovecs by hand: sys/uio.h brings in fd_set, whose field _GNU_SOURCE names differently from Swift's
    // Glibc module, and a build from nothing then fails on the two definitions.
    const uint64_t local[2] = {(uint64_t)buffer, length};
    const uint64_t remote[2] = {address, length};
    // The last argument goes over the stack, where an int would leave half of the word undefined.
    return syscall(SYS_process_vm_readv, pid, local, 1UL, remote, 1UL, 0UL);
}
