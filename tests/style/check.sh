#!/bin/bash
# check.sh format|tidy BUILD: fails where clang-format would change a file, or clang-tidy finds anything.
set -euo pipefail
case $1 in
format) find native jni tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror ;;
tidy) find native/src native/cli jni -name '*.c' -print0 | xargs -0 -P2 -n8 clang-tidy -p "$2" --quiet 2> /dev/null ;;
esac
