package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jpsrun.value.Values;

/** Chooses the nodes that an action acts on. */
final class Selector {
    /** Member of a target that holds what stood in brackets. */
    static final String BRACKETS = "[]";

    private static final String[] FIELDS = {"nodeId", "nodeGroup", "nodeType"};

    private Selector() {
    }

    /** The words of a comma list, or of a list of such texts. */
    static List<String> words(Object value) {
        List<String> words = new ArrayList<>();
        for (Object part : Values.asList(value)) {
            for (String word : Values.text(part).split(",")) {
                if (!word.isBlank()) {
                    words.add(word.trim());
                }
            }
        }
        return words;
    }

    /** The first of {@code nodeId}, {@code nodeGroup} and {@code nodeType} that a map has, as a map of one; or empty. */
    static Map<String, Object> target(Map<String, Object> map) {
        for (String field : FIELDS) {
            Object value = map == null ? null : Values.member(map, field);
            if (value != null && !Values.text(value).isEmpty()) {
                Map<String, Object> target = new LinkedHashMap<>();
                target.put(field, value);
                return target;
            }
        }
        return Map.of();
    }

    /**
     * The nodes of an action that needs some.
     *
     * @param item the action's own parameters, over those beside it
     * @throws ActionFailure when there is none
     */
    static List<Map<String, Object>> require(Run run, Call call, Map<String, Object> item) {
        if (!run.environment().exists()) {
            throw notFound();
        }
        Map<String, Object> own = Values.map(call.rawValue()) == null && Values.list(call.rawValue()) == null ? Map.of()
                : target(ownMembers(call, item));
        List<Map<String, Object>> nodes;
        if (!own.isEmpty()) {
            nodes = byField(run, own);
        } else if (call.hasSelector()) {
            nodes = byWords(run, call.selector());
        } else if (!target(item).isEmpty()) {
            nodes = byField(run, target(item));
        } else if (!call.frame().target().isEmpty()) {
            nodes = byField(run, call.frame().target());
        } else {
            String group = run.targetNodes().group();
            nodes = group == null ? List.of() : byWords(run, "nodeGroup:" + group);
        }
        if (nodes.isEmpty()) {
            throw notFound();
        }
        return nodes;
    }

    /** The members of an item that are not just those beside the action. */
    private static Map<String, Object> ownMembers(Call call, Map<String, Object> item) {
        Map<String, Object> own = new LinkedHashMap<>(item);
        call.siblings().forEach((key, value) -> {
            if (value == null ? item.get(key) == null : value.equals(item.get(key))) {
                own.remove(key);
            }
        });
        return own;
    }

    /** The nodes that brackets name; an empty list when there is none. */
    static List<Map<String, Object>> byWords(Run run, Object selector) {
        Set<Map<String, Object>> nodes = new LinkedHashSet<>();
        for (String word : words(selector)) {
            int colon = word.indexOf(':');
            String kind = colon < 0 ? "" : word.substring(0, colon).trim().toLowerCase(Locale.ROOT);
            String value = word.substring(colon + 1).trim();
            if (word.equals("*")) {
                nodes.addAll(matching(run, "", ""));
            } else if (kind.equals("nodeid") || kind.isEmpty() && value.matches("\\d+")) {
                nodes.addAll(matching(run, "id", value));
            } else if (kind.equals("nodegroup")) {
                nodes.addAll(matching(run, "nodeGroup", run.environment().group(value)));
            } else if (kind.equals("nodetype")) {
                nodes.addAll(matching(run, "nodeType", value));
            } else if (kind.isEmpty()) {
                List<Map<String, Object>> group = matching(run, "nodeGroup", run.environment().group(value));
                nodes.addAll(group.isEmpty() ? matching(run, "nodeType", value) : group);
            }
        }
        return new ArrayList<>(nodes);
    }

    private static List<Map<String, Object>> byField(Run run, Map<String, Object> target) {
        Map.Entry<String, Object> field = target.entrySet().iterator().next();
        if (field.getKey().equals(BRACKETS)) {
            return byWords(run, field.getValue());
        }
        Set<Map<String, Object>> nodes = new LinkedHashSet<>();
        for (String word : words(field.getValue())) {
            nodes.addAll(byWords(run, word.equals("*") ? word : field.getKey() + ":" + word));
        }
        return new ArrayList<>(nodes);
    }

    private static List<Map<String, Object>> matching(Run run, String field, String value) {
        List<Map<String, Object>> nodes = new ArrayList<>();
        for (Object node : run.environment().all()) {
            Map<String, Object> members = Values.map(node);
            if (members != null && (field.isEmpty() || value.equals(Values.text(members.get(field))))) {
                nodes.add(members);
            }
        }
        return nodes;
    }

    private static ActionFailure notFound() {
        return new ActionFailure(Values.error(Codes.NODE_NOT_FOUND, "can't find node by the given parameters"));
    }

    /** How a log line names one node's request. */
    static String label(String action, Map<String, Object> node) {
        return action + " [" + Values.text(node.get("nodeGroup")) + ": " + Values.text(node.get("id")) + "]";
    }
}
