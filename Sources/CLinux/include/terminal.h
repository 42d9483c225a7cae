// Requests of ioctl_tty(2) whose macros compute, which Swift does not import.
#pragma once

#include <asm/ioctls.h>
#include <sys/ioctl.h>

static const unsigned long clinux_tiocgwinsz = TIOCGWINSZ;
static const unsigned long clinux_tiocswinsz = TIOCSWINSZ;
static const unsigned long clinux_tiocsctty = TIOCSCTTY;
static const unsigned long clinux_tiocsptlck = TIOCSPTLCK;
static const unsigned long clinux_tiocgptpeer = TIOCGPTPEER;

// A request whose argument is a number and no pointer.
static inline int clinux_ioctl_number(int fd, unsigned long request, unsigned long argument) {
    return ioctl(fd, request, argument);
}
