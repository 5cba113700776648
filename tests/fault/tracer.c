/* SPDX-License-Identifier: Apache-2.0 */
/* tracer [-s] [-e ERRNO -n N] [-l LOG] COMMAND...: runs COMMAND under ptrace, with all it starts,
 * and meddles with the system calls by which files are changed, those of libraries included.
 *
 *     -s        short: a write to a file takes one byte, a read gives at most seven
 *     -n N      the N-th change is not made and fails
 *     -e ERRNO  with this number
 *     -l LOG    a line for each change: the call and its paths; the one that failed; how many
 *
 * Changes are files opened for writing, written, cut, synced, renamed, linked and removed, and
 * directories made and removed. Removing never fails: it is what cleans up. Status: COMMAND's, or
 * 128 and its signal. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void)
{
    fprintf(stderr, "tracer: knows the registers of x86-64 only\n");
    return 77;
}
#else

enum { MAX_PATH = 4096 };

static struct {
    bool is_short;
    int error;
    unsigned long long at, n;
    FILE *log;
    pid_t failing; /* its call does not happen: the result is set when it returns */
} opt;

/* What a call is about: a path, a path relative to a directory, or a descriptor. */
struct call {
    long number;
    const char *name;
    int dir[2], path[2], fd; /* index of the argument; -1: none */
    bool removes;
};

static const struct call calls[] = {
    {SYS_open, "open", {-1, -1}, {0, -1}, -1, false},
    {SYS_openat, "open", {0, -1}, {1, -1}, -1, false},
    {SYS_creat, "open", {-1, -1}, {0, -1}, -1, false},
    {SYS_write, "write", {-1, -1}, {-1, -1}, 0, false},
    {SYS_pwrite64, "write", {-1, -1}, {-1, -1}, 0, false},
    {SYS_writev, "write", {-1, -1}, {-1, -1}, 0, false},
    {SYS_ftruncate, "truncate", {-1, -1}, {-1, -1}, 0, false},
    {SYS_fsync, "sync", {-1, -1}, {-1, -1}, 0, false},
    {SYS_fdatasync, "sync", {-1, -1}, {-1, -1}, 0, false},
    {SYS_rename, "rename", {-1, -1}, {0, 1}, -1, false},
    {SYS_renameat, "rename", {0, 2}, {1, 3}, -1, false},
    {SYS_renameat2, "rename", {0, 2}, {1, 3}, -1, false},
    {SYS_link, "link", {-1, -1}, {1, -1}, -1, false},
    {SYS_linkat, "link", {2, -1}, {3, -1}, -1, false},
    {SYS_symlink, "link", {-1, -1}, {1, -1}, -1, false},
    {SYS_symlinkat, "link", {1, -1}, {2, -1}, -1, false},
    {SYS_mkdir, "mkdir", {-1, -1}, {0, -1}, -1, false},
    {SYS_mkdirat, "mkdir", {0, -1}, {1, -1}, -1, false},
    {SYS_unlink, "remove", {-1, -1}, {0, -1}, -1, true},
    {SYS_unlinkat, "remove", {0, -1}, {1, -1}, -1, true},
    {SYS_rmdir, "remove", {-1, -1}, {0, -1}, -1, true},
};

static const struct call *find_call(long number)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

static unsigned long long *argument(struct user_regs_struct *r, int i)
{
    unsigned long long *const at[] = {&r->rdi, &r->rsi, &r->rdx, &r->r10, &r->r8, &r->r9};

    return at[i];
}

/* The text at an address of the traced process; ends at a page that cannot be read. */
static void read_text(pid_t pid, unsigned long long at, char out[MAX_PATH])
{
    size_t n = 0;

    for (; n < MAX_PATH - 1; n++) {
        struct iovec here = {out + n, 1}, there = {(void *)(uintptr_t)(at + n), 1};

        if (process_vm_readv(pid, &here, 1, &there, 1, 0) != 1 || !out[n])
            break;
    }
    out[n] = '\0';
}

static void read_link(pid_t pid, const char *what, int fd, char out[MAX_PATH])
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof link, fd < 0 ? "/proc/%d/%s" : "/proc/%d/%s/%d", (int)pid, what, fd);
    n = readlink(link, out, MAX_PATH - 1);
    out[n > 0 ? n : 0] = '\0';
}

