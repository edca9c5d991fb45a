# The Java modules, built by Gradle: the jar that carries the native library, and the runner with all that it needs.
find_program(GRADLE gradle REQUIRED)
set(java_output ${PROJECT_BINARY_DIR}/java)
set(gradle_command ${GRADLE} --quiet --no-daemon --project-dir ${PROJECT_SOURCE_DIR}/java
    --project-cache-dir ${PROJECT_BINARY_DIR}/gradle -PbuildRoot=${java_output} -PproductVersion=${PROJECT_VERSION}
    -PnativeLibrary=$<TARGET_FILE:jpsbackup_jni>)

file(GLOB_RECURSE java_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/java/*.java ${PROJECT_SOURCE_DIR}/java/*.gradle ${PROJECT_SOURCE_DIR}/java/*/src/main/resources/*
     ${PROJECT_SOURCE_DIR}/gradle/*.gradle)
set(jars ${java_output}/jpsbackup/libs/jpsbackup-${PROJECT_VERSION}.jar ${java_output}/jpsrun/libs/jpsrun-${PROJECT_VERSION}.jar)
add_custom_command(
    OUTPUT ${jars}
    COMMAND ${gradle_command} jar :jpsrun:libraries
    COMMAND ${CMAKE_COMMAND} -E touch ${jars}
    DEPENDS ${java_sources} jpsbackup_jni
    COMMENT "Building the Java modules" VERBATIM)
add_custom_target(java ALL DEPENDS ${jars})

# Each module's JUnit tests. Gradle takes one run at a time.
if(BUILD_TESTING)
    foreach(module jpsbackup jpsrun)
        add_test(NAME java.${module} COMMAND ${gradle_command} :${module}:junit)
        set_tests_properties(java.${module} PROPERTIES RESOURCE_LOCK gradle TIMEOUT 600)
    endforeach()
endif()
