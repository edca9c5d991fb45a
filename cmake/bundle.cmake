# The node bundle: the command with everything that it needs to run on any Linux, in one archive.
set(node_bundle ${PROJECT_BINARY_DIR}/jpsbackup-node.tar.gz)
add_custom_command(
    OUTPUT ${node_bundle} ${node_bundle}.sha256
    COMMAND sh ${PROJECT_SOURCE_DIR}/cmake/node-bundle.sh
            $<TARGET_FILE:jpsbackup_command> $<TARGET_FILE:jpsbackup_launcher> ${node_bundle}
    DEPENDS jpsbackup_command jpsbackup_launcher ${PROJECT_SOURCE_DIR}/cmake/node-bundle.sh
    COMMENT "Packing the node bundle" VERBATIM)
add_custom_target(node-bundle DEPENDS ${node_bundle})

# The manifests as they are served and installed: beside their bundle, stamped with its digest.
set(manifests ${PROJECT_BINARY_DIR}/manifests)
file(GLOB_RECURSE manifest_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/manifests/*)
add_custom_command(
    OUTPUT ${manifests}/bundle/jpsbackup-node.tar.gz
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}/manifests -DTARGET=${manifests} -DBUNDLE=${node_bundle}
            -P ${PROJECT_SOURCE_DIR}/cmake/lay-out-manifests.cmake
    COMMAND ${CMAKE_COMMAND} -E touch ${manifests}/bundle/jpsbackup-node.tar.gz
    DEPENDS ${node_bundle} ${manifest_sources} ${PROJECT_SOURCE_DIR}/cmake/lay-out-manifests.cmake
    COMMENT "Laying out the manifests" VERBATIM)
add_custom_target(manifests ALL DEPENDS ${manifests}/bundle/jpsbackup-node.tar.gz)
