#define _GNU_SOURCE
#include "CProbe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// What the racing threads share. The memory and the descriptor table are the process's own.
struct race {
    atomic_int stop;
    struct sockaddr_in address;
    uint16_t ports[2];
    uint32_t hosts[2];
    // The descriptor that is swapped, and the two sockets it stands for by turns.
    int number;
    atomic_int sockets[2];
};

// One value a round: a thread that is stopped between two rounds, as on a machine of one core, leaves either.
static void *flip_port(void *argument) {
    struct race *race = argument;
    volatile uint16_t *port = &race->address.sin_port;
    for (unsigned round = 0; !race->stop; round++) *port = race->ports[round % 2];
    return NULL;
}

static void *flip_host(void *argument) {
    struct race *race = argument;
    volatile uint32_t *host = &race->address.sin_addr.s_addr;
    for (unsigned round = 0; !race->stop; round++) *host = race->hosts[round % 2];
    return NULL;
}

static void *swap_sockets(void *argument) {
    struct race *race = argument;
    while (!race->stop) {
        dup2(race->sockets[0], race->number);
        dup2(race->sockets[1], race->number);
    }
    return NULL;
}

// Where the kernel has a socket, by its own account; port 0 when it has it nowhere.
static struct sockaddr_in place(int socket) {
    struct sockaddr_in shown = {0};
    socklen_t length = sizeof shown;
    getsockname(socket, (struct sockaddr *)&shown, &length);
    return shown;
}

static void count(struct probe_race *result, long outcome) {
    if (outcome == 0) {
        result->permitted++;
    } else if (errno == EACCES) {
        result->refused++;
    } else {
        result->other++;
    }
}

// Whether to try once more. Where the machine is busy the threads that race may not have run yet: then nothing was tried, so it
// goes on until they have, up to a hundred times as long.
static int goes_on(const struct probe_race *result, int tried, int tries) {
    if (tried < tries) return 1;
    if (result->permitted > 0 && result->refused > 0) return 0;
    sched_yield();
    return tried / 100 < tries;
}

static int tcp(int reuse_port) {
    int one = 1;
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (reuse_port) setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    return made;
}

