package org.jpsrun.local;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpsrun.platform.EnvironmentException;

/** Calls on the data that the platform keeps with each node group; they lie in {@code ENV/groups.json}. */
final class GroupCalls {
    private final StateFolder state;

    GroupCalls(StateFolder state) {
        this.state = state;
    }

    /** Merges the members of {@code data} into what the group has. */
    synchronized Map<String, Object> apply(Environment environment, Parameters parameters) {
        String group = parameters.text("nodeGroup");
        if (environment.nodes.stream().noneMatch(node -> node.group.equals(group))) {
            throw new Answers.Failure(Answers.NO_NODE, "no node group '" + group + "' in environment '" + environment.name + "'");
        }
        Map<String, Map<String, Object>> all = load(state, environment);
        all.computeIfAbsent(group, name -> new LinkedHashMap<>()).putAll(parameters.map("data"));
        StateFolder.write(file(state, environment), all);
        return Answers.success();
    }

    synchronized Map<String, Object> get(Environment environment, Parameters parameters) {
        Set<String> names = new LinkedHashSet<>();
        environment.nodes.forEach(node -> names.add(node.group));
        List<Object> groups = new ArrayList<>();
        names.forEach(group -> groups.add(describe(state, environment, group)));
        return Answers.success("object", groups);
    }

    static Map<String, Object> describe(StateFolder state, Environment environment, String group) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("name", group);
        answer.put("displayName", group);
        Map<String, Object> data = load(state, environment).get(group);
        if (data != null) {
            answer.putAll(data);
        }
        return answer;
    }

    private static Path file(StateFolder state, Environment environment) {
        return state.folder(environment.name).resolve("groups.json");
    }

    private static Map<String, Map<String, Object>> load(StateFolder state, Environment environment) {
        Path file = file(state, environment);
        if (!Files.exists(file)) {
            return new LinkedHashMap<>();
        }
        try {
            return StateFolder.JSON.readValue(file.toFile(), new TypeReference<LinkedHashMap<String, Map<String, Object>>>() {});
        } catch (IOException e) {
            throw new EnvironmentException("cannot read '" + file + "': " + e.getMessage(), "remove it to begin with empty data", e);
        }
    }
}
