#!/bin/bash
# Makes and fills the environment that the tests of the manifests share.
. "$(dirname "$0")/test_manifests_lib.sh"
# What an earlier run left, if it was cut off.
[ ! -x "$JPSRUN" ] || "$JPSRUN" env destroy "$environment" 2> /dev/null || :
rm -rf "$TEST_WORK"
mkdir -p "$store"
cmake --build "$BUILD" --target demo-app > "$TEST_WORK/build.log" 2>&1 || { cat "$TEST_WORK/build.log"; exit 1; }
cmake --install "$BUILD" --prefix "$installed" > "$TEST_WORK/install.log"
"$JPSRUN" env create "$demo/environment.yml"
"$JPSRUN" env start "$environment"
"$demo/fill.sh" "$environment" 8
