#!/bin/bash
# The shared library exports the public interface, all of it, and nothing else.
. "$(dirname "$0")/test_cli_lib.sh"
nm -D --defined-only "$LIBRARY" | awk '{print $3}' | sort >exported
grep -hoE '^JB_API [^(]*\bjb_[a-z0-9_]+ *\(' "$SOURCE"/native/include/jpsbackup/*.h | grep -oE 'jb_[a-z0-9_]+' | sort >declared
[ "$(wc -l <declared)" -gt 30 ] || failed "the declarations were not found"
diff declared exported || failed "declared (<) and exported (>) symbols differ"
objdump -p "$LIBRARY" | grep -qE 'SONAME +libjpsbackup\.so\.[0-9]+$' || failed "no SONAME"
