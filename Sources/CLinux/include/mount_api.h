// The descriptor-based mount interface: open_tree(2), move_mount(2), fsopen(2), mount_setattr(2), openat2(2).
#pragma once

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// linux/mount.h and Glibc both name MS_*; these are the ones Swift uses, under one name each.
static const uint32_t clinux_open_tree_clone = OPEN_TREE_CLONE;
static const uint32_t clinux_open_tree_cloexec = O_CLOEXEC;
static const uint32_t clinux_at_recursive = 0x8000;
static const uint32_t clinux_at_empty_path = 0x1000;
static const uint64_t clinux_mount_attr_rdonly = MOUNT_ATTR_RDONLY;
static const uint64_t clinux_mount_attr_nosuid = MOUNT_ATTR_NOSUID;
static const uint64_t clinux_mount_attr_nodev = MOUNT_ATTR_NODEV;
static const uint64_t clinux_ms_private = MS_PRIVATE;
static const uint64_t clinux_mount_attr_noexec = MOUNT_ATTR_NOEXEC;

static inline long clinux_open_tree(int dir, const char *path, uint32_t flags) {
    return syscall(SYS_open_tree, dir, path, flags);
}

static inline long clinux_move_mount(
    int from_dir, const char *from_path, int to_dir, const char *to_path, uint32_t flags) {
    return syscall(SYS_move_mount, from_dir, from_path, to_dir, to_path, flags);
}

static inline long clinux_fsopen(const char *type, uint32_t flags) {
    return syscall(SYS_fsopen, type, flags);
}

static inline long clinux_fsconfig(int fs, uint32_t command, const char *key, const char *value) {
    return syscall(SYS_fsconfig, fs, command, key, value, 0);
}

static inline long clinux_fsmount(int fs, uint32_t flags, uint32_t attributes) {
    return syscall(SYS_fsmount, fs, flags, attributes);
}

static inline long clinux_mount_setattr(int dir, const char *path, uint32_t flags, uint64_t set, uint64_t propagation) {
    struct mount_attr attr = {set, 0, propagation, 0};
    return syscall(SYS_mount_setattr, dir, path, flags, &attr, sizeof attr);
}

static inline long clinux_mount_setattr_idmap(int dir, uint32_t flags, int user_namespace) {
    struct mount_attr attr = {MOUNT_ATTR_IDMAP, 0, 0, (uint64_t)user_namespace};
    return syscall(SYS_mount_setattr, dir, "", flags, &attr, sizeof attr);
}

static inline long clinux_pivot_root(const char *new_root, const char *put_old) {
    return syscall(SYS_pivot_root, new_root, put_old);
}

static inline long clinux_openat2(int dir, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {flags, 0, resolve};
    return syscall(SYS_openat2, dir, path, &how, sizeof how);
}
