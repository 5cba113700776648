/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_kfold.h: stratified folds, index for index those of scikit-learn (0.22 and later):
 * StratifiedKFold(n_folds, shuffle=True, random_state=seed) on labels.
 *
 * Its specification: classes are numbered in the order of their first row; fold i is allotted of
 * each class as many rows as elements i, i + n_folds, ... of the sorted labels have; the
 * allotments of a class, as a list of fold numbers in order, are shuffled, and the rows of the
 * class take them in turn. The shuffle is NumPy's legacy one (RandomState): MT19937 seeded with a
 * 32-bit integer (Matsumoto and Nishimura 1998, init_genrand of 2002), swapping element i, from the
 * last down to 1, with element j of 0..i, j drawn by masking 32 bits and rejecting j > i. */
#ifndef AUTORAC_NAS_DATA_KFOLD_H
#define AUTORAC_NAS_DATA_KFOLD_H

#include <stdint.h>

/* fold[i] in 0..n_folds-1 for labels (0 or 1) of n rows; n < 2^32. A class may have fewer rows
 * than there are folds. */
void data_kfold(const uint8_t *label, uint64_t n, uint32_t n_folds, uint32_t seed, uint8_t *fold);

/* MT19937 as RandomState draws from it. */
struct mt19937 {
    uint32_t word[624];
    uint32_t at; /* next word; 624: all used */
};
void mt19937_seed(struct mt19937 *m, uint32_t seed);
uint32_t mt19937_u32(struct mt19937 *m);

#endif
