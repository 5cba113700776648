/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/mem.h: zeroed, overflow-checked allocation, and arenas.
 *
 * Exhaustion is not an error any caller could mend: mem_alloc then prints one
 * line and ends the program with status ERR_ENV, at once: no handler that might need memory
 * runs, and no library goes on writing. Sizes that come from a file must be range-checked by the
 * reader before they get here. */
#ifndef AUTORAC_SIM_BASE_MEM_H
#define AUTORAC_SIM_BASE_MEM_H

#include <stddef.h>
#include <stdio.h>

void *mem_alloc(size_t n, size_t size); /* zeroed; never NULL; free with free() */
/* Zeroed; from 4 MiB on large pages where the system has them: for tables that are hit at random. n
 * and size above 0, and told again when it is freed. */
void *mem_huge(size_t n, size_t size);
void mem_huge_free(void *p, size_t n, size_t size);                 /* NULL is legal */
void *mem_grow(void *old, size_t old_n, size_t new_n, size_t size); /* new tail zeroed */
/* The same, but the new tail is undefined: for what is filled before it is read. */
void *mem_stretch(void *old, size_t new_n, size_t size);
char *mem_strdup(const char *s);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A stream whose text, *n bytes and NUL, is *text (from malloc) once it is closed, and whole. */
FILE *mem_text_open(char **text, size_t *n);
void mem_text_close(FILE *f, char *const *text);

/* The end described above, for memory that a library could not get. */
_Noreturn void mem_exhausted(size_t n, size_t size);

/* An arena frees everything at once: configuration trees, graphs, plans. */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *a);                          /* NULL is legal */
void *arena_alloc(struct arena *a, size_t n, size_t size); /* zeroed, 16-byte aligned */
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
