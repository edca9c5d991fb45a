package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** {@code cmd}: runs shell text on nodes. */
final class CommandAction implements Action {
    @Override
    public Map<String, Object> perform(Run run, Call call) {
        List<Object> list = Values.list(call.value());
        List<Map<String, Object>> items;
        if (list != null && list.stream().noneMatch(element -> element instanceof Map)) {
            Map<String, Object> item = call.siblings();
            item.put("commands", list);
            items = List.of(item);
        } else {
            items = call.items("commands");
        }
        Map<String, Object> response = Values.ok();
        for (Map<String, Object> item : items) {
            response = runOne(run, call, item);
            if (Values.result(response) != 0) {
                return response;
            }
        }
        return response;
    }

    private Map<String, Object> runOne(Run run, Call call, Map<String, Object> item) {
        String command = text(call, item);
        List<Map<String, Object>> nodes = Selector.require(run, call, item);
        boolean sync = Values.flag(Values.member(item, "sync"), false);
        return CommandResponses.merge(Parallel.map(nodes, sync, node -> request(run, call, item, command, node)));
    }

    private static String text(Call call, Map<String, Object> item) {
        Object commands = Values.member(item, "commands");
        if (commands == null) {
            commands = Values.member(item, "command");
        }
        if (commands == null) {
            throw new ManifestException("'" + call.name() + "' has no commands", call.location(), null);
        }
        if (Values.list(commands) == null) {
            return Values.text(commands);
        }
        List<String> lines = new ArrayList<>();
        for (Object line : Values.list(commands)) {
            String text = Values.text(line).stripTrailing();
            if (!text.isEmpty()) {
                lines.add(text);
            }
        }
        return String.join(";", lines);
    }

    private static Map<String, Object> request(Run run, Call call, Map<String, Object> item, String command,
            Map<String, Object> node) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("command", command);
        entry.put("params", "");
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("nodeId", node.get("id"));
        parameters.put("commandList", Json.write(List.of(entry)));
        parameters.put("sayYes", Values.flag(Values.member(item, "sayYes"), true));
        Object user = Values.member(item, "user");
        if (user == null) {
            user = Values.member(item, "userName");
        }
        if (user != null) {
            parameters.put("userName", Values.text(user));
        }
        String label = Selector.label(call.name(), node);
        run.log(label + ": " + Json.write(command));
        Map<String, Object> answer = CommandResponses.normalize(
                run.platform().invoke("environment.control.ExecCmdById", parameters), node);
        run.log(label + ".response: " + Json.write(answer));
        return answer;
    }
}
