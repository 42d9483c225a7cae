// Files without a name: memfd_create(2).
#pragma once

#include <linux/memfd.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long clinux_memfd_create(const char *name, uint32_t flags) {
    return syscall(SYS_memfd_create, name, flags);
}