void probe_race_addresses(uint16_t port, int tries, struct probe_race *result) {
    struct race race = {
        .address = {.sin_family = AF_INET},
        .ports = {htons(port), htons((uint16_t)(port + 1))},
        .hosts = {htonl(INADDR_LOOPBACK), htonl(INADDR_ANY)},
    };
    race.address.sin_port = race.ports[0];
    race.address.sin_addr.s_addr = race.hosts[0];
    memset(result, 0, sizeof *result);
    pthread_t threads[2];
    if (pthread_create(&threads[0], NULL, flip_port, &race) != 0) return;
    if (pthread_create(&threads[1], NULL, flip_host, &race) != 0) return;
    for (int i = 0; goes_on(result, i, tries); i++) {
        int socket = tcp(0);
        long outcome = syscall(SYS_bind, socket, &race.address, sizeof race.address);
        count(result, outcome);
        // What it was permitted counts for nothing; where it is now does.
        struct sockaddr_in shown = place(socket);
        if (shown.sin_port != 0
            && (shown.sin_port != race.ports[0] || shown.sin_addr.s_addr != race.hosts[0])) {
            result->wins++;
        }
        close(socket);
    }
    race.stop = 1;
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

struct naive {
    uint16_t port;
    int tries;
    struct probe_race *result;
    atomic_int listener;
    atomic_int done;
};

static void *race_under_filter(void *argument) {
    struct naive *naive = argument;
    // Of this thread alone, and of those it starts.
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bind, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    naive->listener =
        (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (naive->listener >= 0) probe_race_addresses(naive->port, naive->tries, naive->result);
    naive->done = 1;
    return NULL;
}

int probe_race_naive_supervisor(uint16_t port, int tries, struct probe_race *result) {
    struct naive naive = {.port = port, .tries = tries, .result = result, .listener = -2};
    memset(result, 0, sizeof *result);
    pthread_t thread;
    if (pthread_create(&thread, NULL, race_under_filter, &naive) != 0) return -1;
    while (naive.listener == -2) sched_yield();
    while (!naive.done) {
        struct pollfd waiting = {.fd = naive.listener, .events = POLLIN};
        if (poll(&waiting, 1, 10) != 1) continue;
        struct seccomp_notif call = {0};
        if (ioctl(naive.listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
        struct sockaddr_in address;
        memcpy(&address, (const void *)(uintptr_t)call.data.args[1], sizeof address);
        struct seccomp_notif_resp answer = {.id = call.id};
        if (address.sin_port == htons(port) && address.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) {
            answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        } else {
            answer.error = -EACCES;
        }
        ioctl(naive.listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    pthread_join(thread, NULL);
    close(naive.listener);
    return 0;
}

// Whether the kernel's table of this network namespace has a socket of that inode listening (proc(5), /proc/net/tcp).
static int is_listed(ino_t inode) {
    char line[512], pattern[32];
    int found = 0;
    snprintf(pattern, sizeof pattern, " %lu ", (unsigned long)inode);
    FILE *table = fopen("/proc/net/tcp", "re");
    if (table == NULL) return 0;
    while (fgets(line, sizeof line, table) != NULL) {
        if (strstr(line, " 0A ") != NULL && strstr(line, pattern) != NULL) found = 1;
    }
    fclose(table);
    return found;
}

static int is_listening(int socket, int looks_at_table) {
    int value = 0;
    socklen_t length = sizeof value;
    struct stat status;
    getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &value, &length);
    return value != 0 || (looks_at_table && fstat(socket, &status) == 0 && is_listed(status.st_ino));
}

int probe_race_descriptors(int kind, uint16_t port, int tries, struct probe_race *result) {
    struct race race = {.address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
    // A port that may be bound where the sockets differ in whether it may be shared, else one that may not.
    race.address.sin_port = htons(kind == PROBE_SHARED_PORT ? port : (uint16_t)(port + 1));
    memset(result, 0, sizeof *result);
    int harmless = -1;
    if (kind == PROBE_SHARED_PORT) {
        harmless = tcp(0);
    } else {
        harmless = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        // The empty address has the kernel choose an abstract name (unix(7), autobind).
        sa_family_t family = AF_UNIX;
        if (syscall(SYS_bind, harmless, &family, sizeof family) != 0) return -1;
    }
    int forbidden = tcp(kind == PROBE_SHARED_PORT);
    race.sockets[0] = harmless;
    race.sockets[1] = forbidden;
    race.number = fcntl(harmless, F_DUPFD_CLOEXEC, 100);
    pthread_t thread;
    if (pthread_create(&thread, NULL, swap_sockets, &race) != 0) return -1;
    for (int i = 0; goes_on(result, i, tries); i++) {
        long outcome = kind == PROBE_LISTEN
            ? syscall(SYS_listen, race.number, 1)
            : syscall(SYS_bind, race.number, &race.address, sizeof race.address);
        // An address of the other family is what a Unix socket refuses by itself.
        if (kind == PROBE_BIND && outcome != 0 && errno == EINVAL) {
            result->permitted++;
        } else {
            count(result, outcome);
        }
        int won = kind == PROBE_LISTEN
            ? is_listening(forbidden, i % 1000 == 999)
            : place(forbidden).sin_port != 0;
        if (won) {
            result->wins++;
            int next = tcp(kind == PROBE_SHARED_PORT);
            race.sockets[1] = next;
            close(forbidden);
            forbidden = next;
        }
        if (kind == PROBE_SHARED_PORT && place(harmless).sin_port != 0) {
            int next = tcp(0);
            race.sockets[0] = next;
            close(harmless);
            harmless = next;
        }
    }
    race.stop = 1;
    pthread_join(thread, NULL);
    close(harmless);
    close(forbidden);
    close(race.number);
    return 0;
}

struct threaded_bind {
    uint16_t port;
    int number;
    int error;
    uint16_t shown;
};

static void *bind_apart(void *argument) {
    struct threaded_bind *act = argument;
    act->error = -1;
    if (unshare(CLONE_FILES) != 0) return NULL;
    int own = tcp(0);
    if (dup2(own, act->number) < 0) return NULL;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(act->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    act->error = syscall(SYS_bind, act->number, &address, sizeof address) == 0 ? 0 : errno;
    act->shown = ntohs(place(act->number).sin_port);
    return NULL;
}

int probe_bind_in_thread(uint16_t port, uint16_t *shown) {
    struct threaded_bind act = {.port = port};
    // To the rest of the process the same number is a Unix socket.
    act.number = fcntl(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), F_DUPFD_CLOEXEC, 100);
    pthread_t thread;
    if (pthread_create(&thread, NULL, bind_apart, &act) != 0) return -1;
    pthread_join(thread, NULL);
    *shown = act.shown;
    return act.error;
}
