package org.jpsbackup.script;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsbackup.JpsBackupException;

/**
 * Values of script engines as plain Java: their objects are {@code Map}s, their arrays {@code List}s (in Nashorn, {@code Map}s that say they
 * are arrays), their texts any {@code CharSequence}, their whole numbers sometimes {@code Double}s. Engines' classes are told by their
 * simple names, so that no engine is needed.
 */
final class PlainValues {
    /** Deeper nesting is refused; a script may have tied a knot. */
    private static final int DEPTH_MAXIMUM = 64;
    /** Up to here every whole double is exact. */
    private static final double EXACT_MAXIMUM = 9007199254740992.0;

    private PlainValues() {
    }

    /** As maps with text keys, lists, strings, longs, doubles, booleans and {@code null}. */
    static Object of(Object value) {
        return of(value, 0);
    }

    private static Object of(Object value, int depth) {
        if (depth > DEPTH_MAXIMUM) {
            throw new JpsBackupException(JpsBackupException.Code.LIMIT, "an argument is nested deeper than " + DEPTH_MAXIMUM + " levels",
                    "look for an object that holds itself");
        }
        if (isMissing(value)) {
            return null;
        }
        if (value instanceof CharSequence || value instanceof Character) {
            return value.toString();
        }
        if (value instanceof Number) {
            return number((Number) value);
        }
        if (value instanceof Boolean) {
            return value;
        }
        if (value instanceof Map && !isScriptArray((Map<?, ?>) value)) {
            Map<String, Object> plain = new LinkedHashMap<>();
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                plain.put(String.valueOf(member.getKey()), of(member.getValue(), depth + 1));
            }
            return plain;
        }
        List<Object> plain = new ArrayList<>();
        for (Object element : elements(value)) {
            plain.add(of(element, depth + 1));
        }
        return plain;
    }

    private static Collection<?> elements(Object value) {
        if (value instanceof Map) {
            return ((Map<?, ?>) value).values();
        }
        if (value instanceof Collection) {
            return (Collection<?>) value;
        }
        if (value.getClass().isArray()) {
            List<Object> elements = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                elements.add(Array.get(value, i));
            }
            return elements;
        }
        throw new JpsBackupException(JpsBackupException.Code.USAGE,
                "a value of class '" + value.getClass().getName() + "' is neither text, number, boolean, array nor object",
                "give plain values only");
    }

    private static Object number(Number value) {
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return value.longValue();
        }
        if (value instanceof Double || value instanceof Float) {
            double number = value.doubleValue();
            if (number == Math.rint(number) && Math.abs(number) <= EXACT_MAXIMUM) {
                return (long) number;
            }
        }
        return value;
    }

    /** {@code null} or undefined; Rhino's objects give {@code null} for both, Nashorn's an object of this class. */
    static boolean isMissing(Object value) {
        return value == null || value.getClass().getSimpleName().equals("Undefined");
    }

    private static boolean isScriptArray(Map<?, ?> value) {
        if (!value.getClass().getSimpleName().equals("ScriptObjectMirror")) {
            return false;
        }
        try {
            return Boolean.TRUE.equals(value.getClass().getMethod("isArray").invoke(value));
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
