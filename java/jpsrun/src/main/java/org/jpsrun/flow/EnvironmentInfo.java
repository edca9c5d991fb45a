package org.jpsrun.flow;

import static org.jpsrun.value.Undefined.UNDEFINED;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.platform.Platform;
import org.jpsrun.value.Values;

/** The environment that a manifest runs on, as {@code env} and {@code nodes} show it. Thread-safe. */
final class EnvironmentInfo {
    private final Platform platform;
    private final Map<String, Object> parameters;
    private final Map<String, Object> aliases;
    private Map<String, Object> env;
    private List<Object> list = List.of();
    private Map<String, Object> groups;

    /**
     * @param parameters {@code envName} and {@code session}; without an {@code envName} there is no environment
     * @param aliases other names of node groups: existing group to alias
     */
    EnvironmentInfo(Platform platform, Map<String, Object> parameters, Map<String, Object> aliases) {
        this.platform = platform;
        this.parameters = parameters;
        this.aliases = aliases;
    }

    boolean exists() {
        return parameters.containsKey("envName");
    }

    /** Forgets what is known: something may have changed. */
    synchronized void refresh() {
        env = null;
    }

    /** The members of {@code env}, or UNDEFINED. */
    synchronized Object env() {
        return load() ? env : UNDEFINED;
    }

    /** Node groups and node types with their nodes, or UNDEFINED. */
    synchronized Object nodes() {
        return load() ? groups : UNDEFINED;
    }

    /** All nodes in the platform's order. */
    synchronized List<Object> all() {
        return load() ? list : List.of();
    }

    /** The group that a name or an alias stands for. */
    String group(String name) {
        for (Map.Entry<String, Object> alias : aliases.entrySet()) {
            if (name.equals(Values.text(alias.getValue()))) {
                return alias.getKey();
            }
        }
        return name;
    }

    private boolean load() {
        if (!exists()) {
            return false;
        }
        if (env != null) {
            return true;
        }
        Map<String, Object> answer = platform.invoke("environment.control.GetEnvInfo", parameters);
        Map<String, Object> found = Values.map(answer.get("env"));
        if (Values.result(answer) != 0 || found == null) {
            throw new ActionFailure(answer);
        }
        env = new LinkedHashMap<>(found);
        synonyms(env, "envName", "shortdomain", "name");
        synonyms(env, "ishaenabled", "ha");
        list = Values.asList(answer.get("nodes"));
        env.put("nodes", list);
        groups = new LinkedHashMap<>();
        for (Object node : list) {
            Map<String, Object> members = Values.map(node);
            if (members != null) {
                add(Values.text(members.get("nodeGroup")), node);
                add(Values.text(members.get("nodeType")), node);
            }
        }
        aliases.forEach((group, alias) -> {
            if (groups.containsKey(group)) {
                groups.put(Values.text(alias), groups.get(group));
            }
        });
        return true;
    }

    private void add(String group, Object node) {
        List<Object> nodes = Values.list(groups.computeIfAbsent(group, name -> new ArrayList<>()));
        // A type may have a group's name.
        if (!nodes.contains(node)) {
            nodes.add(node);
        }
    }

    private static void synonyms(Map<String, Object> map, String... names) {
        for (String name : names) {
            if (map.get(name) != null) {
                for (String other : names) {
                    map.putIfAbsent(other, map.get(name));
                }
                return;
            }
        }
    }
}
