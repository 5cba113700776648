/* SPDX-License-Identifier: Apache-2.0 */
/* cli/outdir.h: output directories. Every file in one is whole or absent. */
#ifndef AUTORAC_CLI_OUTDIR_H
#define AUTORAC_CLI_OUTDIR_H

#include <stdbool.h>
#include <stdio.h>

#include "arch/config.h"
#include "cli/args.h"
#include "cli/paths.h"
#include "sim/base/err.h"
#include "sim/loop.h"

/* Make dir. One that is not empty is refused unless force; *lock (close it at the end) keeps other
 * autorac processes out. */
enum err_code outdir_open(const char *dir, bool force, int *lock, struct err *e);
/* Make and lock it whatever it holds; *empty says whether it holds nothing. */
enum err_code outdir_lock(const char *dir, bool *empty, int *lock, struct err *e);
void outdir_unlock(int lock); /* -1 is legal */
/* fn at work in the directory that --out names, as outdir_open makes it. */
typedef enum err_code outdir_fn(const struct args *a, const char *dir, struct loop *loop,
                                struct err *e);
enum err_code outdir_work(const struct args *a, outdir_fn *fn, struct err *e);

enum err_code outdir_path(char path[PATHS_SIZE], const char *dir, const char *name, struct err *e);
enum err_code outdir_write(const char *dir, const char *name, void (*fn)(FILE *f, const void *self),
                           const void *self, struct err *e);
/* A new directory autorac-NAME-XXXXXX in $TMPDIR or /tmp. */
enum err_code outdir_temporary(char dir[PATHS_SIZE], const char *name, struct err *e);
/* Remove dir/name, a file or a whole tree; absent is fine. */
enum err_code outdir_remove(const char *dir, const char *name, struct err *e);
/* SHA-256 over names and contents of dir/name, a file or a whole tree in name order. */
enum err_code outdir_sha256(const char *dir, const char *name, char out[65], struct err *e);

/* config.resolved.yaml of a chip. */
void outdir_write_config(FILE *f, const void *chip_config);
void outdir_config_sha256(const struct chip_config *c, char out[65]);

#endif
