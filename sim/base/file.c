/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/mem.h"

#define FILE_TMP_SIZE (sizeof((struct file_out *)0)->path + 4)

static enum err_code file_errno(struct err *e, const char *path)
{
    return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
}

static void file_tmp_path(const struct file_out *o, char out[FILE_TMP_SIZE])
{
    snprintf(out, FILE_TMP_SIZE, "%s.tmp", o->path);
}

enum err_code file_create(struct file_out *o, const char *path, struct err *e)
{
    char tmp[FILE_TMP_SIZE];
    size_t n = strlen(path);
    int fd;

    o->f = NULL;
    if (n >= sizeof o->path)
        return err_set(e, ERR_ENV, "%.100s...: %s", path, strerror(ENAMETOOLONG));
    memcpy(o->path, path, n + 1);
    file_tmp_path(o, tmp);
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return file_errno(e, tmp);
    o->f = fdopen(fd, "w");
    if (!o->f) {
        file_errno(e, tmp);
        close(fd);
        unlink(tmp);
        return e->code;
    }
    return ERR_OK;
}

/* Some file systems cannot sync; that is no loss of data. */
static bool file_sync(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
}

/* Makes the rename itself durable; failing to is not an error of the file's content. */
static void file_sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char dir[FILE_TMP_SIZE];
    int fd;

    if (slash && (size_t)(slash - path) + 2 > sizeof dir)
        return;
    if (!slash)
        snprintf(dir, sizeof dir, ".");
    else
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - path) + 1, path);
    fd = open(dir, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* True when every byte written so far is on disk; errno says why not. */
static bool file_flushed(FILE *f)
{
    errno = 0;
    if (fflush(f) != 0)
        return false;
    if (ferror(f)) {
        /* An earlier write failed and its errno is gone: the same trouble shows again, or is
         * unnamed. */
        if (write(fileno(f), "", 1) == 1 || errno == 0)
            errno = EIO;
        return false;
    }
    return file_sync(fileno(f));
}

enum err_code file_commit(struct file_out *o, struct err *e)
{
    char tmp[FILE_TMP_SIZE];
    enum err_code rc = ERR_OK;

    assert(o->f);
    file_tmp_path(o, tmp);
    if (!file_flushed(o->f))
        rc = file_errno(e, o->path);
    if (fclose(o->f) != 0 && !rc)
        rc = file_errno(e, o->path);
    o->f = NULL;
    if (!rc && rename(tmp, o->path) != 0)
        rc = file_errno(e, o->path);
    if (rc)
        unlink(tmp);
    else
        file_sync_parent(o->path);
    return rc;
}

void file_abandon(struct file_out *o)
{
    char tmp[FILE_TMP_SIZE];

    if (!o->f)
        return;
    file_tmp_path(o, tmp);
    fclose(o->f);
    o->f = NULL;
    unlink(tmp);
}

enum err_code file_write_text(const char *dir, const char *name, const char *text, struct err *e)
{
    char *path = mem_printf("%s/%s", dir, name);
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    free(path);
    if (rc)
        return rc;
    fputs(text, o.f);
    return file_commit(&o, e);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum err_code file_mkdir(const char *path, struct err *e)
{
    struct stat st;

    if (mkdir(path, 0777) == 0)
        return ERR_OK;
    if (errno == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return ERR_OK;
        errno = ENOTDIR;
    }
    return file_errno(e, path);
}

enum err_code file_mkdirs(const char *path, struct err *e)
{
    char *part = strdup(path);
    enum err_code rc = ERR_OK;

    if (!part)
        return file_errno(e, path);
    for (char *p = part + 1; *part && *p && !rc; p++) {
        if (*p != '/' || p[-1] == '/')
            continue;
        *p = '\0';
        rc = file_mkdir(part, e);
        *p = '/';
    }
    if (!rc)
        rc = file_mkdir(path, e);
    free(part);
    return rc;
}

/* A regular file's size is a good first guess; pipes and /proc grow as they come. */
static size_t file_size_guess(FILE *f)
{
    struct stat st;

    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        return (size_t)st.st_size;
    return 4096;
}

static enum err_code remove_entries(const char *path, struct err *e)
{
    struct dirent *entry;
    enum err_code rc = ERR_OK;
    DIR *d = opendir(path);

    if (!d)
        return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
    while (!rc && (entry = readdir(d)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char *inner = mem_printf("%s/%s", path, entry->d_name);

            rc = file_remove_tree(inner, e);
            free(inner);
        }
    closedir(d);
    return rc;
}

enum err_code file_remove_tree(const char *path, struct err *e)
{
    enum err_code rc;

    if (!unlink(path) || errno == ENOENT)
        return ERR_OK;
    if (errno != EISDIR && errno != EPERM)
        return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
    if ((rc = remove_entries(path, e)))
        return rc;
    return rmdir(path) ? err_set(e, ERR_ENV, "%s: %s", path, strerror(errno)) : ERR_OK;
}

enum err_code file_read(const char *path, char **out, size_t *n_bytes, struct err *e)
{
    FILE *f = fopen(path, "rbe");
    char *text = NULL;
    size_t n = 0, cap;
    enum err_code rc = ERR_OK;

    *out = NULL;
    *n_bytes = 0;
    if (!f)
        return file_errno(e, path);
    for (cap = file_size_guess(f) + 1;; cap += cap / 2 + 1) {
        char *grown = realloc(text, cap + 1);

        if (!grown) {
            rc = file_errno(e, path);
            break;
        }
        text = grown;
        errno = 0;
        n += fread(text + n, 1, cap - n, f);
        if (ferror(f)) {
            rc = file_errno(e, path);
            break;
        }
        if (n < cap)
            break;
    }
    fclose(f);
    if (rc) {
        free(text);
        return rc;
    }
    text[n] = '\0';
    *out = text;
    *n_bytes = n;
    return ERR_OK;
}

static void file_hex(const uint8_t digest[SHA256_DIGEST_LENGTH], char out[65])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[64] = '\0';
}

enum err_code file_sha256(const char *path, char out[65], struct err *e)
{
    FILE *f = fopen(path, "rbe");
    uint8_t digest[SHA256_DIGEST_LENGTH];
    uint8_t chunk[16384];
    SHA2_CTX ctx;
    size_t n;

    if (!f)
        return file_errno(e, path);
    SHA256Init(&ctx);
    errno = 0;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        SHA256Update(&ctx, chunk, n);
    if (ferror(f)) {
        file_errno(e, path);
        fclose(f);
        return e->code;
    }
    fclose(f);
    SHA256Final(digest, &ctx);
    file_hex(digest, out);
    return ERR_OK;
}

void bytes_sha256(const void *data, size_t n_bytes, char out[65])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX ctx;

    SHA256Init(&ctx);
    SHA256Update(&ctx, data, n_bytes);
    SHA256Final(digest, &ctx);
    file_hex(digest, out);
}
