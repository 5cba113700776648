/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/ckpt.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { CKPT_VERSION = 1, NAME_BYTES = 32, KEY_CHARS = 64 };
static const char magic[] = "AUTORAC-CKPT\n";

static size_t total_bytes(const struct ckpt_part *part, size_t n)
{
    size_t sum = sizeof magic - 1 + 8 + KEY_CHARS + KEY_CHARS;

    for (size_t i = 0; i < n; i++)
        sum += NAME_BYTES + 8 + part[i].n_bytes;
    return sum;
}

static char *put(char *at, const void *data, size_t n)
{
    if (n > 0)
        memcpy(at, data, n);
    return at + n;
}

static char *put_le(char *at, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *at++ = (char)(unsigned char)(v >> (8 * i));
    return at;
}

/* All but the hash. */
static char *put_all(char *at, const char *key, const struct ckpt_part *part, size_t n)
{
    at = put(at, magic, sizeof magic - 1);
    at = put_le(at, CKPT_VERSION, 4);
    at = put_le(at, n, 4);
    at = put(at, key, KEY_CHARS);
    for (size_t i = 0; i < n; i++) {
        char name[NAME_BYTES] = {0};

        snprintf(name, sizeof name, "%s", part[i].name);
        at = put(at, name, sizeof name);
        at = put_le(at, part[i].n_bytes, 8);
        at = put(at, part[i].data, part[i].n_bytes);
    }
    return at;
}

enum err_code ckpt_save(const char *path, const char key[65], const struct ckpt_part *part,
                        size_t n, struct err *e)
{
    size_t size = total_bytes(part, n);
    char *all = mem_alloc(size, 1), hash[65];
    struct file_out o;
    enum err_code rc;

    put_all(all, key, part, n);
    bytes_sha256(all, size - KEY_CHARS, hash);
    put(all + size - KEY_CHARS, hash, KEY_CHARS);
    rc = file_create(&o, path, e);
    if (!rc) {
        fwrite(all, 1, size, o.f); /* file_commit sees a short write */
        rc = file_commit(&o, e);
    }
    free(all);
    return rc;
}

static enum err_code bad(struct err *e, const char *path, const char *why)
{
    return err_set(e, ERR_CONFIG, "%s: %s; remove it to start this stage anew", path, why);
}

/* Compares names and sizes while it copies. */
static enum err_code take_parts(const char *all, const struct ckpt_part *part, size_t n,
                                const char *path, struct err *e)
{
    const char *at = all + sizeof magic - 1 + 8 + KEY_CHARS;

    for (size_t i = 0; i < n; i++) {
        char size[8];

        put_le(size, part[i].n_bytes, 8);
        if (strncmp(at, part[i].name, NAME_BYTES) != 0 || memcmp(at + NAME_BYTES, size, 8) != 0)
            return bad(e, path, "holds other parts than this program writes");
        at += NAME_BYTES + 8;
        if (part[i].n_bytes > 0)
            memcpy(part[i].data, at, part[i].n_bytes);
        at += part[i].n_bytes;
    }
    return ERR_OK;
}

enum err_code ckpt_load(const char *path, const char key[65], const struct ckpt_part *part,
                        size_t n, struct err *e)
{
    size_t size = 0, head = sizeof magic - 1;
    char *all = NULL, hash[65], version[4];
    enum err_code rc = file_read(path, &all, &size, e);

    if (rc)
        return rc;
    put_le(version, CKPT_VERSION, 4);
    if (size < head + 8 + 2 * KEY_CHARS || memcmp(all, magic, head) != 0) {
        rc = bad(e, path, "is not a checkpoint");
        goto out;
    }
    bytes_sha256(all, size - KEY_CHARS, hash);
    if (memcmp(hash, all + size - KEY_CHARS, KEY_CHARS) != 0)
        rc = bad(e, path, "is damaged (checksum)");
    else if (memcmp(all + head, version, 4) != 0)
        rc = bad(e, path, "was written by another version of the format");
    else if (memcmp(all + head + 8, key, KEY_CHARS) != 0)
        rc = bad(e, path, "was made with other settings or data");
    else if (size != total_bytes(part, n))
        rc = bad(e, path, "has another size than these settings give");
    else
        rc = take_parts(all, part, n, path, e);
out:
    free(all);
    return rc;
}
