package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpsrun.placeholder.Resolver;
import org.jpsrun.value.Json;
import org.jpsrun.value.Undefined;
import org.jpsrun.value.Values;

/** What stands between the brackets of {@code forEach}. */
final class Loops {
    private static final Pattern NAMED = Pattern.compile("^([A-Za-z_][\\w-]*)\\s*:(.*)$", Pattern.DOTALL);
    private static final String DEFAULT_NAME = "i";

    private Loops() {
    }

    /** A loop's name and its elements. */
    static final class Header {
        private final String name;
        private final List<Object> elements;

        private Header(String name, List<Object> elements) {
            this.name = name;
            this.elements = elements;
        }

        String name() {
            return name;
        }

        List<Object> elements() {
            return elements;
        }
    }

    /** Finds the elements; what is not defined has none. */
    static Header parse(String expression, Resolver resolver) {
        Matcher named = NAMED.matcher(expression);
        boolean hasName = named.matches();
        String source = hasName ? named.group(2).trim() : expression;
        return new Header(hasName ? named.group(1) : DEFAULT_NAME, elements(resolver.resolve(source), resolver));
    }

    private static List<Object> elements(Object value, Resolver resolver) {
        Object found = value;
        if (value instanceof String) {
            String text = ((String) value).trim();
            if (text.startsWith("[")) {
                try {
                    return new ArrayList<>(Values.asList(Json.read(text)));
                } catch (IllegalArgumentException e) {
                    return List.of();
                }
            }
            found = resolver.path(text);
        }
        return found == Undefined.UNDEFINED || "".equals(found) ? List.of() : new ArrayList<>(Values.asList(found));
    }
}
