# What `cmake --install` lays where.
set(java_output ${PROJECT_BINARY_DIR}/java)
set(shared_folder ${CMAKE_INSTALL_DATADIR}/jpsbackup)

install(TARGETS jpsbackup_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS jpsbackup LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY native/include/jpsbackup DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/jpsbackup.pc.in ${PROJECT_BINARY_DIR}/jpsbackup.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/jpsbackup.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The runner's folder of libraries holds the interface's jar as well.
install(FILES ${java_output}/jpsbackup/libs/jpsbackup-${PROJECT_VERSION}.jar DESTINATION ${shared_folder}/java RENAME jpsbackup.jar)
install(FILES ${java_output}/jpsrun/libs/jpsrun-${PROJECT_VERSION}.jar DESTINATION ${shared_folder}/java RENAME jpsrun.jar)
install(DIRECTORY ${java_output}/jpsrun/lib DESTINATION ${shared_folder}/java)
install(PROGRAMS cmake/jpsrun DESTINATION ${CMAKE_INSTALL_BINDIR})

install(DIRECTORY ${manifests} DESTINATION ${shared_folder})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
