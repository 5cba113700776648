/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/file.h: files that are either whole or not there.
 *
 * file_create opens PATH.tmp beside the target; file_commit flushes, checks
 * every earlier write, syncs and renames, so a full disk or kill -9 never leaves
 * half a file under the real name. */
#ifndef AUTORAC_SIM_BASE_FILE_H
#define AUTORAC_SIM_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"

struct file_out {
    FILE *f;
    char path[1024];
};

enum err_code file_create(struct file_out *o, const char *path, struct err *e);
enum err_code file_commit(struct file_out *o, struct err *e); /* closes */
void file_abandon(struct file_out *o); /* close and remove the temporary; legal after commit */

/* text as the file DIR/NAME. */
enum err_code file_write_text(const char *dir, const char *name, const char *text, struct err *e);

bool file_exists(const char *path);
enum err_code file_mkdirs(const char *path, struct err *e);
/* A file or a whole tree; absent is fine. Links are removed, not followed. */
enum err_code file_remove_tree(const char *path, struct err *e);
/* Whole file, NUL-terminated, *out from malloc. ERR_ENV with strerror when unreadable. */
enum err_code file_read(const char *path, char **out, size_t *n_bytes, struct err *e);
/* Lower-case hex SHA-256, 64 characters and NUL. */
enum err_code file_sha256(const char *path, char out[65], struct err *e);
void bytes_sha256(const void *data, size_t n_bytes, char out[65]);

#endif
