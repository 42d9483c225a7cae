// Which name services the C library asks (nsswitch.conf(5)).
#pragma once

// From nss.h, which itself includes half of the C library, in another shape than Swift's Glibc has it.
int __nss_configure_lookup(const char *database, const char *services);
