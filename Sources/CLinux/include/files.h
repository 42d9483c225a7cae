// File calls whose Glibc declarations are variadic or hidden from Swift.
#pragma once

#include <fcntl.h>
#include <stdint.h>

static const int32_t clinux_o_path = O_PATH;
static const int32_t clinux_at_empty_path_flag = AT_EMPTY_PATH;

static inline int clinux_openat(int dir, const char *path, int flags, uint32_t mode) {
    return openat(dir, path, flags, mode);
}
