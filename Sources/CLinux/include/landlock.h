// Landlock (landlock(7)): definitions up to ABI 7. Debian 12 ships those of ABI 2.
#pragma once

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLINUX_LANDLOCK_CREATE_RULESET_VERSION 1u
#define CLINUX_LANDLOCK_CREATE_RULESET_ERRATA 2u
#define CLINUX_LANDLOCK_RULE_PATH_BENEATH 1
#define CLINUX_LANDLOCK_RULE_NET_PORT 2

struct clinux_landlock_ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

struct clinux_landlock_path_beneath_attr {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

struct clinux_landlock_net_port_attr {
    uint64_t allowed_access;
    uint64_t port;
};

static inline long clinux_landlock_create_ruleset(
    const struct clinux_landlock_ruleset_attr *attr, size_t size, uint32_t flags) {
    return syscall(SYS_landlock_create_ruleset, attr, size, flags);
}

static inline long clinux_landlock_add_path(int ruleset, uint64_t access, int parent) {
    struct clinux_landlock_path_beneath_attr attr = {access, parent};
    return syscall(SYS_landlock_add_rule, ruleset, CLINUX_LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
}

static inline long clinux_landlock_add_port(int ruleset, uint64_t access, uint64_t port) {
    struct clinux_landlock_net_port_attr attr = {access, port};
    return syscall(SYS_landlock_add_rule, ruleset, CLINUX_LANDLOCK_RULE_NET_PORT, &attr, 0);
}

static inline long clinux_landlock_restrict_self(int ruleset, uint32_t flags) {
    return syscall(SYS_landlock_restrict_self, ruleset, flags);
}
