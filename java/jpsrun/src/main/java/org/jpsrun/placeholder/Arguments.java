package org.jpsrun.placeholder;

import java.util.ArrayList;
import java.util.List;

/** The text between a method's round brackets. */
final class Arguments {
    private Arguments() {
    }

    /** Splits at commas that are neither escaped nor inside brackets; no text at all is no argument. */
    static List<String> split(String raw) {
        List<String> parts = new ArrayList<>();
        if (raw.isEmpty()) {
            return parts;
        }
        int level = 0;
        int start = 0;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '[' || c == '(') {
                level++;
            } else if (c == ']' || c == ')') {
                level--;
            } else if (c == ',' && level <= 0) {
                parts.add(raw.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(raw.substring(start));
        return parts;
    }

    /** Replaces {@code \,} by a comma and {@code \n} by a newline; other backslashes stay. */
    static String unescape(String text) {
        return text.indexOf('\\') < 0 ? text : text.replace("\\,", ",").replace("\\n", "\n");
    }

    /** The index of the bracket that closes the square one at {@code open}, or -1. */
    static int closingBracket(String text, int open) {
        int level = 0;
        for (int i = open; i < text.length(); i++) {
            if (text.charAt(i) == '[') {
                level++;
            } else if (text.charAt(i) == ']' && --level == 0) {
                return i;
            }
        }
        return -1;
    }
}
