package org.jpsrun.local;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jpsrun.platform.EnvironmentException;

/** One mapping of a definition file, read member by member; what nobody asked for is refused as a misspelling. */
final class Fields {
    private final String where;
    private final Map<?, ?> map;
    private final Set<String> known = new TreeSet<>();
    private UnaryOperator<String> resolver = UnaryOperator.identity();

    Fields(Object value, String where) {
        this.where = where;
        if (!(value instanceof Map)) {
            throw new EnvironmentException(where + " is not a mapping", "write it as 'name: value' lines");
        }
        map = (Map<?, ?>) value;
    }

    /** Passes this mapping's own texts, not those of mappings within it, through a function. */
    Fields resolvedBy(UnaryOperator<String> function) {
        resolver = function;
        return this;
    }

    EnvironmentException error(String message, String hint) {
        return new EnvironmentException(where + ": " + message, hint);
    }

    boolean has(String name) {
        known.add(name);
        return map.get(name) != null;
    }

    String text(String name) {
        String value = text(name, null);
        if (value == null || value.isEmpty()) {
            throw error("'" + name + "' is missing", null);
        }
        return value;
    }

    String text(String name, String fallback) {
        if (!has(name)) {
            return fallback;
        }
        if (!(map.get(name) instanceof String)) {
            throw error("'" + name + "' is not a text", null);
        }
        return resolver.apply((String) map.get(name));
    }

    int number(String name, int fallback, int min, int max) {
        String value = text(name, null);
        if (value == null) {
            return fallback;
        }
        if (!value.matches("\\d{1,9}") || Integer.parseInt(value) < min || Integer.parseInt(value) > max) {
            throw error("'" + name + "' is '" + value + "'", "give a number from " + min + " to " + max);
        }
        return Integer.parseInt(value);
    }

    List<String> texts(String name) {
        List<String> values = new ArrayList<>();
        for (Object value : list(name)) {
            if (!(value instanceof String)) {
                throw error("'" + name + "' holds something else than texts", null);
            }
            values.add((String) value);
        }
        return values;
    }

    List<Fields> mappings(String name) {
        List<Fields> values = new ArrayList<>();
        for (Object value : list(name)) {
            values.add(new Fields(value, where + " " + name + "[" + values.size() + "]"));
        }
        return values;
    }

    private List<?> list(String name) {
        if (!has(name)) {
            return Collections.emptyList();
        }
        if (!(map.get(name) instanceof List)) {
            throw error("'" + name + "' is not a list", "write it as '- value' lines");
        }
        return (List<?>) map.get(name);
    }

    /** A mapping of names to texts, in the order written; empty when absent. */
    Map<String, String> textMap(String name) {
        Map<String, String> values = new LinkedHashMap<>();
        if (has(name)) {
            Fields inner = new Fields(map.get(name), where + " " + name);
            for (Object key : inner.map.keySet()) {
                values.put(String.valueOf(key), inner.text(String.valueOf(key), ""));
            }
        }
        return values;
    }

    /** A mapping of names to mappings, in the order written; empty when absent. */
    Map<String, Fields> fieldsMap(String name) {
        Map<String, Fields> values = new LinkedHashMap<>();
        if (has(name)) {
            for (Map.Entry<?, ?> entry : new Fields(map.get(name), where + " " + name).map.entrySet()) {
                values.put(String.valueOf(entry.getKey()),
                        new Fields(entry.getValue(), where + " " + name + " '" + entry.getKey() + "'"));
            }
        }
        return values;
    }

    void refuseUnknown() {
        for (Object key : map.keySet()) {
            if (!known.contains(key)) {
                throw error("unknown member '" + key + "'", "known are " + String.join(", ", known));
            }
        }
    }
}
