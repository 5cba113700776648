/* SPDX-License-Identifier: Apache-2.0 */
/* tests/common/temp.h: a scratch directory for one test. Trouble aborts the test. */
#ifndef AUTORAC_TESTS_COMMON_TEMP_H
#define AUTORAC_TESTS_COMMON_TEMP_H

struct temp {
    char dir[64];
    char **path; /* every path given out, freed with the directory */
    unsigned n_paths;
};

struct temp temp_new(void);
const char *temp_path(struct temp *t, const char *name); /* "DIR/name" */
void temp_free(struct temp *t);                          /* removes the directory and its files */

#endif
