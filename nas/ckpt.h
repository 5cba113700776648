/* SPDX-License-Identifier: Apache-2.0 */
/* nas/ckpt.h: state of long work in one file, whole or not there.
 *
 * Layout, little-endian: "AUTORAC-CKPT\n", u32 version, u32 number of parts, 64 characters of key,
 * per part 32 bytes of name, u64 bytes, the bytes; then 64 characters of SHA-256 over all before.
 * The key is a hash of everything the state depends on: settings, data, program version. */
#ifndef AUTORAC_NAS_CKPT_H
#define AUTORAC_NAS_CKPT_H

#include <stddef.h>

#include "sim/base/err.h"

struct ckpt_part {
    const char *name;
    void *data;
    size_t n_bytes;
};

enum err_code ckpt_save(const char *path, const char key[65], const struct ckpt_part *part,
                        size_t n, struct err *e);
/* Into data of the given sizes. ERR_CONFIG: damaged, another version or key, other sizes; the
 * message names the file and says to remove it. */
enum err_code ckpt_load(const char *path, const char key[65], const struct ckpt_part *part,
                        size_t n, struct err *e);

#endif
