package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.value.Values;

/** The response of {@code cmd}: one entry a node, and the same members at the top. */
final class CommandResponses {
    private static final int MAX_SHOWN = 500;

    private CommandResponses() {
    }

    /** The answer for one node, with code 4109 where a command failed and outputs without their last newline. */
    static Map<String, Object> normalize(Map<String, Object> answer, Map<String, Object> node) {
        List<Object> responses = Values.list(answer.get("responses"));
        if (responses == null || responses.isEmpty()) {
            return answer;
        }
        List<Map<String, Object>> entries = new ArrayList<>();
        for (Object response : responses) {
            Map<String, Object> members = Values.map(response);
            if (members != null) {
                entries.add(entry(members, node));
            }
        }
        return flatten(entries, answer);
    }

    private static Map<String, Object> entry(Map<String, Object> response, Map<String, Object> node) {
        Map<String, Object> entry = new LinkedHashMap<>(response);
        Object status = response.get("exitStatus");
        boolean failed = status instanceof Number && ((Number) status).intValue() != 0;
        entry.put("result", failed ? Codes.COMMAND_FAILED : Values.result(response));
        entry.put("errOut", withoutNewline(response.get("errOut")));
        entry.put("nodeid", response.getOrDefault("nodeid", node.get("id")));
        entry.put("exitStatus", status == null ? 0 : status);
        entry.put("out", withoutNewline(response.get("out")));
        return entry;
    }

    private static String withoutNewline(Object value) {
        String text = value == null ? "" : Values.text(value);
        int end = text.length();
        while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
            end--;
        }
        return text.substring(0, end);
    }

    /** One response from those of several nodes: outputs joined line by line, the first failure's code and status. */
    static Map<String, Object> merge(List<Map<String, Object>> answers) {
        if (answers.size() == 1) {
            return answers.get(0);
        }
        List<Map<String, Object>> entries = new ArrayList<>();
        Map<String, Object> failed = null;
        for (Map<String, Object> answer : answers) {
            for (Object entry : Values.asList(answer.get("responses"))) {
                entries.add(Values.map(entry));
            }
            failed = failed == null && Values.result(answer) != 0 ? answer : failed;
        }
        return flatten(entries, failed == null ? Values.ok() : failed);
    }

    private static Map<String, Object> flatten(List<Map<String, Object>> entries, Map<String, Object> whole) {
        Map<String, Object> failed = entries.stream().filter(entry -> Values.result(entry) != 0).findFirst().orElse(null);
        Map<String, Object> merged = new LinkedHashMap<>();
        merged.put("result", failed != null ? failed.get("result") : Values.result(whole));
        merged.put("responses", entries);
        merged.put("errOut", joined(entries, "errOut"));
        Map<String, Object> shown = failed != null ? failed : entries.isEmpty() ? Map.of() : entries.get(0);
        merged.put("nodeid", shown.get("nodeid"));
        merged.put("exitStatus", shown.get("exitStatus"));
        merged.put("out", joined(entries, "out"));
        if (failed != null) {
            merged.put("error", "command failed on node " + Values.text(failed.get("nodeid")) + " with exit status "
                    + Values.text(failed.get("exitStatus")) + reason(failed));
        } else if (whole.get("error") != null) {
            merged.put("error", whole.get("error"));
        }
        return merged;
    }

    private static String joined(List<Map<String, Object>> entries, String member) {
        List<String> texts = new ArrayList<>();
        entries.forEach(entry -> texts.add(Values.text(entry.get(member))));
        texts.removeIf(String::isEmpty);
        return String.join("\n", texts);
    }

    private static String reason(Map<String, Object> entry) {
        String text = Values.text(entry.get("errOut")).isEmpty() ? Values.text(entry.get("out")) : Values.text(entry.get("errOut"));
        String end = text.substring(Math.max(0, text.length() - MAX_SHOWN)).trim();
        return end.isEmpty() ? "" : ": " + end;
    }
}
