/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/temp.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/base/mem.h"

struct temp temp_new(void)
{
    struct temp t = {.dir = "/tmp/autorac-test-XXXXXX"};

    if (!mkdtemp(t.dir)) {
        perror(t.dir);
        abort();
    }
    return t;
}

const char *temp_path(struct temp *t, const char *name)
{
    t->path = mem_grow(t->path, t->n_paths, t->n_paths + 1, sizeof *t->path);
    return t->path[t->n_paths++] = mem_printf("%s/%s", t->dir, name);
}

void temp_free(struct temp *t)
{
    DIR *d = opendir(t->dir);
    const struct dirent *entry;

    while (d && (entry = readdir(d)))
        unlink(temp_path(t, entry->d_name)); /* fails on . and .., as it should */
    if (d)
        closedir(d);
    rmdir(t->dir);
    while (t->n_paths > 0)
        free(t->path[--t->n_paths]);
    free(t->path);
}
