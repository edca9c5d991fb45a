package org.jpsrun.manifest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jpsrun.value.Values;

/** A manifest with its mixins included. Not changed after it was made. */
public final class Manifest {
    private final Map<String, Object> root;
    private final Location start;
    private final String baseUrl;
    private final Map<String, Action> actions = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    /** A custom action. */
    public static final class Action {
        private final String name;
        private final Object body;
        private final Location location;

        Action(String name, Object body, Location location) {
            this.name = name;
            this.body = body;
            this.location = location;
        }

        /** The name as the manifest spells it. */
        public String name() {
            return name;
        }

        /** The action block. */
        public Object body() {
            return body;
        }

        /** Where the action is defined. */
        public Location location() {
            return location;
        }
    }

    /**
     * @param root the manifest's mapping, mixins included
     * @param start where it begins, for members without a place of their own
     * @param baseUrl base of relative links, with a slash at its end
     */
    public Manifest(Map<String, Object> root, Location start, String baseUrl) {
        this.root = root;
        this.start = start;
        this.baseUrl = baseUrl;
        checkType();
        for (Object group : Values.asList(field("actions"))) {
            Map<String, Object> map = Values.map(group);
            if (map == null) {
                throw new ManifestException("'actions' must be a mapping", locationOf("actions"), null);
            }
            map.forEach((name, body) -> actions.put(name, new Action(name, body, LocatedMap.locate(map, name, start))));
        }
    }

    private void checkType() {
        String type = type();
        if (!type.equals("install") && !type.equals("update")) {
            throw new ManifestException("manifest type '" + type + "' is not known", locationOf("type"),
                    "use 'type: install' or 'type: update'");
        }
        if (!(field("name") instanceof String)) {
            throw new ManifestException("manifest has no name", start, "add 'name: …' at the top level");
        }
    }

    /** A top-level member, or null. */
    public Object field(String name) {
        return root.get(name);
    }

    /** Where a top-level member stands. */
    public Location locationOf(String name) {
        return LocatedMap.locate(root, name, start);
    }

    /** Where the manifest begins. */
    public Location start() {
        return start;
    }

    /** {@code install} or {@code update}; or what else the manifest says. */
    public String type() {
        Object type = root.containsKey("type") ? root.get("type") : root.get("jpsType");
        return type == null ? "" : Values.text(type).trim().toLowerCase(Locale.ROOT);
    }

    /** The manifest's name. */
    public String name() {
        return Values.text(field("name"));
    }

    /** Base of relative links, with a slash at its end. */
    public String baseUrl() {
        return baseUrl;
    }

    /** The custom action with that name, without regard to case, or null. */
    public Action action(String name) {
        return actions.get(name);
    }

    /** The whole manifest as maps and lists; not to be changed. */
    public Map<String, Object> root() {
        return root;
    }

    /**
     * The same manifest with some top-level members replaced.
     *
     * @param changed members and their new values
     */
    public Manifest with(Map<String, Object> changed) {
        Map<String, Object> copy = root instanceof LocatedMap ? ((LocatedMap) root).copy() : new LinkedHashMap<>(root);
        copy.putAll(changed);
        return new Manifest(copy, start, baseUrl);
    }

    /** The embedded add-on with that id, or null. */
    public Map<String, Object> addon(String id) {
        List<Object> addons = Values.asList(field("addons"));
        for (Object addon : addons) {
            Map<String, Object> map = Values.map(addon);
            if (map != null && id.equals(String.valueOf(map.get("id")))) {
                return map;
            }
        }
        return null;
    }
}
