package org.jpsrun.local;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpsrun.platform.EnvironmentException;

/**
 * Replaces <code>${name}</code> in a definition's texts by what the environment, this node, the other nodes or
 * the host say; <code>$${</code> stands for <code>${</code>. An unknown name is an error.
 */
final class Placeholders {
    private static final Pattern FORM = Pattern.compile("\\$(\\$\\{|\\{([^}]*)\\})");
    private static final Pattern OTHER_NODE = Pattern.compile("nodes\\.([a-z0-9-]+)(?:\\[(\\d{1,3})\\])?\\.(\\w+)");

    private static final String HOST = "host.";

    private final Environment environment;
    private final Node node;
    private final String folder;
    private final UnaryOperator<String> host;

    /** @param host gives the value of a variable of the runner's own process, or null */
    Placeholders(Environment environment, Node node, String folder, UnaryOperator<String> host) {
        this.environment = environment;
        this.node = node;
        this.folder = folder;
        this.host = host;
    }

    String resolve(String text) {
        return replace(text, this::value);
    }

    /** As {@link #resolve}, for texts that are read before there is an environment: only the host's variables. */
    static String resolveHost(String text, UnaryOperator<String> host) {
        return replace(text, name -> {
            if (!name.startsWith(HOST)) {
                throw new EnvironmentException("placeholder '${" + name + "}' stands where only '${host.NAME}' can",
                        "the environment's own members are read before its nodes are known");
            }
            return ofHost(name.substring(HOST.length()), host);
        });
    }

    private static String replace(String text, UnaryOperator<String> value) {
        Matcher matcher = FORM.matcher(text);
        StringBuilder result = new StringBuilder();
        while (matcher.find()) {
            String replacement = matcher.group(2) == null ? "${" : value.apply(matcher.group(2));
            matcher.appendReplacement(result, Matcher.quoteReplacement(replacement));
        }
        return matcher.appendTail(result).toString();
    }

    private String value(String name) {
        String value = null;
        if (name.equals("definition")) {
            value = folder;
        } else if (name.startsWith("env.")) {
            value = ofEnvironment(name.substring("env.".length()));
        } else if (name.startsWith("node.")) {
            value = ofNode(node, name.substring("node.".length()));
        } else if (name.startsWith("nodes.")) {
            value = ofOtherNode(name);
        } else if (name.startsWith(HOST)) {
            value = ofHost(name.substring(HOST.length()), host);
        }
        if (value == null) {
            throw new EnvironmentException("unknown placeholder '${" + name + "}' for node group '" + node.group + "'",
                    "write '$${' where '${' itself is meant");
        }
        return value;
    }

    private static String ofHost(String name, UnaryOperator<String> host) {
        String[] parts = name.split(":", 2);
        String value = host.apply(parts[0]);
        if (value != null) {
            return value;
        }
        if (parts.length < 2) {
            throw new EnvironmentException("definition needs the variable '" + parts[0] + "', which is not set",
                    "export it before the environment is created");
        }
        return parts[1];
    }

    private String ofEnvironment(String member) {
        switch (member) {
            case "name": return environment.name;
            case "displayName": return environment.displayName;
            case "uid": return String.valueOf(environment.uid);
            case "owner": return environment.owner;
            case "region": return environment.region;
            case "provider": return environment.provider;
            case "role": return environment.role;
            case "network": return environment.network;
            case "gateway": return environment.subnet().gateway();
            default: return null;
        }
    }

    private static String ofNode(Node node, String member) {
        switch (member) {
            case "id": return String.valueOf(node.id);
            case "group": return node.group;
            case "index": return String.valueOf(node.index);
            case "name": return node.hostname;
            case "address": return node.address;
            default: return null;
        }
    }

    private String ofOtherNode(String name) {
        Matcher matcher = OTHER_NODE.matcher(name);
        if (!matcher.matches()) {
            return null;
        }
        int index = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        for (Node other : environment.nodes) {
            if (other.group.equals(matcher.group(1)) && other.index == index) {
                return ofNode(other, matcher.group(3));
            }
        }
        return null;
    }
}
