# SPDX-License-Identifier: Apache-2.0
# Script: writes OUT (cli/version.h) from VERSION and the repository at SOURCE; only when it changes.
find_program(GIT git)
set(revision "unknown")
if(GIT AND EXISTS ${SOURCE}/.git)
    execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --match=v*
                    OUTPUT_VARIABLE described RESULT_VARIABLE failed ERROR_QUIET
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT failed)
        set(revision ${described})
    endif()
endif()
configure_file(${SOURCE}/cli/version.h.in ${OUT} @ONLY)
