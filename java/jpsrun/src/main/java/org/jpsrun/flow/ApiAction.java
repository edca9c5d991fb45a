package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.platform.ApiNames;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** {@code api}, and API methods written as actions: calls the platform. */
final class ApiAction implements Action {
    @Override
    public Map<String, Object> perform(Run run, Call call) {
        if (call.name().equalsIgnoreCase("api")) {
            Map<String, Object> last = Values.ok();
            for (Map<String, Object> item : call.items("method")) {
                String method = call.required(item, "method");
                item.remove("method");
                last = request(run, call, method, item);
                if (Values.result(last) != 0) {
                    return last;
                }
            }
            return last;
        }
        Map<String, Object> item = call.siblings();
        Object value = call.value();
        if (value != null) {
            Map<String, Object> map = Values.map(value);
            if (map == null) {
                throw new ManifestException("'" + call.name() + "' takes a mapping of its parameters", call.location(), null);
            }
            item.putAll(map);
        }
        return request(run, call, call.name(), item);
    }

    private static Map<String, Object> request(Run run, Call call, String name, Map<String, Object> item) {
        String method = ApiNames.canonical(name);
        Map<String, Object> parameters = new LinkedHashMap<>(item);
        Object nested = parameters.get("params");
        if (nested instanceof Map) {
            parameters.remove("params");
            parameters.putAll(Values.map(nested));
        }
        parameters.remove("sync");
        Map<String, Object> envelope = new LinkedHashMap<>(run.identity());
        envelope.putAll(parameters);
        if (!call.hasSelector()) {
            return send(run, method, method, envelope);
        }
        List<Map<String, Object>> nodes = Selector.byWords(run, call.selector());
        if (nodes.isEmpty()) {
            throw new ActionFailure(Values.error(Codes.NODE_NOT_FOUND, "can't find node by the given parameters"));
        }
        boolean sync = Values.flag(Values.member(item, "sync"), false);
        List<Map<String, Object>> answers = Parallel.map(perGroup(method) ? firstOfEachGroup(nodes) : nodes, sync, node -> {
            Map<String, Object> own = new LinkedHashMap<>(envelope);
            own.putIfAbsent("nodeGroup", node.get("nodeGroup"));
            if (!perGroup(method)) {
                own.putIfAbsent("nodeId", node.get("id"));
            }
            return send(run, method, Selector.label(method, node), own);
        });
        return answers.stream().filter(answer -> Values.result(answer) != 0).findFirst()
                .orElse(answers.get(answers.size() - 1));
    }

    /** Methods that act on a whole group are called once for it, not once a node. */
    private static boolean perGroup(String method) {
        String name = method.substring(method.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return name.endsWith("bygroup") || name.contains("nodegroup");
    }

    private static List<Map<String, Object>> firstOfEachGroup(List<Map<String, Object>> nodes) {
        Map<Object, Map<String, Object>> groups = new LinkedHashMap<>();
        nodes.forEach(node -> groups.putIfAbsent(node.get("nodeGroup"), node));
        return new ArrayList<>(groups.values());
    }

    private static Map<String, Object> send(Run run, String method, String label, Map<String, Object> parameters) {
        Map<String, Object> shown = new LinkedHashMap<>(parameters);
        shown.remove("session");
        run.log(label + ":  " + Json.write(shown));
        Map<String, Object> answer = run.platform().invoke(method, parameters);
        run.log(label + ".response: " + Json.write(answer));
        return answer;
    }
}
