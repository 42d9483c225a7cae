#include <sys/capability.h>
#include <linux/securebits.h>