static bool is_file(pid_t pid, int fd)
{
    char link[64];
    struct stat st;

    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, fd);
    return !stat(link, &st) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static void log_call(pid_t pid, const struct call *c, struct user_regs_struct *r)
{
    static char path[MAX_PATH], dir[MAX_PATH];

    fputs(c->name, opt.log);
    if (c->fd >= 0) {
        read_link(pid, "fd", (int)*argument(r, c->fd), path);
        fprintf(opt.log, " %s", path);
    }
    for (int i = 0; i < 2 && c->path[i] >= 0; i++) {
        int at = c->dir[i] >= 0 ? (int)*argument(r, c->dir[i]) : AT_FDCWD;

        read_text(pid, *argument(r, c->path[i]), path);
        read_link(pid, at == AT_FDCWD ? "cwd" : "fd", at == AT_FDCWD ? -1 : at, dir);
        fprintf(opt.log, " %s%s%s", *path == '/' ? "" : dir, *path == '/' ? "" : "/", path);
    }
    fputc('\n', opt.log);
}

/* An open that only reads, and descriptors that are no files or the caller's, change nothing. */
static bool changes(pid_t pid, const struct call *c, struct user_regs_struct *r)
{
    int flags = O_CREAT;

    if (c->fd >= 0)
        return *argument(r, c->fd) > STDERR_FILENO && is_file(pid, (int)*argument(r, c->fd));
    if (c->number == SYS_open || c->number == SYS_openat)
        flags = (int)*argument(r, c->path[0] + 1);
    return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC);
}

static void make_short(pid_t pid, struct user_regs_struct *r)
{
    static char path[MAX_PATH];
    bool reads = r->orig_rax == SYS_read || r->orig_rax == SYS_pread64,
         writes = r->orig_rax == SYS_write || r->orig_rax == SYS_pwrite64;
    unsigned long long most = writes ? 1 : 7;

    if ((reads || writes) && r->rdx > most && is_file(pid, (int)r->rdi)) {
        read_link(pid, "fd", (int)r->rdi, path);
        if (strstr(path, ".so")) /* the loader of libraries takes a whole header or none */
            return;
        r->rdx = most;
        ptrace(PTRACE_SETREGS, pid, NULL, r);
    }
}

static void on_entry(pid_t pid)
{
    struct user_regs_struct r;
    const struct call *c;

    if (ptrace(PTRACE_GETREGS, pid, NULL, &r))
        return;
    if (opt.is_short)
        make_short(pid, &r);
    c = find_call((long)r.orig_rax);
    if (!c || !changes(pid, c, &r))
        return;
    if (opt.log)
        log_call(pid, c, &r);
    if (c->removes)
        return;
    if (++opt.n == opt.at) {
        if (opt.log)
            fprintf(opt.log, "failed: %s\n", strerror(opt.error));
        r.orig_rax = (unsigned long long)-1;
        ptrace(PTRACE_SETREGS, pid, NULL, &r);
        opt.failing = pid;
    }
}

static void on_exit_of(pid_t pid)
{
    struct user_regs_struct r;

    if (opt.failing != pid || ptrace(PTRACE_GETREGS, pid, NULL, &r))
        return;
    r.rax = (unsigned long long)-(long long)opt.error;
    ptrace(PTRACE_SETREGS, pid, NULL, &r);
    opt.failing = 0;
}

/* The signal to pass on. */
static int on_stop(pid_t pid, int status)
{
    struct __ptrace_syscall_info info;
    int sig = WSTOPSIG(status);

    if (sig == (SIGTRAP | 0x80)) {
        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0)
            return 0;
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
            on_entry(pid);
        else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
            on_exit_of(pid);
        return 0;
    }
    return status >> 16 || sig == SIGSTOP ? 0 : sig;
}

static int trace(pid_t root)
{
    int status, result = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status))
            ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)on_stop(pid, status));
        else if (pid == root)
            result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    if (opt.log)
        fprintf(opt.log, "changes %llu\n", opt.n);
    return result;
}

static pid_t start(char **argv)
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execvp(argv[0], argv);
        fprintf(stderr, "tracer: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL,
               (void *)(intptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
                                  PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                                  PTRACE_O_TRACEEXEC)) ||
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL)) {
        fprintf(stderr, "tracer: cannot trace: %s\n", strerror(errno));
        exit(77);
    }
    return pid;
}

int main(int argc, char **argv)
{
    for (int c; (c = getopt(argc, argv, "+se:n:l:")) != -1;) {
        if (c == 's')
            opt.is_short = true;
        else if (c == 'e')
            opt.error = atoi(optarg);
        else if (c == 'n')
            opt.at = strtoull(optarg, NULL, 0);
        else if (c != 'l' || !(opt.log = fopen(optarg, "we")))
            return 2;
    }
    if (optind == argc)
        return 2;
    return trace(start(argv + optind));
}
#endif
