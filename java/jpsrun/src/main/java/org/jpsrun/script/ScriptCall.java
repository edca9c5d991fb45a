package org.jpsrun.script;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.manifest.Location;
import org.jpsrun.platform.Platform;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;
import org.mozilla.javascript.Context;

/** One run of one script: its text and all that it can see. Used by one thread. */
public final class ScriptCall {
    private final String source;
    private final Location location;
    private final Platform platform;
    private final Map<String, Object> variables = new LinkedHashMap<>();
    private final Map<String, Object> parameters = new LinkedHashMap<>();
    private final Map<String, Object> defaults = new LinkedHashMap<>();

    /**
     * @param source the script's text after placeholders were replaced: the body of a function
     * @param location where its first line stands, for messages
     * @param platform what its API calls go to
     */
    public ScriptCall(String source, Location location, Platform platform) {
        this.source = source;
        this.location = location;
        this.platform = platform;
    }

    /** Binds a name to a value. */
    public ScriptCall variable(String name, Object value) {
        variables.put(name, value);
        return this;
    }

    /** Adds a parameter: a variable that {@code getParam} gives too. Objects arrive as their JSON text. */
    public ScriptCall parameter(String name, Object value) {
        parameters.put(name, value instanceof Map || value instanceof java.util.List ? Json.write(value) : value);
        return this;
    }

    /** Adds a parameter for every API call that does not name it itself. */
    public ScriptCall apiDefault(String name, Object value) {
        defaults.put(name, value);
        return this;
    }

    String source() {
        return source;
    }

    Location location() {
        return location;
    }

    Platform platform() {
        return platform;
    }

    Map<String, Object> variables() {
        return variables;
    }

    Map<String, Object> parameters() {
        return parameters;
    }

    Map<String, Object> defaults() {
        return defaults;
    }

    /** What {@code getParam(name[, default])} gives; null for an unknown name without a default. */
    Object parameter(Object[] arguments) {
        String name = arguments.length == 0 ? "" : Context.toString(arguments[0]);
        if (parameters.containsKey(name)) {
            return parameters.get(name);
        }
        if (variables.containsKey(name) && !(variables.get(name) instanceof Map)) {
            return Values.text(variables.get(name));
        }
        return arguments.length > 1 ? arguments[1] : null;
    }
}
