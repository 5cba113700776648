/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stages.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/outdir.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

static bool is_temporary(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && !strcmp(name + n - 4, ".tmp");
}

static bool is_known(const char *name, const char *const *known)
{
    for (; *known; known++)
        if (!strcmp(name, *known))
            return true;
    return is_temporary(name);
}

/* The first entry of dir that is not known, or "" in name. */
static enum err_code find_foreign(const char *dir, const char *const *known, char name[256],
                                  struct err *e)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;

    name[0] = 0;
    if (!d)
        return err_set(e, ERR_ENV, "%s: %s", dir, strerror(errno));
    while (!name[0] && (entry = readdir(d)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !is_known(entry->d_name, known))
            snprintf(name, 256, "%s", entry->d_name);
    closedir(d);
    return ERR_OK;
}

/* What a killed run left half written. */
static enum err_code remove_temporaries(const char *dir, struct err *e)
{
    enum err_code rc = ERR_OK;
    const struct dirent *entry;
    DIR *d = opendir(dir);

    if (!d)
        return err_set(e, ERR_ENV, "%s: %s", dir, strerror(errno));
    while (!rc && (entry = readdir(d)))
        if (is_temporary(entry->d_name))
            rc = outdir_remove(dir, entry->d_name, e);
    closedir(d);
    return rc;
}

enum err_code stages_open(struct stages *s, const char *dir, const char *const *known, bool force,
                          struct err *e)
{
    char foreign[256], key[PATHS_SIZE];
    enum err_code rc;
    bool empty = false;

    *s = (struct stages){.dir = dir, .lock = -1};
    if ((rc = outdir_lock(dir, &empty, &s->lock, e)))
        return rc;
    if (empty)
        return ERR_OK;
    if ((rc = outdir_path(key, dir, "stages/key", e)))
        return rc;
    if (!force && !file_exists(key)) {
        if ((rc = find_foreign(dir, known, foreign, e)))
            return rc;
        if (foreign[0])
            return err_set(e, ERR_CONFIG,
                           "%s: holds %s, which no run made; choose another or give "
                           "--force",
                           dir, foreign);
    }
    for (size_t i = 0; force && known[i]; i++)
        if ((rc = outdir_remove(dir, known[i], e)))
            return rc;
    return remove_temporaries(dir, e);
}

void stages_close(struct stages *s)
{
    outdir_unlock(s->lock);
    s->lock = -1;
}

static void write_text(FILE *f, const void *self)
{
    fputs(self, f);
}

/* First line in which two texts differ, into line (of the first) and other (of the second). */
static void first_difference(const char *a, const char *b, char line[128], char other[128])
{
    while (*a || *b) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

        if (n != m || memcmp(a, b, n) != 0) {
            snprintf(line, 128, "%.*s", (int)n, a);
            snprintf(other, 128, "%.*s", (int)m, b);
            return;
        }
        a += n + (a[n] == '\n');
        b += m + (b[m] == '\n');
    }
    line[0] = other[0] = 0;
}

/* The line without indentation and trailing comment. */
static const char *trimmed(char *line)
{
    char *comment = strstr(line, " #");
    size_t n;

    if (comment)
        *comment = 0;
    n = strlen(line);
    while (n > 0 && line[n - 1] == ' ')
        line[--n] = 0;
    return line + strspn(line, " ");
}

/* Compare dir/name, if it is there, with text; ERR_CONFIG with the difference. */
static enum err_code compare(const struct stages *s, const char *name, const char *text,
                             const char *what, bool *there, struct err *e)
{
    char path[PATHS_SIZE], old_line[128], new_line[128];
    enum err_code rc;
    char *old;
    size_t n;

    if ((rc = outdir_path(path, s->dir, name, e)))
        return rc;
    *there = file_exists(path);
    if (!*there)
        return ERR_OK;
    if ((rc = file_read(path, &old, &n, e)))
        return rc;
    if (strcmp(old, text) != 0) {
        first_difference(old, text, old_line, new_line);
        rc = err_set(e, ERR_CONFIG,
                     "%s: was made with another %s (there \"%s\", now \"%s\"); choose another "
                     "directory, or --force to start over",
                     s->dir, what, trimmed(old_line), trimmed(new_line));
    }
    free(old);
    return rc;
}

enum err_code stages_claim(struct stages *s, const char *config_text, const struct provenance *p,
                           struct err *e)
{
    char *key = NULL, path[PATHS_SIZE], digest[65];
    bool has_config, has_key;
    enum err_code rc;
    size_t n = 0;
    FILE *f;

    if ((rc = compare(s, "config.resolved.yaml", config_text, "configuration", &has_config, e)))
        return rc;
    f = mem_text_open(&key, &n);
    bytes_sha256(config_text, strlen(config_text), digest);
    fprintf(f, "config %s\n", digest);
    rc = provenance_write_identity(f, p, e);
    mem_text_close(f, &key);
    if (rc || (rc = compare(s, "stages/key", key, "build or input", &has_key, e)))
        goto out;
    if (has_key)
        goto out;
    if ((rc = outdir_path(path, s->dir, "stages", e)) || (rc = file_mkdirs(path, e)))
        goto out;
    if ((rc = outdir_write(s->dir, "config.resolved.yaml", write_text, config_text, e)))
        goto out;
    if ((rc = provenance_write(p, s->dir, e)))
        goto out;
    rc = outdir_write(s->dir, "stages/key", write_text, key, e);
out:
    free(key);
    return rc;
}

/* One line an output: digest and name. */
static enum err_code describe(const struct stages *s, const struct stage_def *d, char **out,
                              struct err *e)
{
    enum err_code rc = ERR_OK;
    char digest[65];
    size_t n = 0;
    FILE *f;

    *out = NULL;
    f = mem_text_open(out, &n);
    for (size_t i = 0; d->outputs[i] && !rc; i++)
        if (!(rc = outdir_sha256(s->dir, d->outputs[i], digest, e)))
            fprintf(f, "%s %s\n", digest, d->outputs[i]);
    mem_text_close(f, out);
    return rc;
}

bool stages_done(const struct stages *s, const struct stage_def *d)
{
    char name[64], path[PATHS_SIZE], *now = NULL, *then = NULL;
    bool done = false;
    struct err e;
    size_t n;

    snprintf(name, sizeof name, "stages/%s", d->name);
    if (outdir_path(path, s->dir, name, &e) || !file_exists(path))
        return false;
    if (!describe(s, d, &now, &e) && !file_read(path, &then, &n, &e))
        done = !strcmp(now, then);
    free(now);
    free(then);
    return done;
}

enum err_code stages_mark(const struct stages *s, const struct stage_def *d, struct err *e)
{
    char name[64], *text;
    enum err_code rc;

    snprintf(name, sizeof name, "stages/%s", d->name);
    if (!(rc = describe(s, d, &text, e)))
        rc = outdir_write(s->dir, name, write_text, text, e);
    free(text);
    return rc;
}
