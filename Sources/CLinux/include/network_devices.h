// Network interfaces (netdevice(7)).
#pragma once

#include <linux/sockios.h>
#include <stdint.h>

static const unsigned long clinux_get_interface_flags = SIOCGIFFLAGS;
static const unsigned long clinux_set_interface_flags = SIOCSIFFLAGS;
// IFF_UP (linux/if.h, which cannot be included beside net/if.h).
static const int16_t clinux_interface_up = 1;

// struct ifreq for the flags of one interface.
struct clinux_interface_request {
    char name[16];
    int16_t flags;
    char rest[22];
};
