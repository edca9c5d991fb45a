package org.jpsrun.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;

/** Turns a definition into an environment's folder; nothing of it remains when that fails. */
final class EnvironmentBuilder {
    private final StateFolder state;
    private final Definition definition;
    private final Path folder;

    EnvironmentBuilder(StateFolder state, Definition definition) {
        this.state = state;
        this.definition = definition;
        folder = state.folder(definition.name);
    }

    /** Call within {@link StateFolder#locked}. */
    void build() {
        Map<Node, Definition.Group> groups = new LinkedHashMap<>();
        Environment environment = layOut(groups);
        boolean whole = false;
        try {
            for (Map.Entry<Node, Definition.Group> entry : groups.entrySet()) {
                Node node = entry.getKey();
                Files.createDirectories(LocalNode.folder(folder, node.id));
                NodeRoot root = new NodeRoot(LocalNode.folder(folder, node.id));
                Placeholders placeholders = new Placeholders(environment, node, definition.folder.toString(), System::getenv);
                root.build(environment, definition, entry.getValue(), node, placeholders);
                root.writeHosts(hosts(environment, groups));
                node.setup = new ArrayList<>();
                entry.getValue().setup.forEach(script -> node.setup.add(placeholders.resolve(script)));
            }
            // Last: a folder without this file is no environment, only something to destroy.
            state.save(environment);
            whole = true;
        } catch (IOException e) {
            throw new EnvironmentException("cannot build environment '" + definition.name + "': " + e, null, e);
        } finally {
            if (!whole) {
                Command.run(Arrays.asList("rm", "-rf", "--one-file-system", "--", folder.toString()), Command.noInput());
            }
        }
    }

    private Environment layOut(Map<Node, Definition.Group> groups) {
        Environment environment = new Environment();
        environment.name = definition.name;
        environment.displayName = definition.displayName;
        environment.uid = definition.uid;
        environment.owner = definition.owner;
        environment.region = definition.region;
        environment.provider = definition.provider;
        environment.role = definition.role;
        environment.network = definition.network.toString();
        environment.nodes = new ArrayList<>();
        int count = definition.groups.stream().mapToInt(group -> group.count).sum();
        int id = state.reserveNodeIds(count);
        for (Definition.Group group : definition.groups) {
            for (int index = 0; index < group.count; index++) {
                Node node = new Node();
                node.id = id++;
                node.group = group.group;
                node.index = index;
                node.nodeType = group.nodeType;
                node.address = definition.network.address(environment.nodes.size() + 1);
                node.hostname = "node" + node.id + "-" + definition.name;
                node.after = group.after;
                node.services = new ArrayList<>(group.services.keySet());
                environment.nodes.add(node);
                groups.put(node, group);
            }
        }
        return environment;
    }

    private static String hosts(Environment environment, Map<Node, Definition.Group> groups) {
        StringBuilder hosts = new StringBuilder("127.0.0.1 localhost\n" + environment.subnet().gateway() + " gateway\n");
        for (Node node : environment.nodes) {
            List<String> names = new ArrayList<>(Arrays.asList(node.hostname, node.group + (node.index + 1)));
            if (node.index == 0) {
                names.add(node.group);
                names.addAll(groups.get(node).aliases);
            }
            hosts.append(node.address).append(' ').append(String.join(" ", names)).append('\n');
        }
        return hosts.toString();
    }
}
