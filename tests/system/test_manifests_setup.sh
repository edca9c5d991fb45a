#!/bin/bash
# Makes and fills the environment that the tests of the manifests share.
. "$(dirname "$0")/test_manifests_lib.sh"
"$JPSRUN" env destroy "$environment" 2> /dev/null || :
rm -rf "$TEST_WORK"
mkdir -p "$store"
"$JPSRUN" env create "$demo/environment.yml"
"$JPSRUN" env start "$environment"
"$demo/fill.sh" "$environment" 8
