package org.jpsrun.local;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;

/** The container's variables as the file {@code /.jelenv} holds them: one {@code KEY=VALUE} a line, unquoted. */
final class Variables {
    private Variables() {}

    static Map<String, String> parse(String text) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                variables.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return variables;
    }

    static String format(Map<String, String> variables) {
        StringBuilder text = new StringBuilder();
        variables.forEach((name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text.toString();
    }

    /** Refuses what the file's form cannot hold. */
    static void check(String name, String value) {
        if (!name.matches("[A-Za-z_][A-Za-z0-9_.-]*")) {
            throw new EnvironmentException("bad name of a variable: '" + name + "'", "use letters, digits and '_'");
        }
        if (value.indexOf('\n') >= 0 || value.indexOf('\0') >= 0) {
            throw new EnvironmentException("variable '" + name + "' holds a line break or a zero byte",
                    "values are single lines of text");
        }
    }
}
