package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jpsrun.script.Conditions;
import org.jpsrun.value.Undefined;

/** Evaluates conditions with a run's namespaces as JavaScript variables. */
final class Expressions {
    private Expressions() {
    }

    /**
     * Evaluates an expression in which placeholders are replaced already.
     *
     * @param frame what {@code this} belongs to
     */
    static Conditions.Outcome evaluate(Run run, Frame frame, String expression) {
        Map<String, Object> names = new LinkedHashMap<>();
        // Only what the text mentions: looking at the environment asks the platform.
        for (String name : new String[] {"env", "nodes", "globals", "settings", "response", "user", "targetNodes"}) {
            if (Pattern.compile("\\b" + name + "\\b").matcher(expression).find()) {
                Object value = run.resolver(frame).path(name);
                names.put(name, value == Undefined.UNDEFINED && name.equals("response") ? Map.of() : value);
            }
        }
        return Conditions.evaluate(expression, names, frame.self());
    }
}
