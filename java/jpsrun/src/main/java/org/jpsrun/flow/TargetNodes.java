package org.jpsrun.flow;

import static org.jpsrun.value.Undefined.UNDEFINED;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.value.Values;

/** The node group that an add-on is installed on. */
final class TargetNodes {
    private final Object filter;
    private final String group;
    private final EnvironmentInfo environment;

    /**
     * @param filter the manifest's {@code targetNodes}
     * @param group the group that was chosen; null when the first that the filter allows is taken
     */
    TargetNodes(Object filter, String group, EnvironmentInfo environment) {
        this.filter = filter;
        this.group = group;
        this.environment = environment;
    }

    /** The chosen group; null when there is none. */
    String group() {
        if (group != null || filter == null || !environment.exists()) {
            return group;
        }
        for (Object node : environment.all()) {
            Map<String, Object> members = Values.map(node);
            if (members != null && matches(members)) {
                return Values.text(members.get("nodeGroup"));
            }
        }
        return null;
    }

    /** What {@code targetNodes} is in placeholders. */
    Object value() {
        String chosen = group();
        if (chosen == null) {
            return UNDEFINED;
        }
        Map<String, Object> value = new LinkedHashMap<>();
        List<Object> nodes = new ArrayList<>();
        for (Object node : environment.all()) {
            if (chosen.equals(String.valueOf(Values.map(node).get("nodeGroup")))) {
                nodes.add(node);
            }
        }
        if (!nodes.isEmpty()) {
            value.putAll(Values.map(nodes.get(0)));
            value.put("master", nodes.get(0));
        }
        value.put("nodeGroup", chosen);
        value.put("nodes", nodes);
        return value;
    }

    private boolean matches(Map<String, Object> node) {
        Map<String, Object> map = Values.map(filter);
        if (map == null) {
            return matches(filter, node.get("nodeType"));
        }
        boolean matched = !map.isEmpty();
        for (Map.Entry<String, Object> entry : map.entrySet()) {
            matched &= matches(entry.getValue(), Values.member(node, entry.getKey()));
        }
        return matched;
    }

    private static boolean matches(Object wanted, Object value) {
        for (String word : Selector.words(wanted)) {
            if (word.equals("any") || word.equals("*") || value != null && word.equals(Values.text(value))) {
                return true;
            }
        }
        return false;
    }
}
