#define _GNU_SOURCE
#include "CProbe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

int probe_run_with_interruption(int number, const char *command, char *const *arguments) {
    pid_t child = fork();
    if (child == -1) return -1;
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(126);
        raise(SIGSTOP);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) == -1 || !WIFSTOPPED(status)) return -1;
    // A system call's stop is told from a signal's by bit 7 then.
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    int signal = 0;
    while (1) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, signal) != 0 || waitpid(child, &status, 0) == -1) return -1;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            errno = ENODATA;
            return -1;
        }
        signal = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
        struct user_regs_struct registers;
        if (ptrace(PTRACE_GETREGS, child, NULL, &registers) != 0) return -1;
        if ((int)registers.orig_rax == number) break;
    }
    int failed = system(command);
    if (failed != 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        errno = ECANCELED;
        return -1;
    }
    ptrace(PTRACE_DETACH, child, NULL, NULL);
    return waitpid(child, &status, 0) == -1 ? -1 : status;
}
