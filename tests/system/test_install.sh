#!/bin/bash
# What `cmake --install` lays: a C program builds and runs against it, the commands start, the manifests are stamped.
. "$(dirname "$0")/test_cli_lib.sh"
DESTDIR=$work/root cmake --install "$BUILD" >installed 2>&1 || { cat installed; failed "cmake --install"; }
prefix=$work/root$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$BUILD/CMakeCache.txt")
[ -x "$prefix/bin/jpsbackup" ] || failed "the command is not there"
"$prefix/bin/jpsbackup" --version | grep -q '^jpsbackup '
"$prefix/bin/jpsrun" --help >out 2>err || failed "jpsrun does not start"

cat >program.c <<'E'
#include <jpsbackup/jpsbackup.h>
#include <stdio.h>
int main(void)
{
    jb_error error = JB_ERROR_INIT;
    jb_store *store = NULL;
    jb_store_options options = {.size = sizeof options, .url = "nonsense"};
    int code = jb_library_init(&error);
    printf("%s %s\n", jb_library_version(), jb_code_name(code));
    return jb_store_open(&options, &store, &error) == JB_ERROR_USAGE ? 0 : 1;
}
E
export PKG_CONFIG_SYSROOT_DIR=$work/root
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name jpsbackup.pc)")
export PKG_CONFIG_PATH
cc -std=c17 -Wall -Wextra -pedantic -Werror program.c $(pkg-config --cflags --libs jpsbackup) -o program || failed "it does not compile"
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name libjpsbackup.so)") ./program >out || failed "the program does not run"
says out " ok"

share=$prefix/share/jpsbackup
for file in java/jpsbackup.jar java/jpsrun.jar manifests/backup.yml manifests/restore.yml manifests/bundle/jpsbackup-node.tar.gz; do
    [ -s "$share/$file" ] || failed "$file is not installed"
done
(cd "$share/manifests/bundle" && sha256sum --quiet -c jpsbackup-node.tar.gz.sha256) || failed "another digest"
digest=$(cut -c 1-64 "$share/manifests/bundle/jpsbackup-node.tar.gz.sha256")
if grep -r '@NODE_BUNDLE_SHA256@' "$share/manifests"; then failed "a manifest is not stamped"; fi
grep -rq "$digest" "$share/manifests" --include='*.yml' || failed "no manifest names the bundle's digest"
[ -s "$(find "$prefix/share/doc" -name reference.md)" ] || failed "the reference is not installed"
[ -s "$(find "$prefix/share/doc" -name LICENSE)" ] || failed "the licence is not installed"
