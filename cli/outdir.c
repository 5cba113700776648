/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/mem.h"

static int outdir_visible(const struct dirent *d)
{
    return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static void free_names(struct dirent **names, int n)
{
    while (n > 0)
        free(names[--n]);
    free(names);
}

/* Order of bytes, whatever the locale. */
static int outdir_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

enum err_code outdir_lock(const char *dir, bool *empty, int *lock, struct err *e)
{
    struct dirent **names;
    enum err_code rc;
    int n;

    *lock = -1;
    if ((rc = file_mkdirs(dir, e)))
        return rc;
    *lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0)
        return err_set(e, ERR_ENV, "%s: %s", dir, strerror(errno));
    /* A file system without locks is no reason to stop. */
    if (flock(*lock, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
        outdir_unlock(*lock);
        *lock = -1;
        return err_set(e, ERR_CONFIG, "%s: another autorac is writing into it", dir);
    }
    n = scandir(dir, &names, outdir_visible, NULL);
    if (n < 0)
        return err_set(e, ERR_ENV, "%s: %s", dir, strerror(errno));
    *empty = n == 0;
    free_names(names, n);
    return ERR_OK;
}

void outdir_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

enum err_code outdir_open(const char *dir, bool force, int *lock, struct err *e)
{
    enum err_code rc;
    bool empty = false;

    if ((rc = outdir_lock(dir, &empty, lock, e)))
        return rc;
    if (!empty && !force)
        return err_set(e, ERR_CONFIG, "%s: is not empty; choose another or give --force", dir);
    return ERR_OK;
}

enum err_code outdir_work(const struct args *a, outdir_fn *fn, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    struct loop *loop = NULL;
    enum err_code rc;
    int lock;

    if (!(rc = outdir_open(dir, args_has(a, "force"), &lock, e)) && !(rc = loop_new(&loop, e)))
        rc = fn(a, dir, loop, e);
    loop_free(loop);
    outdir_unlock(lock);
    return rc;
}

enum err_code outdir_path(char path[PATHS_SIZE], const char *dir, const char *name, struct err *e)
{
    int n = snprintf(path, PATHS_SIZE, "%s/%s", dir, name);

    if (n < 0 || n >= PATHS_SIZE)
        return err_set(e, ERR_CONFIG, "%s: the path is too long", dir);
    return ERR_OK;
}

enum err_code outdir_write(const char *dir, const char *name, void (*fn)(FILE *f, const void *self),
                           const void *self, struct err *e)
{
    char path[PATHS_SIZE];
    struct file_out o;
    enum err_code rc;

    if ((rc = outdir_path(path, dir, name, e)))
        return rc;
    if ((rc = file_create(&o, path, e)))
        return rc;
    fn(o.f, self);
    return file_commit(&o, e);
}

enum err_code outdir_temporary(char dir[PATHS_SIZE], const char *name, struct err *e)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(dir, PATHS_SIZE, "%s/autorac-%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", name);
    if (!mkdtemp(dir))
        return err_set(e, ERR_ENV, "%s: %s", dir, strerror(errno));
    return ERR_OK;
}

enum err_code outdir_remove(const char *dir, const char *name, struct err *e)
{
    char path[PATHS_SIZE];
    enum err_code rc = outdir_path(path, dir, name, e);

    return rc ? rc : file_remove_tree(path, e);
}

/* One line a file: digest and path below the root of the tree. */
static enum err_code hash_tree(FILE *list, const char *dir, const char *name, struct err *e)
{
    char path[PATHS_SIZE], digest[65];
    struct dirent **names;
    enum err_code rc;
    struct stat st;
    int n;

    if ((rc = outdir_path(path, dir, name, e)))
        return rc;
    if (stat(path, &st))
        return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode)) {
        if ((rc = file_sha256(path, digest, e)))
            return rc;
        fprintf(list, "%s %s\n", digest, name);
        return ERR_OK;
    }
    fprintf(list, "%s/\n", name);
    n = scandir(path, &names, outdir_visible, outdir_order);
    if (n < 0)
        return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n && !rc; i++)
        rc = hash_tree(list, path, names[i]->d_name, e);
    free_names(names, n);
    fprintf(list, "%s/ ends\n", name);
    return rc;
}

enum err_code outdir_sha256(const char *dir, const char *name, char out[65], struct err *e)
{
    char *text = NULL;
    size_t n = 0;
    FILE *list = mem_text_open(&text, &n);
    enum err_code rc;

    rc = hash_tree(list, dir, name, e);
    mem_text_close(list, &text);
    if (!rc)
        bytes_sha256(text, n, out);
    free(text);
    return rc;
}

void outdir_write_config(FILE *f, const void *chip_config)
{
    cfg_write(f, chip_config_keys, chip_config_n_keys, chip_config);
}

void outdir_config_sha256(const struct chip_config *c, char out[65])
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);

    outdir_write_config(f, c);
    mem_text_close(f, &text);
    bytes_sha256(text, n, out);
    free(text);
}
