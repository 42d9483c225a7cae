// Kernel interfaces that Swift's Glibc import does not reach.
//
// One shim is one system call with its raw result: -1 and errno on failure. No branches here; deciding
// is Swift's business. Constants come from the kernel's headers where Debian 12 has them; what its 6.1
// headers lack stands in landlock.h of this folder.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "event_polling.h"
#include "files.h"
#include "image.h"
#include "landlock.h"
#include "memory_file.h"
#include "mount_api.h"
#include "name_service.h"
#include "network_devices.h"
#include "process.h"
#include "seccomp_notify.h"
#include "socket_diagnostics.h"
#include "terminal.h"
