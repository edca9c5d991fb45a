package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.value.Values;

/** Actions on nodes as a whole that are one API call a node. */
final class NodeActions {
    private NodeActions() {
    }

    static void register(Map<String, Action> actions) {
        Action restart = action("environment.control.RestartNodeById", null);
        actions.put("restartNodes", restart);
        actions.put("restartNode", restart);
        actions.put("reboot", restart);
        actions.put("setNodeDisplayName", action("environment.control.SetNodeDisplayName", "displayName"));
    }

    private static Action action(String method, String member) {
        return (run, call) -> {
            Map<String, Object> last = Values.ok();
            for (Map<String, Object> item : call.items(member == null ? "delay" : member)) {
                List<Map<String, Object>> nodes = Selector.require(run, call, item);
                boolean sync = Values.flag(Values.member(item, "sync"), false);
                List<Map<String, Object>> answers = Parallel.map(nodes, sync, node -> {
                    Map<String, Object> parameters = new LinkedHashMap<>();
                    parameters.put("nodeId", node.get("id"));
                    if (member != null) {
                        parameters.put(member, call.required(item, member));
                    }
                    run.log(Selector.label(call.name(), node) + ": {}");
                    return run.platform().invoke(method, parameters);
                });
                for (Map<String, Object> answer : answers) {
                    last = Values.result(last) != 0 ? last : answer;
                }
            }
            return last;
        };
    }
}
