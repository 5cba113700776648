/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into autorac (LD_PRELOAD): memory that runs out, and clocks that jump.
 *
 *     FAULT_ALLOC=N    the N-th allocation fails, and only that; 0: none
 *     FAULT_SKIP=A:B   counts no allocation of libraries with A or B in their path
 *     FAULT_COUNT=FILE how many allocations there were, written when the program exits
 *     FAULT_CLOCK=SEED the time of day jumps to anywhere within 30 years with every look at it; the
 *                      monotonic clock, which never goes back, jumps ahead by up to a minute
 *
 * After a fork the child goes on counting from where its parent was. */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The C library's own, under the names by which it lets others stand in for them. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void *__libc_memalign(size_t align, size_t n);

enum { MAX_SKIPPED = 8 };

static bool counting, jumping;
static uint64_t target;
static atomic_uint_fast64_t n_allocs, clock_state, ahead_ns;
static struct {
    uintptr_t begin, end;
} skipped[MAX_SKIPPED]; /* code whose allocations do not count */
static int n_skipped;

static bool names(const char *list, const char *path)
{
    char name[64];

    for (size_t n; *list; list += n + (list[n] == ':')) {
        n = strcspn(list, ":");
        snprintf(name, sizeof name, "%.*s", (int)n, list);
        if (strstr(path, name))
            return true;
    }
    return false;
}

static int skip_library(struct dl_phdr_info *info, size_t size, void *list)
{
    (void)size;
    for (int i = 0; i < info->dlpi_phnum && names(list, info->dlpi_name); i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];

        if (h->p_type == PT_LOAD && h->p_flags & PF_X && n_skipped < MAX_SKIPPED) {
            skipped[n_skipped].begin = info->dlpi_addr + h->p_vaddr;
            skipped[n_skipped].end = skipped[n_skipped].begin + h->p_memsz;
            n_skipped++;
        }
    }
    return 0;
}

__attribute__((constructor)) static void fault_start(void)
{
    const char *alloc = getenv("FAULT_ALLOC"), *seed = getenv("FAULT_CLOCK");
    char *skip = getenv("FAULT_SKIP");

    if (skip)
        dl_iterate_phdr(skip_library, skip);
    jumping = seed != NULL;
    clock_state = seed ? strtoull(seed, NULL, 0) : 0;
    target = alloc ? strtoull(alloc, NULL, 0) : 0;
    counting = alloc != NULL;
}

__attribute__((destructor)) static void fault_end(void)
{
    const char *path = getenv("FAULT_COUNT");
    FILE *f;

    counting = false;
    if (!path || !(f = fopen(path, "w")))
        return;
    fprintf(f, "%llu\n", (unsigned long long)n_allocs);
    fclose(f);
}

/* ---- memory ---- */

/* A place for a debugger to stop at. */
__attribute__((noinline)) bool fault_hit(void)
{
    errno = ENOMEM;
    return true;
}

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;

    if (!counting)
        return false;
    for (int i = 0; i < n_skipped; i++)
        if (at >= skipped[i].begin && at < skipped[i].end)
            return false;
    return atomic_fetch_add(&n_allocs, 1) + 1 == target && fault_hit();
}

#define FAILS fails(__builtin_return_address(0))

void *malloc(size_t n)
{
    return FAILS ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return FAILS ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    return FAILS ? NULL : __libc_realloc(old, n);
}

void *memalign(size_t align, size_t n)
{
    return FAILS ? NULL : __libc_memalign(align, n);
}

void *aligned_alloc(size_t align, size_t n)
{
    return FAILS ? NULL : __libc_memalign(align, n);
}

/* Here, so that it counts as its caller's. */
char *strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = FAILS ? NULL : __libc_malloc(n);

    return copy ? memcpy(copy, s, n) : NULL;
}

int posix_memalign(void **out, size_t align, size_t n)
{
    if (FAILS || !(*out = __libc_memalign(align, n)))
        return ENOMEM;
    return 0;
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
    return FAILS ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}

/* ---- clocks ---- */

static uint64_t clock_draw(void)
{
    uint64_t x = atomic_fetch_add(&clock_state, 0x9e3779b97f4a7c15u);

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void jump(clockid_t id, struct timespec *t)
{
    const int64_t years_s = INT64_C(30) * 365 * 86400;

    if (!jumping)
        return;
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
        t->tv_sec += (int64_t)(clock_draw() % (uint64_t)(2 * years_s)) - years_s;
    } else if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE) {
        uint64_t jump_ns = clock_draw() % 100 ? 0 : clock_draw() % UINT64_C(60000000000);
        uint64_t ns = (uint64_t)t->tv_nsec + atomic_fetch_add(&ahead_ns, jump_ns) + jump_ns;

        t->tv_sec += (time_t)(ns / 1000000000);
        t->tv_nsec = (long)(ns % 1000000000);
    }
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = (int)syscall(SYS_clock_gettime, id, t);

    if (!rc)
        jump(id, t);
    return rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
