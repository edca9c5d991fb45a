#!/bin/bash
# Removes the environment that the tests of the manifests share.
. "$(dirname "$0")/test_manifests_lib.sh"
"$JPSRUN" env destroy "$environment"
rm -rf "$TEST_WORK"
