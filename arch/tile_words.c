/* SPDX-License-Identifier: Apache-2.0 */
/* Elements from and to words, docs/microarchitecture.md section 3. */
#include <string.h>

#include "arch/tile.h"

void tile_unpack(const uint64_t *words, uint32_t flit_bits, uint32_t pack_bits, uint32_t n_elements,
                 uint8_t *elements)
{
    uint32_t per = flit_bits / pack_bits;

    if (pack_bits == 32) {
        for (uint32_t i = 0; i < n_elements; i++) {
            uint32_t index = (uint32_t)(words[i / per] >> i % per * 32);

            memcpy(elements + 4 * (size_t)i, &index, sizeof index);
        }
        return;
    }
    for (uint32_t i = 0; i < n_elements; words++) {
        uint64_t word = *words;

        for (uint32_t k = 0; k < per && i < n_elements; k++, word >>= pack_bits)
            elements[i++] = (uint8_t)(word & ((1u << pack_bits) - 1));
    }
}

void tile_pack(const uint8_t *elements, uint32_t n_elements, uint32_t flit_bits, uint32_t pack_bits,
               uint64_t *words)
{
    uint32_t per = flit_bits / pack_bits;

    for (uint32_t i = 0; i < n_elements; words++) {
        uint64_t word = 0;

        for (uint32_t k = 0; k < per && i < n_elements; k++)
            word |= (uint64_t)elements[i++] << k * pack_bits;
        *words = word;
    }
}
