package org.jpsrun.script;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns a manifest's script into JavaScript that an engine accepts, line by line. */
final class ScriptSource {
    private static final Pattern IMPORT = Pattern.compile("^import[ \\t]+([A-Za-z_][\\w.]*\\.([A-Za-z_]\\w*))[ \\t]*;?[ \\t\\r]*$",
            Pattern.MULTILINE);
    private static final Pattern REQUIRED = Pattern.compile("(?m)^\\s*//@req\\s*\\(([^)]*)\\)");

    private ScriptSource() {
    }

    /** The script as a function, on the same lines. */
    static String function(String body) {
        Matcher matcher = IMPORT.matcher(body);
        String imported = matcher.replaceAll("var $2 = Packages.$1;");
        // The newline ends a comment in the script's last line.
        return "(function () {" + imported + "\n})";
    }

    /** The parameters that a {@code //@req(a, b)} line demands. */
    static List<String> required(String body) {
        List<String> names = new ArrayList<>();
        Matcher matcher = REQUIRED.matcher(body);
        while (matcher.find()) {
            for (String name : matcher.group(1).split(",")) {
                if (!name.isBlank()) {
                    names.add(name.trim());
                }
            }
        }
        return names;
    }
}
