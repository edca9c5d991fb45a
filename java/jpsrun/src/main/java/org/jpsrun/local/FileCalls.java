package org.jpsrun.local;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls on files of nodes; a change is made on every node that the call means, a question is put to the first. */
final class FileCalls {
    private static final int EXISTS = 17;

    private final LocalEnvironments environments;

    FileCalls(LocalEnvironments environments) {
        this.environments = environments;
    }

    Map<String, Object> read(Environment environment, Parameters parameters) {
        LocalNode node = LocalPlatform.nodes(environments, environment, parameters).get(0);
        Command.Result result = NodeFiles.require(node, parameters.text("path"), Command.noInput(), "cat -- \"$1\"");
        return Answers.success("body", new String(result.out, StandardCharsets.UTF_8));
    }

    /** The file keeps its mode and owner; a new one is root's with mode 0644. */
    Map<String, Object> write(Environment environment, Parameters parameters) {
        return change(environment, parameters, body(parameters), "umask 022; cat > \"$1\"");
    }

    Map<String, Object> append(Environment environment, Parameters parameters) {
        return change(environment, parameters, body(parameters), "umask 022; cat >> \"$1\"");
    }

    Map<String, Object> create(Environment environment, Parameters parameters) {
        String make = parameters.flag("isdir", false) ? "umask 022; mkdir -p -- \"$1\""
                : "umask 022; mkdir -p -- \"$(dirname -- \"$1\")\" && cat > \"$1\"";
        return change(environment, parameters, body(parameters),
                "if [ -e \"$1\" ] || [ -L \"$1\" ]; then exit " + EXISTS + "; fi; " + make);
    }

    Map<String, Object> delete(Environment environment, Parameters parameters) {
        return change(environment, parameters, Command.noInput(), "rm -r -- \"$1\"");
    }

    private static byte[] body(Parameters parameters) {
        return parameters.text("body", "").getBytes(StandardCharsets.UTF_8);
    }

    private Map<String, Object> change(Environment environment, Parameters parameters, byte[] input, String shell) {
        String path = parameters.text("path");
        for (LocalNode node : LocalPlatform.nodes(environments, environment, parameters)) {
            Command.Result result = NodeFiles.run(node, path, input, shell);
            if (result.status == EXISTS) {
                throw new Answers.Failure(Answers.FILE_EXISTS, "file '" + path + "' exists on node " + node.node.id);
            }
            if (result.status != 0) {
                throw NodeFiles.failure(node, path, result);
            }
        }
        return Answers.success();
    }

    Map<String, Object> list(Environment environment, Parameters parameters) {
        String path = parameters.text("path");
        LocalNode node = LocalPlatform.nodes(environments, environment, parameters).get(0);
        Command.Result result = NodeFiles.require(node, path, Command.noInput(),
                "cd -- \"$1\" && find . -mindepth 1 -maxdepth 1 -printf '%y %s %T@ %f\\0'");
        List<Object> entries = new ArrayList<>();
        for (String line : new String(result.out, StandardCharsets.UTF_8).split("\0")) {
            String[] fields = line.split(" ", 4);
            if (fields.length == 4) {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("name", fields[3]);
                entry.put("path", (path.endsWith("/") ? path : path + "/") + fields[3]);
                entry.put("isdir", fields[0].equals("d"));
                entry.put("size", Long.parseLong(fields[1]));
                entry.put("lastModified", (long) Double.parseDouble(fields[2]) * 1000);
                entries.add(entry);
            }
        }
        return Answers.success("array", entries);
    }
}
