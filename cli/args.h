/* SPDX-License-Identifier: Apache-2.0 */
/* cli/args.h: the command line, read by a table of options.
 *
 * --name VALUE, --name=VALUE, -n VALUE, -nVALUE; "--" ends options; "-" is a positional. Every
 * command also understands -h/--help, -q/--quiet and -v/--verbose. */
#ifndef AUTORAC_CLI_ARGS_H
#define AUTORAC_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

struct opt {
    const char *name;  /* without dashes; NULL ends a table */
    char letter;       /* 0: none */
    const char *value; /* what it takes, for usage: "DIR"; NULL: a flag */
    bool required;
    bool many;       /* may be given more than once */
    bool unrecorded; /* does not change what is computed: left out of provenance */
    const char *help;
};

#define OPT_OUT                                                                                    \
    {                                                                                              \
        "out", 'o', "DIR", true, false, true, "output directory"                                   \
    }
#define OPT_FORCE                                                                                  \
    {                                                                                              \
        "force", 0, NULL, false, false, true, "write into a directory that is not empty"           \
    }
#define OPT_SET                                                                                    \
    {                                                                                              \
        "set", 0, "KEY=VALUE", false, true, false, "override a key of the design"                  \
    }
#define OPT_JSON                                                                                   \
    {                                                                                              \
        "json", 0, NULL, false, false, true, "print JSON"                                          \
    }

enum { ARGS_MAX_POS = 8, ARGS_MAX_OPTS = 128 };

struct cmd;

struct args {
    const struct cmd *cmd;
    size_t n_pos;
    const char *pos[ARGS_MAX_POS];
    size_t n_given;
    struct args_given {
        const struct opt *opt;
        const char *value; /* NULL for a flag */
    } given[ARGS_MAX_OPTS];
    bool help, quiet, verbose;
};

/* argv: what follows the command's name. ERR_CONFIG with a hint. */
enum err_code args_parse(struct args *a, const struct cmd *c, size_t n, char *const *argv,
                         struct err *e);

bool args_has(const struct args *a, const char *name);
const char *args_str(const struct args *a, const char *name, const char *def);
enum err_code args_u64(const struct args *a, const char *name, uint64_t def, uint64_t *out,
                       struct err *e);
/* The same between least and most. */
enum err_code args_range(const struct args *a, const char *name, uint32_t def, uint32_t least,
                         uint32_t most, uint32_t *out, struct err *e);
/* --jobs; by default all processors. */
enum err_code args_jobs(const struct args *a, uint32_t *out, struct err *e);
/* Values of a repeated option in the order given; at most max. */
size_t args_all(const struct args *a, const char *name, const char **out, size_t max);

/* The candidate nearest to word, or NULL if none is near. */
const char *args_nearest(const char *word, const char *const *candidates, size_t n);

#endif
