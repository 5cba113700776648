# SPDX-License-Identifier: Apache-2.0
# Labels: unit (seconds), golden (whole runs against committed or repeated results), rtl (needs
# Verilator), slow (minutes).

set(AUTORAC_TEST_TIMEOUT_S 120)

# Register executable NAME (a Criterion binary) with CTest, run from the source tree's root.
function(autorac_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "LABELS" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT ${AUTORAC_TEST_TIMEOUT_S})
    endif()
    target_link_libraries(${name} PRIVATE dep::criterion m)
    target_compile_definitions(${name} PRIVATE AUTORAC_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name} -j1 --xml=${name}.xml
             WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()

# Register a shell script that gets the build directory as its first argument; it skips with exit 77.
function(autorac_script_test name script)
    cmake_parse_arguments(arg "" "TIMEOUT" "LABELS" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT ${AUTORAC_TEST_TIMEOUT_S})
    endif()
    add_test(NAME ${name} COMMAND ${script} ${PROJECT_BINARY_DIR}
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
                         SKIP_RETURN_CODE 77)
endfunction()
