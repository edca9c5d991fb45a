package org.jpsrun.console;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** Values that no line of a log may show. Thread-safe. */
public final class Secrets {
    /** What stands in a line in place of a secret. */
    public static final String MASK = "*****";

    // Shorter values are too common: hiding them would hide half of the log.
    private static final int MIN_LENGTH = 4;
    private static final Pattern SECRET_NAME = Pattern.compile("(?i)secret|password|token|key");

    private final TreeSet<String> values =
            new TreeSet<>(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));

    /** Whether what bears this name is a secret. */
    public static boolean isSecretName(String name) {
        return SECRET_NAME.matcher(name).find();
    }

    /** Remembers the values in here whose names say that they are secret. */
    public void learn(String name, Object value) {
        if (isSecretName(name)) {
            add(value);
        } else if (value instanceof Map) {
            Values.map(value).forEach(this::learn);
        } else if (value instanceof List) {
            Values.list(value).forEach(element -> learn("", element));
        }
    }

    /** Remembers a value, or all texts in a map or a list, whatever they are called. */
    public void add(Object value) {
        if (value instanceof Map) {
            Values.map(value).values().forEach(this::add);
        } else if (value instanceof List) {
            Values.list(value).forEach(this::add);
        } else if (value instanceof String || value instanceof Number) {
            addText(value.toString());
        }
    }

    private synchronized void addText(String text) {
        if (text.trim().length() < MIN_LENGTH) {
            return;
        }
        values.add(text.trim());
        String quoted = Json.write(text.trim());
        values.add(quoted.substring(1, quoted.length() - 1));
        values.add(java.util.Base64.getEncoder()
                .encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    /** The text with every secret in it replaced. Longer secrets first, for one may be part of another. */
    public synchronized String mask(String text) {
        String masked = text;
        for (String value : values) {
            masked = masked.replace(value, MASK);
        }
        return masked;
    }
}
