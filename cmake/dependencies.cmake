# SPDX-License-Identifier: Apache-2.0
# Every library comes from Debian 12; what is missing is named by its Debian package.

find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
    message(FATAL_ERROR "pkg-config is missing: install the Debian package pkg-config")
endif()

# dep::NAME from pkg-config MODULE, which Debian ships in PACKAGE.
function(autorac_dependency name module package)
    string(TOUPPER ${name} upper)
    pkg_check_modules(${upper} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${upper}_FOUND)
        message(FATAL_ERROR "${module} is missing: install the Debian package ${package}")
    endif()
    add_library(dep::${name} ALIAS PkgConfig::${upper})
endfunction()

# dep::NAME from a library without a pkg-config file.
function(autorac_library name library header package)
    string(TOUPPER ${name} upper)
    find_library(${upper}_LIBRARY ${library})
    find_path(${upper}_INCLUDE ${header})
    if(NOT ${upper}_LIBRARY OR NOT ${upper}_INCLUDE)
        message(FATAL_ERROR "${library} is missing: install the Debian package ${package}")
    endif()
    add_library(dep_${name} INTERFACE)
    target_link_libraries(dep_${name} INTERFACE ${${upper}_LIBRARY})
    add_library(dep::${name} ALIAS dep_${name})
endfunction()

# The archive: the shared library also defines libevent's functions, which MPI would then take for
# libevent's.
autorac_library(ev libev.a ev.h libev-dev)
autorac_dependency(yaml yaml-0.1 libyaml-dev)
autorac_dependency(md libmd libmd-dev)
autorac_dependency(hdf5 hdf5-serial libhdf5-dev)
autorac_dependency(deflate libisal libisal-dev)
autorac_dependency(lzma liblzma liblzma-dev)
autorac_dependency(zlib zlib zlib1g-dev)
autorac_dependency(jansson jansson libjansson-dev)
autorac_dependency(openblas openblas libopenblas-dev)
# Searches over many machines: only where it is installed (Debian package libopenmpi-dev).
find_package(MPI QUIET COMPONENTS C)
if(AUTORAC_TESTS)
    autorac_dependency(criterion criterion libcriterion-dev)
endif()

# Dimension scales live in HDF5's high-level library, which its .pc file leaves out.
find_library(HDF5_HL_LIBRARY hdf5_serial_hl)
if(NOT HDF5_HL_LIBRARY)
    message(FATAL_ERROR "libhdf5_serial_hl is missing: install the Debian package libhdf5-dev")
endif()
set_property(TARGET PkgConfig::HDF5 APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${HDF5_HL_LIBRARY})
