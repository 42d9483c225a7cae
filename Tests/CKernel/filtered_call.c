#include "CKernel.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The child's exit status when the filter was not taken: no errno, and no status a filter leads to.
#define NOT_LOADED 255

int ckernel_call_under_filter(const void *instructions, uint16_t count, long number, const uint64_t a[6]) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    pid_t child = fork();
    if (child < 0) return CKERNEL_NOT_LOADED;
    if (child == 0) {
        // Only system calls from here on: the parent has threads, which may hold locks.
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(NOT_LOADED);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) _exit(NOT_LOADED);
        long result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        syscall(SYS_exit_group, result == -1 ? errno : 0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return CKERNEL_NOT_LOADED;
    if (WIFSIGNALED(status)) return CKERNEL_SIGNAL + WTERMSIG(status);
    return WEXITSTATUS(status) == NOT_LOADED ? CKERNEL_NOT_LOADED : WEXITSTATUS(status);
}
