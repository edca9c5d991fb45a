# Lays the manifests out ready to be served: with the node bundle beside them and its digest stamped in.
# cmake -DSOURCE=… -DTARGET=… -DBUNDLE=….tar.gz -P lay-out-manifests.cmake
file(READ ${BUNDLE}.sha256 line)
string(SUBSTRING "${line}" 0 64 digest)
if(NOT digest MATCHES "^[0-9a-f]+$")
    message(FATAL_ERROR "'${BUNDLE}.sha256' holds no digest")
endif()
file(REMOVE_RECURSE ${TARGET})
file(COPY ${SOURCE}/ DESTINATION ${TARGET})
file(COPY ${BUNDLE} ${BUNDLE}.sha256 DESTINATION ${TARGET}/bundle)
# Not configure_file: shell and scripts in the manifests may hold other text between @ signs.
file(GLOB_RECURSE manifests ${TARGET}/*.yml ${TARGET}/*.js ${TARGET}/*.sh)
foreach(manifest IN LISTS manifests)
    file(READ ${manifest} text)
    string(REPLACE "@NODE_BUNDLE_SHA256@" "${digest}" stamped "${text}")
    if(NOT stamped STREQUAL text)
        file(WRITE ${manifest} "${stamped}")
    endif()
endforeach()
