// Which name services the C library asks (nsswitch.conf(5)).
#pragma once

#include <nss.h>
