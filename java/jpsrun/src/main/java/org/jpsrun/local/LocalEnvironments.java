package org.jpsrun.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;
import org.jpsrun.platform.Environments;
import org.jpsrun.platform.Platform;

/**
 * Environments on this machine: each node has namespaces of its own and a root that is a plain folder.
 *
 * <p>Needs root's rights. Runners that use one state folder at the same time exclude each other while they create,
 * start, stop or destroy. Nodes are separated so that they behave like machines; they are no protection from a
 * manifest that means harm to the host.
 */
public final class LocalEnvironments implements Environments {
    private final Path stateRoot;
    private final StateFolder state;

    /** @param stateRoot folder that keeps the environments between runs; made when the first one is created */
    public LocalEnvironments(Path stateRoot) {
        this.stateRoot = stateRoot.toAbsolutePath().normalize();
        state = new StateFolder(this.stateRoot);
    }

    /** The state folder that is used when none is named: {@code $JPSRUN_STATE} or {@code /var/lib/jpsrun}. */
    public static Path defaultStateRoot() {
        String named = System.getenv("JPSRUN_STATE");
        return Path.of(named == null || named.isEmpty() ? "/var/lib/jpsrun" : named);
    }

    @Override
    public void endCommandsWithRunner() {
        Command.endWithRunner();
    }

    @Override
    public void create(Path definitionFile, Path stateDir) {
        Path root = stateDir == null ? stateRoot : stateDir.toAbsolutePath().normalize();
        if (!root.equals(stateRoot)) {
            new LocalEnvironments(root).create(definitionFile, root);
            return;
        }
        Definition definition = DefinitionReader.read(definitionFile, System::getenv);
        state.locked(() -> {
            Path folder = state.folder(definition.name);
            if (Files.exists(folder)) {
                throw new EnvironmentException("there is an environment '" + definition.name + "' in '" + stateRoot + "' already",
                        "remove it with 'jpsrun env destroy " + definition.name + "', or give the new one another name");
            }
            definition.network.requireUnused(new Bridge(folder).name());
            for (String other : state.names()) {
                if (state.load(other).network.equals(definition.network.toString())) {
                    throw new EnvironmentException("network '" + definition.network + "' belongs to environment '" + other + "'",
                            "choose another with the definition's 'network'");
                }
            }
            new EnvironmentBuilder(state, definition).build();
        });
    }

    @Override
    public void start(String name) {
        state.locked(() -> {
            Environment environment = state.load(name);
            Bridge bridge = new Bridge(state.folder(name));
            bridge.start(environment.subnet());
            new EnvironmentStarter(nodes(environment), bridge).start();
        });
    }

    @Override
    public void stop(String name) {
        state.locked(() -> {
            List<LocalNode> nodes = nodes(state.load(name));
            // What was described first others build on: it stops last.
            Collections.reverse(nodes);
            EnvironmentException failure = null;
            for (LocalNode node : nodes) {
                if (node.runs()) {
                    try {
                        node.stopServices();
                    } catch (EnvironmentException e) {
                        failure = e;
                    }
                    node.end();
                }
            }
            new Bridge(state.folder(name)).remove();
            if (failure != null) {
                throw failure;
            }
        });
    }

    @Override
    public void destroy(String name) {
        Path folder = state.folder(name);
        if (!Files.exists(folder)) {
            return;
        }
        state.locked(() -> {
            // From the folders, not from environment.json: that may be missing after a crash.
            if (Files.exists(folder.resolve("nodes"))) {
                try (DirectoryStream<Path> nodes = Files.newDirectoryStream(folder.resolve("nodes"))) {
                    nodes.forEach(LocalNode::end);
                } catch (IOException e) {
                    throw new EnvironmentException("cannot list '" + folder.resolve("nodes") + "': " + e, null, e);
                }
            }
            new Bridge(folder).remove();
            Command.require("remove '" + folder + "'", Arrays.asList("rm", "-rf", "--one-file-system", "--", folder.toString()));
        });
    }

    @Override
    public List<Map<String, Object>> status(String nameOrNull) {
        List<Map<String, Object>> environments = new ArrayList<>();
        for (String name : nameOrNull == null ? state.names() : Collections.singletonList(nameOrNull)) {
            Environment environment = state.load(name);
            List<Map<String, Object>> nodes = new ArrayList<>();
            int running = 0;
            for (LocalNode node : nodes(environment)) {
                running += node.runs() ? 1 : 0;
                nodes.add(status(node));
            }
            Map<String, Object> status = new LinkedHashMap<>();
            status.put("name", environment.name);
            status.put("displayName", environment.displayName);
            status.put("status", running == 0 ? "stopped" : running == nodes.size() ? "running" : "partly running");
            status.put("network", environment.network);
            status.put("gateway", environment.subnet().gateway());
            status.put("folder", state.folder(name).toString());
            status.put("nodes", nodes);
            environments.add(status);
        }
        return environments;
    }

    private static Map<String, Object> status(LocalNode local) {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("id", local.node.id);
        status.put("group", local.node.group);
        status.put("index", local.node.index);
        status.put("name", local.node.hostname);
        status.put("address", local.node.address);
        status.put("status", local.runs() ? "running" : "stopped");
        Map<String, Object> services = new LinkedHashMap<>();
        for (String service : local.node.services) {
            boolean up = local.runs() && local.command(Command.noInput(), "service", service, "status").status == 0;
            services.put(service, up ? "running" : "stopped");
        }
        status.put("services", services);
        return status;
    }

    @Override
    public int exec(String name, String nodeSelector, String user, List<String> command, InputStream in, OutputStream out,
            OutputStream err) {
        List<String> arguments = new ArrayList<>(command);
        arguments.add(0, "command");
        LocalNode node = select(state.load(name), nodeSelector);
        return Command.run(node.commandLine(user == null ? "root" : user, arguments.toArray(new String[0])), in, out, err);
    }

    private LocalNode select(Environment environment, String selector) {
        for (LocalNode node : nodes(environment)) {
            String group = node.node.group;
            if (selector.equals(String.valueOf(node.node.id)) || selector.equals(group + "[" + node.node.index + "]")
                    || selector.equals(group) && node.node.index == 0) {
                return node;
            }
        }
        throw new EnvironmentException("no node '" + selector + "' in environment '" + environment.name + "'",
                "name a group such as 'cp', a node of it as 'cp[1]', or a node's id; 'jpsrun env status' lists them");
    }

    @Override
    public Platform platform(String name) {
        Environment environment = state.load(name);
        for (LocalNode node : nodes(environment)) {
            if (!node.runs()) {
                throw new EnvironmentException("node " + node.node.id + " of environment '" + name + "' does not run",
                        "start it with 'jpsrun env start " + name + "'");
            }
        }
        return new LocalPlatform(this, state, name);
    }

    @Override
    public String serve(String name, Path directory) {
        return FileServer.start(state.load(name).subnet().gateway(), directory);
    }

    /** The nodes in the order in which they were described. */
    List<LocalNode> nodes(Environment environment) {
        List<LocalNode> nodes = new ArrayList<>();
        for (Node node : environment.nodes) {
            nodes.add(new LocalNode(state.folder(environment.name), node));
        }
        return nodes;
    }

    /** Stops one node in its own way and brings it up again with its services. */
    void restart(Environment environment, LocalNode node) {
        if (node.runs()) {
            node.stopServices();
            node.end();
        }
        node.start(new Bridge(state.folder(environment.name)));
        node.startServices();
    }
}
