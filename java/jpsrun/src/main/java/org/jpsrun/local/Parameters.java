package org.jpsrun.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A call's parameters; names are compared without regard to case, as the platform does. */
final class Parameters {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Object> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    Parameters(Map<String, Object> parameters) {
        parameters.forEach((name, value) -> {
            if (value != null) {
                values.put(name, value);
            }
        });
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name) {
        if (!has(name)) {
            throw new Answers.Failure(Answers.BAD_PARAMETER, "parameter '" + name + "' is missing");
        }
        return text(name, null);
    }

    String text(String name, String fallback) {
        Object value = values.get(name);
        if (value == null) {
            return fallback;
        }
        if (value instanceof Map || value instanceof List) {
            return json(name, value);
        }
        // A script's numbers arrive as floating point: 1001.0 is the node 1001.
        if (value instanceof Double && (Double) value == Math.rint((Double) value)) {
            return String.valueOf(((Double) value).longValue());
        }
        return String.valueOf(value);
    }

    boolean flag(String name, boolean fallback) {
        String value = text(name, String.valueOf(fallback));
        if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
            throw new Answers.Failure(Answers.BAD_PARAMETER, "parameter '" + name + "' is '" + value + "', not true or false");
        }
        return value.equalsIgnoreCase("true");
    }

    /** A mapping, given as such or as JSON text. */
    Map<String, Object> map(String name) {
        Object value = structure(name);
        if (!(value instanceof Map)) {
            throw new Answers.Failure(Answers.BAD_PARAMETER, "parameter '" + name + "' is not a mapping");
        }
        Map<String, Object> result = new LinkedHashMap<>();
        ((Map<?, ?>) value).forEach((key, member) -> result.put(String.valueOf(key), member));
        return result;
    }

    /** A list, given as such or as JSON text; a single text is a list of one. */
    List<Object> list(String name) {
        Object value = structure(name);
        List<Object> result = new ArrayList<>();
        if (value instanceof List) {
            result.addAll((List<?>) value);
        } else {
            result.add(value);
        }
        return result;
    }

    private Object structure(String name) {
        Object value = values.get(name);
        String text = text(name).trim();
        if (value instanceof String && (text.startsWith("{") || text.startsWith("["))) {
            try {
                return JSON.readValue(text, Object.class);
            } catch (JsonProcessingException e) {
                throw new Answers.Failure(Answers.BAD_PARAMETER, "parameter '" + name + "' is not JSON: " + e.getOriginalMessage());
            }
        }
        return value;
    }

    private static String json(String name, Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new Answers.Failure(Answers.BAD_PARAMETER, "parameter '" + name + "' cannot be written as JSON");
        }
    }
}
