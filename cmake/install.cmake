# SPDX-License-Identifier: Apache-2.0
# bin/autorac finds its data at ../share/autorac.
set(CMAKE_INSTALL_DOCDIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/autorac)

install(TARGETS autorac RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY arch/params DESTINATION ${CMAKE_INSTALL_DATADIR}/autorac)
install(DIRECTORY arch/presets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/autorac/examples)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_BINARY_DIR}/manual/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
        FILES_MATCHING PATTERN "*.1")
install(FILES ${PROJECT_BINARY_DIR}/manual/autorac.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME autorac)
install(FILES ${PROJECT_BINARY_DIR}/manual/_autorac
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES README.md CHANGELOG.md LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY cli/page/ DESTINATION ${CMAKE_INSTALL_DATADIR}/autorac/page
        FILES_MATCHING PATTERN "report.*" PATTERN "charts.js" PATTERN "node_modules" EXCLUDE)
install(FILES cli/page/node_modules/chart.js/dist/chart.umd.min.js
        DESTINATION ${CMAKE_INSTALL_DATADIR}/autorac/page OPTIONAL)
