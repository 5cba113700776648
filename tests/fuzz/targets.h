/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/targets.h: everything of ours that reads a file somebody else may have written. */
#ifndef AUTORAC_TESTS_FUZZ_TARGETS_H
#define AUTORAC_TESTS_FUZZ_TARGETS_H

#include <stddef.h>

/* Reads the file at path and frees what it got; whether it was taken or refused is no matter. */
struct fuzz_target {
    const char *name;
    void (*read)(const char *path);
};

const struct fuzz_target *fuzz_target_find(const char *name); /* NULL: no such target */
void fuzz_target_print(void);                                 /* names, one a line, on stdout */

#endif
