# SPDX-License-Identifier: Apache-2.0
# bin/autorac finds its data at ../share/autorac.

if(TARGET autorac)
    install(TARGETS autorac RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY arch/params DESTINATION ${CMAKE_INSTALL_DATADIR}/autorac OPTIONAL)
install(DIRECTORY arch/presets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/autorac/examples OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(FILES README.md CHANGELOG.md LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
