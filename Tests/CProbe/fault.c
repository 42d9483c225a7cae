#define _GNU_SOURCE
#include "CProbe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most = 64 };

// A process of the start: the launcher is 0, its child 1, that one's child 2. Others are let alone.
struct process {
    pid_t pid;
    int role;
    // Whether it stands still until its parent's stop has told whose child it is.
    bool is_unknown;
    bool is_waiting;
};

static struct process processes[most];

static struct process *process_of(pid_t pid) {
    struct process *free = NULL;
    for (int i = 0; i < most; i++) {
        if (processes[i].pid == pid) return &processes[i];
        if (free == NULL && processes[i].pid == 0) free = &processes[i];
    }
    if (free != NULL) *free = (struct process){.pid = pid, .role = -1, .is_unknown = true};
    return free;
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// Ends whatever is still traced.
static void end_all(void) {
    for (int i = 0; i < most; i++) {
        if (processes[i].pid != 0) kill(processes[i].pid, SIGKILL);
    }
}

// Counted is what comes before the payload's program, in one process, until the call that fails.
static bool counts(const struct process *process, int role, const struct probe_fault_report *report) {
    return !report->has_executed && !report->has_failed && process->role == role;
}

static void resume(const struct process *process, int role, const struct probe_fault_report *report, int signal) {
    ptrace(counts(process, role, report) ? PTRACE_SYSCALL : PTRACE_CONT, process->pid, NULL, (long)signal);
}

// Whether a system call has errors at all.
static bool can_fail(long number) {
    switch (number) {
        case SYS_exit:
        case SYS_exit_group:
        case SYS_getegid:
        case SYS_geteuid:
        case SYS_getgid:
        case SYS_getpid:
        case SYS_getppid:
        case SYS_gettid:
        case SYS_getuid:
        case SYS_set_tid_address:
        case SYS_umask: return false;
        default: return true;
    }
}

struct probe_fault_report probe_fault(
    int role, int call, int error, char *const *arguments, int milliseconds, int hold
) {
    struct probe_fault_report report = {.status = -1, .number = -1};
    pid_t launcher = fork();
    if (launcher == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    int status = 0;
    if (launcher < 0 || waitpid(launcher, &status, 0) != launcher) return report;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | (hold > 0 ? PTRACE_O_TRACEVFORKDONE : 0);
    ptrace(PTRACE_SETOPTIONS, launcher, NULL, options);
    *process_of(launcher) = (struct process){.pid = launcher, .role = -1};
    ptrace(PTRACE_CONT, launcher, NULL, NULL);

    bool has_ended = false;
    struct process *held = NULL;
    long release = 0;
    long deadline = now() + milliseconds;
    for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);
        if (pid < 0) {
            if (errno == EINTR) continue;
            return report;
        }
        if (pid == 0) {
            if (held != NULL && now() > release) {
                resume(held, role, &report, 0);
                held = NULL;
            }
            // Nothing to tell right now. What is still there a while after the launcher's end is left behind.
            if (now() > deadline) {
                report.is_hanging = !has_ended;
                report.is_left_behind = has_ended;
                end_all();
                while (waitpid(-1, &status, __WALL) > 0 || errno == EINTR) continue;
                return report;
            }
            usleep(100);
            continue;
        }
        struct process *process = process_of(pid);
        if (process == NULL) continue;
        if (!WIFSTOPPED(status)) {
            if (pid == launcher) {
                report.status = status;
                has_ended = true;
                deadline = now() + 5000;
            }
            if (WIFSIGNALED(status) && process->role >= 0 && process->role < 3) {
                report.signals[process->role] = WTERMSIG(status);
            }
            process->pid = 0;
            continue;
        }
        int event = status >> 16, signal = WSTOPSIG(status), pass = 0;
        if (event == PTRACE_EVENT_EXEC) {
            if (pid == launcher && process->role == -1) process->role = 0;
            if (process->role == 2) report.has_executed = true;
        } else if (event == PTRACE_EVENT_VFORK_DONE) {
            // The parent may go on: the program of its child runs.
            if (process->role == 1) {
                held = process;
                release = now() + hold;
                continue;
            }
        } else if (event != 0) {
            unsigned long child = 0;
            ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child);
            struct process *made = process_of((pid_t)child);
            if (made != NULL) {
                made->role = process->role < 0 ? -1 : process->role + 1;
                made->is_unknown = false;
                if (made->is_waiting) resume(made, role, &report, 0);
                made->is_waiting = false;
            }
        } else if (signal == SIGSTOP && process->is_unknown) {
            process->is_waiting = true;
            continue;
        } else if (signal == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info info = {0};
            struct user_regs_struct registers;
            ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
            ptrace(PTRACE_GETREGS, pid, NULL, &registers);
            // The launcher's own first call looks whether its standard input is open; before it the C library and Swift's
            // runtime set themselves up.
            if (info.op == PTRACE_SYSCALL_INFO_ENTRY && process->role == 0 && report.calls_before_main == 0 &&
                registers.orig_rax == SYS_fcntl) {
                report.calls_before_main = report.calls;
            }
            if (info.op == PTRACE_SYSCALL_INFO_ENTRY && counts(process, role, &report) &&
                can_fail((long)registers.orig_rax) &&
                (++report.calls == call || (call < 0 && (long)registers.orig_rax == -call))) {
                report.has_failed = true;
                report.number = (int)registers.orig_rax;
                if (error == 0) {
                    kill(pid, SIGKILL);
                } else {
                    unsigned long argument = registers.rdi;
                    if (report.number == SYS_brk) {
                        // It has no errors: it answers with the end of the heap, which then has not moved.
                        registers.rdi = 0;
                    } else if (report.number != SYS_close) {
                        // A close that fails closes all the same (close(2)).
                        registers.orig_rax = (unsigned long)-1;
                    }
                    ptrace(PTRACE_SETREGS, pid, NULL, &registers);
                    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
                    if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
                        ptrace(PTRACE_GETREGS, pid, NULL, &registers);
                        if (report.number == SYS_brk) {
                            registers.rdi = argument;
                        } else {
                            registers.rax = (unsigned long)-error;
                        }
                        ptrace(PTRACE_SETREGS, pid, NULL, &registers);
                    }
                }
            }
        } else if (signal != SIGSTOP) {
            pass = signal;
        }
        resume(process, role, &report, pass);
    }
}
