// What event loops are made of (epoll(7), eventfd(2)).
//
// By number and with a structure of its own: sys/epoll.h brings in fd_set, whose field _GNU_SOURCE names differently from
// Swift's Glibc module, and a build from nothing then fails on the two definitions.
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// struct epoll_event, which x86-64 packs.
struct clinux_epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

static inline int clinux_epoll_create(void) {
    return (int)syscall(SYS_epoll_create1, O_CLOEXEC);
}

// EPOLL_CTL_ADD is 1, and so is EPOLLIN.
static inline int clinux_epoll_add(int epoll, int descriptor) {
    struct clinux_epoll_event event = {1, 0};
    return (int)syscall(SYS_epoll_ctl, epoll, 1, descriptor, &event);
}

static inline int clinux_eventfd(void) {
    return (int)syscall(SYS_eventfd2, 0, O_CLOEXEC | O_NONBLOCK);
}
