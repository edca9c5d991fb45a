package org.jpsrun.value;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rules for the values that manifests work with: strings, numbers, booleans, null, lists, and maps with text
 * keys.
 */
public final class Values {
    private Values() {
    }

    /** A value as it appears inside a longer text: strings as they are, lists and maps as JSON. */
    public static String text(Object value) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Map || value instanceof List) {
            return Json.write(value);
        }
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            if (number == Math.rint(number) && Math.abs(number) < 1e15) {
                return Long.toString((long) number);
            }
        }
        return value.toString();
    }

    /** The value as a map with text keys, or null when it is something else. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> map(Object value) {
        return value instanceof Map ? (Map<String, Object>) value : null;
    }

    /** The value as a list, or null when it is something else. */
    @SuppressWarnings("unchecked")
    public static List<Object> list(Object value) {
        return value instanceof List ? (List<Object>) value : null;
    }

    /** A list as itself, null as an empty list, anything else as a list of one. */
    public static List<Object> asList(Object value) {
        if (value == null) {
            return new ArrayList<>();
        }
        List<Object> list = list(value);
        return list != null ? list : new ArrayList<>(List.of(value));
    }

    /** Whether a flag is set: true, or the texts "true", "yes", "on" and "1". */
    public static boolean flag(Object value, boolean whenAbsent) {
        if (value == null || value instanceof Undefined) {
            return whenAbsent;
        }
        String text = text(value).trim().toLowerCase(java.util.Locale.ROOT);
        return text.equals("true") || text.equals("yes") || text.equals("on") || text.equals("1");
    }

    /** The member with that name, without regard to case when there is no exact one; null when absent. */
    public static Object member(Map<String, Object> map, String name) {
        if (map.containsKey(name)) {
            return map.get(name);
        }
        for (Map.Entry<String, Object> entry : map.entrySet()) {
            if (entry.getKey().equalsIgnoreCase(name)) {
                return entry.getValue();
            }
        }
        return null;
    }

    /** The number in a response's {@code result}; a response without one is a success. */
    public static int result(Map<String, Object> response) {
        Object result = response.get("result");
        if (result instanceof Number) {
            return ((Number) result).intValue();
        }
        if (result == null) {
            return 0;
        }
        try {
            return Integer.parseInt(text(result).trim());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** A response with this code and error text. */
    public static Map<String, Object> error(int code, String message) {
        Map<String, Object> response = new LinkedHashMap<>();
        response.put("result", code);
        response.put("error", message);
        return response;
    }

    /** A response that says success and nothing else. */
    public static Map<String, Object> ok() {
        Map<String, Object> response = new LinkedHashMap<>();
        response.put("result", 0);
        return response;
    }

    /** A copy whose maps and lists share nothing with the original. */
    public static Object copy(Object value) {
        if (value instanceof Map) {
            Map<String, Object> copy = new LinkedHashMap<>();
            map(value).forEach((key, member) -> copy.put(key, copy(member)));
            return copy;
        }
        if (value instanceof List) {
            List<Object> copy = new ArrayList<>();
            list(value).forEach(element -> copy.add(copy(element)));
            return copy;
        }
        return value;
    }
}
