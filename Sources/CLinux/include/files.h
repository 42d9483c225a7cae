// File calls whose Glibc declarations are variadic or hidden from Swift.
#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static const int64_t clinux_proc_super_magic = PROC_SUPER_MAGIC;
static const int64_t clinux_overlayfs_super_magic = OVERLAYFS_SUPER_MAGIC;
static const int64_t clinux_cgroup2_super_magic = CGROUP2_SUPER_MAGIC;
static const int32_t clinux_o_path = O_PATH;
static const int32_t clinux_o_tmpfile = O_TMPFILE;
static const int32_t clinux_at_empty_path_flag = AT_EMPTY_PATH;

static const int32_t clinux_ofd_getlk = F_OFD_GETLK;
static const int32_t clinux_ofd_setlk = F_OFD_SETLK;

static inline int clinux_fcntl_lock(int fd, int command, struct flock *lock) {
    return fcntl(fd, command, lock);
}

static inline int clinux_fstatfs(int fd, struct statfs *status) {
    return fstatfs(fd, status);
}

// By number: the header for it brings in sys/select.h.
static inline long clinux_fgetxattr(int fd, const char *name, void *value, unsigned long size) {
    return syscall(SYS_fgetxattr, fd, name, value, size);
}

// By number, too.
static inline long clinux_sendfile(int out, int in, unsigned long count) {
    return syscall(SYS_sendfile, out, in, NULL, count);
}

// Both ends closed by exec.
static inline int clinux_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

// Swift's Glibc has no renameat2(2).
static inline int clinux_renameat2(const char *old_path, const char *new_path, unsigned int flags) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, old_path, AT_FDCWD, new_path, flags);
}

static const uint32_t clinux_rename_exchange = 2;
static const uint32_t clinux_rename_noreplace = 1;

static inline int clinux_openat(int dir, const char *path, int flags, uint32_t mode) {
    return openat(dir, path, flags, mode);
}
