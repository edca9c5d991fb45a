package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.manifest.LocatedList;
import org.jpsrun.manifest.Location;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.placeholder.Resolver;
import org.jpsrun.value.Values;

/** One action as it stands in a block: its key, its value and the parameters beside it, not yet substituted. */
final class Call {
    private final String name;
    private final String selector;
    private final Object value;
    private final Map<String, Object> siblings;
    private final Location location;
    private final Frame frame;
    private final Resolver resolver;

    Call(String key, Object value, Map<String, Object> siblings, Location location, Frame frame, Resolver resolver) {
        int bracket = key.indexOf('[');
        int close = key.lastIndexOf(']');
        boolean selected = bracket >= 0 && close > bracket;
        this.name = (selected ? key.substring(0, bracket) : key).trim();
        this.selector = selected ? key.substring(bracket + 1, close).trim() : null;
        this.value = value;
        this.siblings = siblings;
        this.location = location;
        this.frame = frame;
        this.resolver = resolver;
    }

    /** The name alone of an action's key. */
    static String name(String key) {
        int bracket = key.indexOf('[');
        return (bracket < 0 ? key : key.substring(0, bracket)).trim();
    }

    String name() {
        return name;
    }

    /** The key as the manifest writes it, for messages. */
    String label() {
        return selector == null ? name : name + " [" + selector + "]";
    }

    Location location() {
        return location;
    }

    Frame frame() {
        return frame;
    }

    Resolver resolver() {
        return resolver;
    }

    /** Whether nodes are named in brackets. */
    boolean hasSelector() {
        return selector != null;
    }

    /** What stands in the brackets, substituted: a text, or a list when one placeholder gave it; null without. */
    Object selector() {
        return selector == null ? null : resolver.resolve(selector);
    }

    /** The value as it stands in the manifest. */
    Object rawValue() {
        return value;
    }

    /** The value, substituted. */
    Object value() {
        return resolver.resolve(value);
    }

    /** The parameters beside the action, substituted. */
    Map<String, Object> siblings() {
        return Values.map(resolver.resolve(siblings));
    }

    /** A parameter beside the action as it stands in the manifest, or null. */
    Object rawSibling(String parameter) {
        return Values.member(siblings, parameter);
    }

    /**
     * The items of an action that takes one or a list of them, each as a map over the siblings' defaults.
     *
     * @param shorthand member that a scalar item stands for; null when items must be maps
     */
    List<Map<String, Object>> items(String shorthand) {
        Map<String, Object> defaults = siblings();
        List<Map<String, Object>> items = new java.util.ArrayList<>();
        List<Object> values = value == null ? java.util.Collections.singletonList(null) : Values.asList(value());
        for (int i = 0; i < values.size(); i++) {
            Map<String, Object> item = new LinkedHashMap<>(defaults);
            Map<String, Object> map = Values.map(values.get(i));
            if (map != null) {
                item.putAll(map);
            } else if (values.get(i) != null) {
                if (shorthand == null) {
                    throw new ManifestException("'" + name + "' takes a mapping",
                            LocatedList.locate(Values.asList(value), i, location), null);
                }
                item.put(shorthand, values.get(i));
            }
            items.add(item);
        }
        return items;
    }

    /** A text member of an item. */
    String required(Map<String, Object> item, String member) {
        Object found = Values.member(item, member);
        if (found == null || Values.text(found).isEmpty()) {
            throw new ManifestException("'" + name + "' has no '" + member + "'", location, "add '" + member + ": …'");
        }
        return Values.text(found);
    }
}
