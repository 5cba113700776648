/* SPDX-License-Identifier: Apache-2.0 */
/* cli/stages.h: a directory that several stages fill, one after the other, across interruptions.
 *
 * DIR/stages/key says what the directory was made from: configuration, build and inputs. Another
 * key is refused. DIR/stages/NAME says that a stage is complete, with the digests of its outputs;
 * a stage counts as done only while they still hold. All are written atomically after the outputs.
 */
#ifndef AUTORAC_CLI_STAGES_H
#define AUTORAC_CLI_STAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/provenance.h"
#include "sim/base/err.h"

enum { STAGE_MAX_OUTPUTS = 8 };

struct stage_def {
    const char *name, *summary;
    const char *outputs[STAGE_MAX_OUTPUTS]; /* files and directories in DIR, NULL-terminated */
};

struct stages {
    const char *dir;
    int lock;
};

/* known: names a directory of this kind may hold, NULL-terminated; outputs are among them. A
 * directory with anything else and no key is refused unless force; force removes what is known. */
enum err_code stages_open(struct stages *s, const char *dir, const char *const *known, bool force,
                          struct err *e);
void stages_close(struct stages *s);

/* Claim the directory for this configuration, or refuse: ERR_CONFIG says what differs. Writes
 * config.resolved.yaml and provenance.json on the first call. */
enum err_code stages_claim(struct stages *s, const char *config_text, const struct provenance *p,
                           struct err *e);

bool stages_done(const struct stages *s, const struct stage_def *d);
enum err_code stages_mark(const struct stages *s, const struct stage_def *d, struct err *e);

#endif
