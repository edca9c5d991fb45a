package org.jpsrun.platform;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Names of API methods and of the parameters that scripts pass by position. */
public final class ApiNames {
    private static final Map<String, List<String>> POSITIONAL = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private static final Map<String, String> SPELLING = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    static {
        method("environment.control.GetEnvInfo", "envName", "session");
        method("environment.control.ExecCmdById", "envName", "session", "nodeId", "commandList", "sayYes", "userName");
        method("environment.control.ExecCmdByGroup", "envName", "session", "nodeGroup", "commandList", "sayYes", "async",
                "userName");
        method("environment.control.AddContainerEnvVars", "envName", "session", "nodeId", "vars");
        method("environment.control.SetContainerEnvVars", "envName", "session", "nodeId", "vars");
        method("environment.control.RemoveContainerEnvVars", "envName", "session", "nodeId", "vars");
        method("environment.control.GetContainerEnvVars", "envName", "session", "nodeId");
        method("environment.control.GetNodeGroups", "envName", "session");
        method("environment.control.ApplyNodeGroupData", "envName", "session", "nodeGroup", "data");
        method("environment.control.RestartNodeById", "envName", "session", "nodeId");
        method("environment.control.RestartNodesByGroup", "envName", "session", "nodeGroup", "delay", "isSequential");
        method("environment.control.SetNodeDisplayName", "envName", "session", "nodeId", "displayName");
        method("environment.control.StartEnv", "envName", "session");
        method("environment.control.StopEnv", "envName", "session");
        method("environment.file.Read", "envName", "session", "path", "nodeType", "nodeGroup", "nodeId");
        method("environment.file.Write", "envName", "session", "path", "nodeType", "nodeGroup", "nodeId", "body");
        method("environment.file.Append", "envName", "session", "path", "nodeType", "nodeGroup", "nodeId", "body");
        method("environment.file.Create", "envName", "session", "nodeType", "nodeGroup", "nodeId", "path", "isdir");
        method("environment.file.Delete", "envName", "session", "nodeType", "nodeGroup", "nodeId", "path");
        method("environment.file.GetList", "envName", "session", "path", "nodeType", "nodeGroup", "nodeId");
        method("environment.file.Upload", "envName", "session", "nodeType", "nodeGroup", "nodeId", "sourcePath", "destPath");
        method("environment.file.Unpack", "envName", "session", "nodeType", "nodeGroup", "nodeId", "sourcePath", "destPath");
        method("users.account.GetUserInfo", "appid", "session");
        method("marketplace.jps.Install", "appid", "session", "jps", "envName", "settings", "nodeGroup");
    }

    private ApiNames() {
    }

    private static void method(String name, String... parameters) {
        POSITIONAL.put(name, List.of(parameters));
        SPELLING.put(name, name);
    }

    /**
     * The canonical form of a method's name: without {@code api.}, {@code jelastic.} or {@code hivext.}, with
     * {@code environment} for {@code env}, and in its documented spelling when it is known.
     */
    public static String canonical(String name) {
        String rest = name.trim();
        for (boolean again = true; again;) {
            String first = rest.substring(0, Math.max(0, rest.indexOf('.'))).toLowerCase(Locale.ROOT);
            again = first.equals("api") || first.equals("jelastic") || first.equals("hivext");
            rest = again ? rest.substring(first.length() + 1) : rest;
        }
        if (rest.toLowerCase(Locale.ROOT).startsWith("env.")) {
            rest = "environment." + rest.substring("env.".length());
        }
        return SPELLING.getOrDefault(rest, rest);
    }

    /** Whether a key of an action block can be an API method: at least three identifiers joined by dots. */
    public static boolean isMethod(String key) {
        return key.matches("(?i)[a-z]\\w*(\\.[a-z]\\w*){2,}");
    }

    /**
     * Gives positional arguments their names. Null arguments are left out.
     *
     * @param method canonical name
     * @throws IllegalArgumentException when the method's parameters are not known, or there are too many
     */
    public static Map<String, Object> named(String method, List<Object> arguments) {
        List<String> names = POSITIONAL.get(method);
        if (names == null) {
            throw new IllegalArgumentException("parameters of '" + method
                    + "' are not known by position: pass one object with named parameters");
        }
        if (arguments.size() > names.size()) {
            throw new IllegalArgumentException("'" + method + "' takes at most " + names.size() + " arguments: "
                    + String.join(", ", names));
        }
        Map<String, Object> named = new LinkedHashMap<>();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i) != null) {
                named.put(names.get(i), arguments.get(i));
            }
        }
        return named;
    }
}
