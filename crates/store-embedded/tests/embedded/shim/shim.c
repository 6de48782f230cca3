/* Preloaded into a child process of the tests. Writes down, in order, every write to the journal,
 * every sync of it and every line to standard output, and can make some of them fail. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int log_fd = -1;
static atomic_long syncs, journal_writes, table_writes;

static long limit(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : -1;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SHIM_LOG");
    if (path) log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(const char *text, size_t len) {
    if (log_fd >= 0) syscall(SYS_write, log_fd, text, len);
}

static int is_file(int fd, const char *part) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0) return 0;
    path[len] = 0;
    return strstr(path, part) != NULL;
}

/* The batches' marks in what is written: <<client number>>. */
static void note_marks(const char *text, size_t len) {
    const char *end = text + len;
    while (text < end) {
        const char *from = memmem(text, end - text, "<<", 2);
        if (!from) return;
        const char *to = memmem(from, end - from, ">>", 2);
        if (!to || to - from > 100) { text = from + 2; continue; }
        char line[128];
        int size = snprintf(line, sizeof line, "journal %.*s\n", (int)(to - from - 2), from + 2);
        note(line, size);
        text = to + 2;
    }
}

ssize_t write(int fd, const void *data, size_t len) {
    if (fd == 1) note(data, len);
    else if (is_file(fd, ".jnl")) {
        long most = limit("SHIM_JOURNAL_WRITES_MAX");
        if (most >= 0 && atomic_fetch_add(&journal_writes, 1) >= most) {
            errno = ENOSPC;
            return -1;
        }
        note_marks(data, len);
    } else if (is_file(fd, "/store/keyspaces/1/tables/")) {
        if (atomic_fetch_add(&table_writes, 1) < limit("SHIM_TABLE_WRITES_FAIL")) {
            note("table refused\n", 14);
            errno = ENOSPC;
            return -1;
        }
    }
    return syscall(SYS_write, fd, data, len);
}

static int sync_with(long call, int fd) {
    if (!is_file(fd, ".jnl")) return syscall(call, fd);
    long most = limit("SHIM_SYNCS_MAX");
    if (most >= 0 && atomic_fetch_add(&syncs, 1) >= most) {
        errno = EIO;
        return -1;
    }
    int result = syscall(call, fd);
    if (result == 0) note("synced\n", 7);
    return result;
}

int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }
int fsync(int fd) { return sync_with(SYS_fsync, fd); }
