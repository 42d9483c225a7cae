#define _GNU_SOURCE
#include "CProbe.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

long probe_syscall(long number, long a, long b, long c, long d, long e, long f) {
    return syscall(number, a, b, c, d, e, f);
}

long probe_syscall_32(long number, long a, long b, long c) {
    long result = -ENOSYS;
#ifdef __x86_64__
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"(number), "b"(a), "c"(b), "d"(c)
                     : "memory", "cc", "r8", "r9", "r10", "r11");
#endif
    return result;
}

int probe_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest) {
    return posix_spawn_file_actions_addclosefrom_np(actions, lowest);
}

struct body {
    void (*run)(void *);
    void *context;
};

static void *run_body(void *argument) {
    struct body *body = argument;
    body->run(body->context);
    return NULL;
}

int probe_in_thread(void (*run)(void *), void *context) {
    pthread_t thread;
    struct body body = {run, context};
    int error = pthread_create(&thread, NULL, run_body, &body);
    return error != 0 ? error : pthread_join(thread, NULL);
}

const char *probe_errno_name(int number) {
    return strerrorname_np(number);
}

static int install(const struct sock_filter *filter, int length, unsigned flags) {
    struct sock_fprog program = {.len = (unsigned short)length, .filter = (struct sock_filter *)filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int probe_remove_syscalls(const struct probe_lack *lacks, size_t count) {
    struct sock_filter filter[400];
    int length = 0;
    if (count > 79) {
        errno = E2BIG;
        return -1;
    }
    const struct sock_filter load_number = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    filter[length++] = load_number;
    for (size_t i = 0; i < count; i++) {
        const struct probe_lack lack = lacks[i];
        filter[length++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, lack.number, 0, lack.mask == 0 ? 1 : 4);
        if (lack.mask != 0) {
            // The low half of the first argument (x86 is little-endian).
            filter[length++] =
                (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
            filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, lack.mask, 0, 1);
        }
        const uint32_t action =
            lack.error == -1 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | (uint32_t)lack.error;
        filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
        if (lack.mask != 0) filter[length++] = load_number;
    }
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return install(filter, length, 0);
}

static volatile sig_atomic_t listener_child;

static void pass_on(int signal) {
    kill(listener_child, signal);
}

int probe_with_listener(char *const *arguments) {
    const struct sock_filter permit = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    // One table of descriptors for both until exec gives the child its own, without the listener.
    int child = (int)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        if (install(&permit, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER) != -1) execvp(arguments[0], arguments);
        _exit(127);
    }
    listener_child = child;
    signal(SIGTERM, pass_on);
    int status = -1;
    while (child != -1 && waitpid(child, &status, 0) == -1 && errno == EINTR) {
    }
    return status;
}

int probe_listen_for_syscalls(void) {
    const struct sock_filter permit = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return install(&permit, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}
