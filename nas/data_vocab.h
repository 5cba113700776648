/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_vocab.h: the values of one field, numbered 1, 2, ... as they first appear.
 *
 * A value is a 64-bit key, never 0. Text of up to 8 bytes is its own key (the bytes, the last
 * one lowest), so that no two texts share one; longer text is kept in a pool. Keys order as
 * their texts do: shorter first, then by byte. A caller with numbers instead of text uses
 * keys below 2^63 directly and never mixes the two in one field.
 *
 * Slots of 16 bytes, 7/20 to 7/10 of them used; longer text also its bytes. */
#ifndef AUTORAC_NAS_DATA_VOCAB_H
#define AUTORAC_NAS_DATA_VOCAB_H

#include <stddef.h>
#include <stdint.h>

struct data_vocab;

struct data_vocab *data_vocab_new(void);
void data_vocab_free(struct data_vocab *v); /* NULL is legal */

/* n > 0 bytes without NUL. */
uint64_t data_vocab_key(struct data_vocab *v, const char *bytes, size_t n);
/* number[i] of key[i], for n at most 65536; key 0 (missing) is number 0. */
void data_vocab_numbers(struct data_vocab *v, const uint64_t *key, uint32_t *number, uint32_t n);
uint32_t data_vocab_size(const struct data_vocab *v); /* numbers given so far */

/* count (size + 1): how often each number was seen in training (count[0] is ignored). It becomes
 * the table row of each number: row 0 for number 0 and for values seen fewer than min_count times
 * (at least once), then the most frequent first, equal counts by key, at most max_rows - 1 of them.
 * Returns the table's size. */
uint32_t data_vocab_rank(const struct data_vocab *v, uint32_t *count, uint32_t min_count,
                         uint32_t max_rows);

#endif
