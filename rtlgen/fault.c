/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/gen.h"
#include "sim/base/mem.h"

const struct rtl_fault rtl_faults[] = {
#define FAULT(name_, file_, find_, replace_, summary_) {#name_, file_, find_, replace_, summary_},
#include "rtlgen/faults.def"
#undef FAULT
};
const size_t rtl_n_faults = sizeof rtl_faults / sizeof *rtl_faults;

const struct rtl_fault *rtl_fault_find(const char *name)
{
    for (size_t i = 0; i < rtl_n_faults; i++)
        if (strcmp(rtl_faults[i].name, name) == 0)
            return &rtl_faults[i];
    return NULL;
}

enum err_code rtl_fault_apply(const struct rtl_fault *f, const char *text, char **out,
                              struct err *e)
{
    const char *at = strstr(text, f->find);

    if (!at || strstr(at + 1, f->find))
        return err_set(e, ERR_BUG, "fault %s: its text is %s in %s", f->name,
                       at ? "more than once" : "not", f->file);
    *out = mem_printf("%.*s%s%s", (int)(at - text), text, f->replace, at + strlen(f->find));
    return ERR_OK;
}
