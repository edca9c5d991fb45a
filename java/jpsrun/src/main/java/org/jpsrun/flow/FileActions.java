package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** Actions on files of nodes. Each takes one item or a list of them. */
final class FileActions {
    private FileActions() {
    }

    /** Answers one item on one node. */
    private interface Request {
        Map<String, Object> send(Run run, Call call, Map<String, Object> item, Map<String, Object> node);
    }

    static void register(Map<String, Action> actions) {
        actions.put("createFile", action("path", method("environment.file.Create", Map.of("isdir", false), "path", "body?")));
        actions.put("createDirectory", action("path", method("environment.file.Create", Map.of("isdir", true), "path")));
        actions.put("writeFile", action(null, method("environment.file.Write", Map.of(), "path", "body")));
        actions.put("appendFile", action(null, method("environment.file.Append", Map.of(), "path", "body")));
        actions.put("upload", action(null, method("environment.file.Upload", Map.of(), "sourcePath", "destPath")));
        actions.put("unpack", action(null, method("environment.file.Unpack", Map.of(), "sourcePath", "destPath")));
        actions.put("replaceInFile", action(null, FileActions::replace));
    }

    private static Action action(String shorthand, Request request) {
        return (run, call) -> {
            Map<String, Object> last = Values.ok();
            for (Map<String, Object> item : call.items(shorthand)) {
                List<Map<String, Object>> nodes = Selector.require(run, call, item);
                boolean sync = Values.flag(Values.member(item, "sync"), false);
                for (Map<String, Object> answer : Parallel.map(nodes, sync, node -> logged(run, call, item, node, request))) {
                    last = Values.result(last) != 0 ? last : answer;
                }
                if (Values.result(last) != 0) {
                    return last;
                }
            }
            return last;
        };
    }

    private static Map<String, Object> logged(Run run, Call call, Map<String, Object> item, Map<String, Object> node,
            Request request) {
        String label = Selector.label(call.name(), node);
        run.log(label + ": " + Json.write(item));
        Map<String, Object> answer = request.send(run, call, item, node);
        run.log(label + ".response: " + Json.write(answer));
        return answer;
    }

    /** A request that is one API call; a member's name with a question mark is optional. */
    private static Request method(String method, Map<String, Object> constants, String... members) {
        return (run, call, item, node) -> {
            Map<String, Object> parameters = new LinkedHashMap<>(constants);
            parameters.put("nodeId", node.get("id"));
            for (String member : members) {
                boolean optional = member.endsWith("?");
                String name = optional ? member.substring(0, member.length() - 1) : member;
                Object value = Values.member(item, name);
                if (name.equals("body")) {
                    if (value != null || !optional) {
                        parameters.put(name, value == null ? "" : Values.text(value));
                    }
                } else {
                    parameters.put(name, call.required(item, name));
                }
            }
            return run.platform().invoke(method, parameters);
        };
    }

    private static Map<String, Object> replace(Run run, Call call, Map<String, Object> item, Map<String, Object> node) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("nodeId", node.get("id"));
        parameters.put("path", call.required(item, "path"));
        Map<String, Object> file = run.platform().invoke("environment.file.Read", parameters);
        if (Values.result(file) != 0) {
            return file;
        }
        String body = Values.text(file.getOrDefault("body", ""));
        for (Object replacement : Values.asList(Values.member(item, "replacements"))) {
            Map<String, Object> members = Values.map(replacement);
            if (members == null) {
                throw new ManifestException("'replacements' must be a list of mappings", call.location(), null);
            }
            try {
                body = Pattern.compile(call.required(members, "pattern")).matcher(body)
                        .replaceAll(Values.text(members.getOrDefault("replacement", "")));
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new ManifestException("pattern '" + members.get("pattern") + "' cannot be used: "
                        + String.valueOf(e.getMessage()).split("\n", 2)[0], call.location(), null, e);
            }
        }
        parameters.put("body", body);
        return run.platform().invoke("environment.file.Write", parameters);
    }
}
