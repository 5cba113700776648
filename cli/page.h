/* SPDX-License-Identifier: Apache-2.0 */
/* cli/page.h: directories of results as one HTML page that needs no network.
 *
 * The page carries the contents of the directories' files as JSON, the scripts of cli/page/ that
 * draw them, and the chart library where it is installed (page/README.md); without it the scripts
 * draw plain SVG. A file that a directory does not have leaves its sections out. */
#ifndef AUTORAC_CLI_PAGE_H
#define AUTORAC_CLI_PAGE_H

#include <stdio.h>

#include "cli/args.h"
#include "traces/result.h"

struct page {
    size_t n_dirs;
    struct page_dir {
        const char *path;
        char *text[9];              /* (PAGE_FILES) contents; NULL: not there */
        struct result_file *result; /* NULL: not there */
    } dir[ARGS_MAX_POS];
    char *template_, *css, *charts, *script;
    char *library; /* NULL: not installed */
};

/* Reads everything. page is whole for page_close even after failure. ERR_CONFIG: a file that is not
 * what its name says, or a directory with nothing to show. */
enum err_code page_open(struct page *p, const char *const *dirs, size_t n, struct err *e);
void page_write(const struct page *p, FILE *f);
void page_close(struct page *p);

#endif
