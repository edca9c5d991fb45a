package org.jpsrun.script;

import java.util.List;
import java.util.Map;
import org.jpsrun.value.Values;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.NativeArray;
import org.mozilla.javascript.RhinoException;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;

/** Evaluates the expressions of {@code if}, {@code elif} and {@code assert}. They see no Java classes. */
public final class Conditions {
    /** What an expression came to. */
    public enum Outcome { TRUE, FALSE, INVALID }

    private Conditions() {
    }

    /**
     * Evaluates a JavaScript expression.
     *
     * @param expression text after placeholders were replaced
     * @param names values that the expression can use by name
     * @param self what {@code this} is
     */
    public static Outcome evaluate(String expression, Map<String, Object> names, Object self) {
        if (expression.isBlank()) {
            return Outcome.INVALID;
        }
        return ScriptEngine.factory().call(context -> {
            Scriptable scope = context.initSafeStandardObjects();
            names.forEach((name, value) -> ScriptableObject.putProperty(scope, name, bound(value, context, scope)));
            Object local = Native.toScript(self, context, scope);
            Scriptable target = local instanceof Scriptable ? (Scriptable) local : scope;
            try {
                Object function = context.evaluateString(scope, "(function () { return (" + expression + "\n); })",
                        "condition", 1, null);
                Object value = ((Function) function).call(context, scope, target, new Object[0]);
                return Context.toBoolean(value) ? Outcome.TRUE : Outcome.FALSE;
            } catch (RhinoException | ClassCastException e) {
                return Outcome.INVALID;
            }
        });
    }

    /** Lists have {@code first}, {@code last} and {@code master}, as in placeholders. */
    private static Object bound(Object value, Context context, Scriptable scope) {
        Object converted = Native.toScript(value, context, scope);
        if (converted instanceof NativeArray) {
            addEnds((NativeArray) converted);
        } else if (Values.map(value) != null && converted instanceof Scriptable) {
            for (Map.Entry<String, Object> member : Values.map(value).entrySet()) {
                Object array = ScriptableObject.getProperty((Scriptable) converted, member.getKey());
                if (member.getValue() instanceof List && array instanceof NativeArray) {
                    addEnds((NativeArray) array);
                }
            }
        }
        return converted;
    }

    private static void addEnds(NativeArray array) {
        int length = (int) array.getLength();
        if (length > 0) {
            ScriptableObject.defineProperty(array, "first", array.get(0, array), ScriptableObject.DONTENUM);
            ScriptableObject.defineProperty(array, "master", array.get(0, array), ScriptableObject.DONTENUM);
            ScriptableObject.defineProperty(array, "last", array.get(length - 1, array), ScriptableObject.DONTENUM);
        }
    }
}
