/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/mem.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/err.h"

#define ARENA_BLOCK_BYTES 65536u
#define ARENA_ALIGN_BYTES 16u
#define PAGE_BYTES        4096u
#define HUGE_BYTES        (4u << 20) /* blocks of this size are worth the call */

struct arena_block {
    struct arena_block *next;
    size_t n_used_bytes, n_bytes; /* of data */
    alignas(ARENA_ALIGN_BYTES) unsigned char data[];
};

struct arena {
    struct arena_block *blocks; /* the one being filled comes first */
};

_Noreturn void mem_exhausted(size_t n, size_t size)
{
    fprintf(stderr, "autorac: out of memory: %zu items of %zu bytes\n", n, size);
    _exit(ERR_ENV);
}

/* Large blocks in large pages: each first touch of a page is a trip into the kernel. All pages of
 * the block, so that the kernel still sees one piece, which realloc can move without copying. */
static void advise_huge(void *p, size_t n_bytes)
{
    uintptr_t from = (uintptr_t)p & ~(uintptr_t)(PAGE_BYTES - 1);
    uintptr_t to = ((uintptr_t)p + n_bytes + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);

    if (n_bytes >= HUGE_BYTES)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE); /* no loss where it is refused */
}

void *mem_alloc(size_t n, size_t size)
{
    void *p = NULL;

    if (!size || n <= SIZE_MAX / size)
        p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        mem_exhausted(n, size);
    advise_huge(p, n * size);
    return p;
}

void *mem_huge(size_t n, size_t size)
{
    void *p = MAP_FAILED;

    if (size && n <= (HUGE_BYTES - 1) / size)
        return mem_alloc(n, size);
    if (size && n <= SIZE_MAX / size)
        p = mmap(NULL, n * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        mem_exhausted(n, size);
    (void)madvise(p, n * size, MADV_HUGEPAGE); /* no loss where it is refused */
    return p;
}

void mem_huge_free(void *p, size_t n, size_t size)
{
    if (n * size < HUGE_BYTES)
        free(p);
    else if (p)
        munmap(p, n * size);
}

void *mem_stretch(void *old, size_t new_n, size_t size)
{
    void *p = NULL;

    if (!size || new_n <= SIZE_MAX / size)
        p = realloc(old, new_n && size ? new_n * size : 1);
    if (!p)
        mem_exhausted(new_n, size);
    advise_huge(p, new_n * size);
    return p;
}

void *mem_grow(void *old, size_t old_n, size_t new_n, size_t size)
{
    unsigned char *p = mem_stretch(old, new_n, size);

    assert(new_n >= old_n);
    memset(p + old_n * size, 0, (new_n - old_n) * size);
    return p;
}

char *mem_strdup(const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(mem_alloc(n, 1), s, n);
}

static size_t mem_printf_size(const char *fmt, va_list ap)
{
    int n = vsnprintf(NULL, 0, fmt, ap);

    return n < 0 ? 1 : (size_t)n + 1;
}

char *mem_printf(const char *fmt, ...)
{
    va_list ap, again;
    char *s;
    size_t n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = mem_printf_size(fmt, ap);
    s = mem_alloc(n, 1);
    vsnprintf(s, n, fmt, again);
    va_end(again);
    va_end(ap);
    return s;
}

FILE *mem_text_open(char **text, size_t *n)
{
    FILE *f = open_memstream(text, n);

    if (!f)
        mem_exhausted(1, BUFSIZ);
    return f;
}

void mem_text_close(FILE *f, char *const *text)
{
    bool whole = !ferror(f);

    if (fclose(f) || !whole || !*text)
        mem_exhausted(1, BUFSIZ);
}

struct arena *arena_new(void)
{
    return mem_alloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct arena_block *b = a->blocks; b;) {
        struct arena_block *next = b->next;

        free(b);
        b = next;
    }
    free(a);
}

static struct arena_block *arena_block_new(size_t n_bytes)
{
    struct arena_block *b;

    if (n_bytes > SIZE_MAX - sizeof *b)
        mem_exhausted(1, n_bytes);
    b = mem_alloc(1, sizeof *b + n_bytes);
    b->n_bytes = n_bytes;
    return b;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
    struct arena_block *b = a->blocks;
    size_t n_bytes;
    void *p;

    if (size && n > (SIZE_MAX - ARENA_ALIGN_BYTES) / size)
        mem_exhausted(n, size);
    n_bytes = (n * size + ARENA_ALIGN_BYTES - 1) & ~(size_t)(ARENA_ALIGN_BYTES - 1);
    if (!n_bytes)
        n_bytes = ARENA_ALIGN_BYTES; /* distinct pointers even for nothing */
    if (!b || n_bytes > b->n_bytes - b->n_used_bytes) {
        if (n_bytes > ARENA_BLOCK_BYTES / 4 && b) {
            /* a block of its own, behind the one being filled */
            struct arena_block *own = arena_block_new(n_bytes);

            own->n_used_bytes = n_bytes;
            own->next = b->next;
            b->next = own;
            return own->data;
        }
        b = arena_block_new(n_bytes > ARENA_BLOCK_BYTES ? n_bytes : ARENA_BLOCK_BYTES);
        b->next = a->blocks;
        a->blocks = b;
    }
    p = b->data + b->n_used_bytes;
    b->n_used_bytes += n_bytes;
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(arena_alloc(a, n, 1), s, n);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    char *s;
    size_t n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = mem_printf_size(fmt, ap);
    s = arena_alloc(a, n, 1);
    vsnprintf(s, n, fmt, again);
    va_end(again);
    va_end(ap);
    return s;
}
