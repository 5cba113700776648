/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer's entry for all targets; AUTORAC_FUZZ names the one, --targets prints
 * them. The input is a file in memory. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/targets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *target;
static int fd;
static char path[64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("AUTORAC_FUZZ");

    if (*argc == 2 && !strcmp((*argv)[1], "--targets")) {
        fuzz_target_print();
        exit(0);
    }
    target = fuzz_target_find(name ? name : "");
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (!target || fd < 0) {
        fprintf(stderr, "fuzz: AUTORAC_FUZZ names no target, or no memory file\n");
        exit(2);
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    target->read(path);
    return 0;
}
