/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/h5_pack.h"

#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { LEVEL = 1 };

struct h5_pack {
    struct libdeflate_compressor *deflate;
    uint8_t *plain, *shuffled, *packed;
    size_t n_plain, n_packed; /* room: of plain and shuffled, of packed */
};

struct h5_pack *h5_pack_new(void)
{
    struct h5_pack *p = mem_alloc(1, sizeof *p);

    p->deflate = libdeflate_alloc_compressor(LEVEL);
    if (!p->deflate)
        mem_exhausted(1, 0);
    return p;
}

void h5_pack_free(struct h5_pack *p)
{
    if (!p)
        return;
    libdeflate_free_compressor(p->deflate);
    free(p->plain);
    free(p->shuffled);
    free(p->packed);
    free(p);
}

static void make_room(struct h5_pack *p, size_t chunk_bytes)
{
    if (chunk_bytes <= p->n_plain)
        return;
    p->n_plain = chunk_bytes;
    p->n_packed = libdeflate_zlib_compress_bound(p->deflate, chunk_bytes);
    p->plain = mem_stretch(p->plain, p->n_plain, 1);
    p->shuffled = mem_stretch(p->shuffled, p->n_plain, 1);
    p->packed = mem_stretch(p->packed, p->n_packed, 1);
}

static void shuffle(const uint8_t *restrict from, uint8_t *restrict to, size_t n, size_t bytes)
{
    for (size_t b = 0; b < bytes; b++)
        for (size_t i = 0; i < n; i++)
            *to++ = from[i * bytes + b];
}

const void *h5_pack(struct h5_pack *p, const void *bytes, size_t n_bytes, size_t chunk_bytes,
                    size_t value_bytes, size_t *n_out)
{
    const void *plain = bytes;

    make_room(p, chunk_bytes);
    if (n_bytes < chunk_bytes) {
        memcpy(p->plain, bytes, n_bytes);
        memset(p->plain + n_bytes, 0, chunk_bytes - n_bytes);
        plain = p->plain;
    }
    if (value_bytes > 1) {
        shuffle(plain, p->shuffled, chunk_bytes / value_bytes, value_bytes);
        plain = p->shuffled;
    }
    *n_out = libdeflate_zlib_compress(p->deflate, plain, chunk_bytes, p->packed, p->n_packed);
    return p->packed;
}
