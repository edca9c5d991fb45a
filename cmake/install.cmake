# What `cmake --install` lays where.
set(shared_folder ${CMAKE_INSTALL_DATADIR}/jpsbackup)

install(TARGETS jpsbackup_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS jpsbackup LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY native/include/jpsbackup DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/jpsbackup.pc.in ${PROJECT_BINARY_DIR}/jpsbackup.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/jpsbackup.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The runner's folder of libraries holds the interface's jar as well, under its versioned name.
install(FILES ${java_output}/jpsbackup/libs/jpsbackup-${PROJECT_VERSION}.jar DESTINATION ${shared_folder}/java RENAME jpsbackup.jar)
install(FILES ${java_output}/jpsrun/libs/jpsrun-${PROJECT_VERSION}.jar DESTINATION ${shared_folder}/java RENAME jpsrun.jar)
install(DIRECTORY ${java_output}/jpsrun/lib DESTINATION ${shared_folder}/java)

# The runner's command, for the installed tree and for the build tree.
file(RELATIVE_PATH jpsrun_java ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/jpsbackup/java)
set(jpsrun_java "$here/${jpsrun_java}")
set(jpsrun_jar jpsrun.jar)
set(jpsrun_libraries lib)
configure_file(cmake/jpsrun.in ${PROJECT_BINARY_DIR}/installed/jpsrun @ONLY USE_SOURCE_PERMISSIONS)
install(PROGRAMS ${PROJECT_BINARY_DIR}/installed/jpsrun DESTINATION ${CMAKE_INSTALL_BINDIR})
set(jpsrun_java "$here/java/jpsrun")
set(jpsrun_jar libs/jpsrun-${PROJECT_VERSION}.jar)
configure_file(cmake/jpsrun.in ${PROJECT_BINARY_DIR}/jpsrun @ONLY USE_SOURCE_PERMISSIONS)

install(DIRECTORY ${manifests} DESTINATION ${shared_folder})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
