/* SPDX-License-Identifier: Apache-2.0 */
#include "rtlgen/build_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/mem.h"

static int is_source(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');

    return dot && strcmp(d->d_name, "tb.sv") != 0 &&
           (strcmp(dot, ".sv") == 0 || strcmp(dot, ".svh") == 0 || strcmp(dot, ".f") == 0);
}

static int is_entry(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');

    return dot && strcmp(dot, ".so") == 0;
}

enum err_code build_cache_key(const char *rtl_dir, const char *how, char key[65], struct err *e)
{
    struct dirent **entry;
    int n = scandir(rtl_dir, &entry, is_source, alphasort);
    enum err_code rc = ERR_OK;
    char *text = NULL, hash[65];
    size_t size = 0;
    FILE *f;

    if (n < 0)
        return err_set(e, ERR_ENV, "%s: %s", rtl_dir, strerror(errno));
    f = mem_text_open(&text, &size);
    fprintf(f, "%s\n", how);
    for (int i = 0; i < n; i++) {
        char *path = mem_printf("%s/%s", rtl_dir, entry[i]->d_name);

        if (!rc && !(rc = file_sha256(path, hash, e)))
            fprintf(f, "%s %s\n", entry[i]->d_name, hash);
        free(path);
        free(entry[i]);
    }
    free(entry);
    mem_text_close(f, &text);
    bytes_sha256(text, size, key);
    free(text);
    return rc;
}

static char *entry_path(const char *dir, const char *key)
{
    return mem_printf("%s/chips/%s.so", dir, key);
}

/* Whole under a name of this process, then under the one meant. */
static bool copy(const char *from, const char *to)
{
    char *own = mem_printf("%s.%ld", to, (long)getpid()), *bytes = NULL;
    struct file_out o;
    struct err e;
    size_t n;
    bool copied = false;

    if (!file_read(from, &bytes, &n, &e) && !file_create(&o, own, &e)) {
        fwrite(bytes, 1, n, o.f);
        copied = !file_commit(&o, &e) && rename(own, to) == 0;
    }
    free(bytes);
    free(own);
    return copied;
}

bool build_cache_get(const char *dir, const char *key, const char *so)
{
    char *path = entry_path(dir, key);
    bool there = file_exists(path) && copy(path, so);

    if (there)
        (void)utimensat(AT_FDCWD, path, NULL, 0); /* used now */
    free(path);
    return there;
}

struct entry {
    char *path;
    struct timespec used;
};

static int latest_first(const void *a, const void *b)
{
    const struct timespec *x = &((const struct entry *)a)->used,
                          *y = &((const struct entry *)b)->used;

    if (x->tv_sec != y->tv_sec)
        return x->tv_sec > y->tv_sec ? -1 : 1;
    return x->tv_nsec > y->tv_nsec ? -1 : x->tv_nsec < y->tv_nsec;
}

static void prune(const char *dir)
{
    char *chips = mem_printf("%s/chips", dir);
    struct dirent **name;
    int n = scandir(chips, &name, is_entry, alphasort);
    struct entry *entry = mem_alloc(n > 0 ? (size_t)n : 1, sizeof *entry);

    for (int i = 0; i < n; i++) {
        struct stat s = {0};

        entry[i].path = mem_printf("%s/%s", chips, name[i]->d_name);
        if (stat(entry[i].path, &s) == 0) /* else another process was faster */
            entry[i].used = s.st_mtim;
        free(name[i]);
    }
    if (n > 0)
        free(name);
    qsort(entry, n > 0 ? (size_t)n : 0, sizeof *entry, latest_first);
    for (int i = 0; i < n; i++) {
        if (i >= BUILD_CACHE_N_KEPT)
            (void)remove(entry[i].path);
        free(entry[i].path);
    }
    free(entry);
    free(chips);
}

void build_cache_put(const char *dir, const char *key, const char *so)
{
    char *path = entry_path(dir, key), *chips = mem_printf("%s/chips", dir);
    struct err e;

    if (!file_mkdirs(chips, &e) && copy(so, path))
        prune(dir);
    free(path);
    free(chips);
}
