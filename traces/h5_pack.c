/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/h5_pack.h"

#include <assert.h>
#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

struct h5_pack {
    uint8_t *plain, *shuffled, *packed;
    size_t n_plain, n_packed; /* room: of plain and shuffled, of packed */
};

struct h5_pack *h5_pack_new(void)
{
    return mem_alloc(1, sizeof(struct h5_pack));
}

void h5_pack_free(struct h5_pack *p)
{
    if (!p)
        return;
    free(p->plain);
    free(p->shuffled);
    free(p->packed);
    free(p);
}

/* What does not shrink is stored in blocks of 64 KiB, each with a head of 5 bytes. */
static size_t packed_bound(size_t n)
{
    return n + n / 4096 + 1024;
}

static void make_room(struct h5_pack *p, size_t chunk_bytes)
{
    if (chunk_bytes <= p->n_plain)
        return;
    p->n_plain = chunk_bytes;
    p->n_packed = packed_bound(chunk_bytes);
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

/* At level 0: what levels 1 and 2 find depends on the address of z (libisal 2.30), and so would
 * files. */
static size_t deflate(struct h5_pack *p, const void *bytes, size_t n)
{
    struct isal_zstream z;
    int rc;

    isal_deflate_stateless_init(&z);
    z.level = 0;
    z.gzip_flag = IGZIP_ZLIB;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)(uintptr_t)bytes;
    z.avail_in = (uint32_t)n;
    z.next_out = p->packed;
    z.avail_out = (uint32_t)p->n_packed;
    rc = isal_deflate_stateless(&z);
    assert(rc == COMP_OK); /* there is room for anything */
    (void)rc;
    return z.total_out;
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
    *n_out = deflate(p, plain, chunk_bytes);
    return p->packed;
}
