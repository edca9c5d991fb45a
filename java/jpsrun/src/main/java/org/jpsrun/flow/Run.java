package org.jpsrun.flow;

import static org.jpsrun.value.Undefined.UNDEFINED;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.console.Console;
import org.jpsrun.manifest.Manifest;
import org.jpsrun.manifest.ManifestLoader;
import org.jpsrun.manifest.Resources;
import org.jpsrun.placeholder.Resolver;
import org.jpsrun.platform.Platform;
import org.jpsrun.script.ScriptEngine;
import org.jpsrun.value.Values;

/**
 * The state of one run of one manifest: its global scope and the last response. Actions on several nodes only read
 * it from their threads.
 */
final class Run {
    private final Host host;
    private final Manifest manifest;
    private final String logger;
    private final int depth;
    private final Map<String, Object> identity = new LinkedHashMap<>();
    private final Map<String, Object> settings = new LinkedHashMap<>();
    private final Map<String, Object> globals = new LinkedHashMap<>();
    private final EnvironmentInfo environment;
    private final Platform platform;
    private final TargetNodes targetNodes;
    private Map<String, Object> response;
    private Map<String, Object> user;
    private int step;

    /**
     * @param envName the environment; null for none
     * @param targetGroup node group that the manifest is installed on; null for what it says itself
     * @param depth how many installs are running around this one
     */
    Run(Host host, Manifest manifest, String envName, String targetGroup, String logger, int depth) {
        this.host = host;
        this.manifest = manifest;
        this.logger = logger != null ? logger : Console.loggerName(manifest.name());
        this.depth = depth;
        identity.put("session", host.session());
        if (envName != null) {
            identity.put("envName", envName);
        }
        Map<String, Object> aliases = Values.map(manifest.field("nodeGroupAlias"));
        environment = new EnvironmentInfo(host.platform(), identity, aliases == null ? Map.of() : aliases);
        platform = new Gateway(this);
        targetNodes = new TargetNodes(manifest.field("targetNodes"), targetGroup, environment);
    }

    Host host() {
        return host;
    }

    Manifest manifest() {
        return manifest;
    }

    int depth() {
        return depth;
    }

    EnvironmentInfo environment() {
        return environment;
    }

    /** The platform as this manifest sees it: with its environment and session filled in. */
    Platform platform() {
        return platform;
    }

    TargetNodes targetNodes() {
        return targetNodes;
    }

    Resources resources() {
        return host.resources();
    }

    ManifestLoader loader() {
        return host.loader();
    }

    ScriptEngine scripts() {
        return host.scripts();
    }

    /** {@code session}, and {@code envName} where there is an environment. */
    Map<String, Object> identity() {
        return identity;
    }

    Map<String, Object> settings() {
        return settings;
    }

    Map<String, Object> globals() {
        return globals;
    }

    /** The response of the last action that gave one, or null. */
    Map<String, Object> response() {
        return response;
    }

    void response(Map<String, Object> last) {
        response = last;
    }

    void log(String text) {
        host.console().line(logger, step, text);
    }

    /** Counts top-level keys that were executed. */
    void advance(int keys) {
        step += keys;
    }

    /** Substitutes placeholders as an action in this frame sees them. */
    Resolver resolver(Frame frame) {
        return new Resolver(name -> lookup(name, frame), host.functions());
    }

    private Object lookup(String name, Frame frame) {
        switch (name) {
            case "this":
                return frame.self();
            case "settings":
                return settings;
            case "globals":
                return globals;
            case "response":
                return response == null ? UNDEFINED : response;
            case "env":
                return environment.env();
            case "nodes":
                return environment.nodes();
            case "targetNodes":
                return targetNodes.value();
            case "user":
                return user();
            case "baseUrl":
                return manifest.baseUrl();
            case "engine":
                return Host.ENGINE_VERSION;
            case "placeholders":
                return names(frame);
            default:
                return name.startsWith("@") ? frame.iterator(name) : UNDEFINED;
        }
    }

    private synchronized Object user() {
        if (user == null) {
            Map<String, Object> answer = platform.invoke("users.account.GetUserInfo", new LinkedHashMap<>());
            user = Values.result(answer) == 0 ? new LinkedHashMap<>(answer) : new LinkedHashMap<>();
            user.remove("result");
            if (user.get("email") != null) {
                user.putIfAbsent("name", user.get("email"));
            }
        }
        return user;
    }

    /** The e-mail address of the user who runs this manifest, or null. */
    Object email() {
        return Values.map(user()).get("email");
    }

    /** All namespaces that are defined now, by name. */
    Map<String, Object> names(Frame frame) {
        Map<String, Object> names = new LinkedHashMap<>();
        for (String name : new String[] {"env", "nodes", "globals", "settings", "response", "user", "targetNodes"}) {
            Object value = lookup(name, frame);
            if (value != UNDEFINED) {
                names.put(name, value);
            }
        }
        return names;
    }
}
