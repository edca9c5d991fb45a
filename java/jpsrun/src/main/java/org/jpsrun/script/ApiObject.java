package org.jpsrun.script;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpsrun.platform.ApiNames;
import org.jpsrun.value.Values;
import org.mozilla.javascript.BaseFunction;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;

/**
 * A script's {@code api}, {@code jelastic} and {@code hivext}, and every dotted name below them: calling one
 * calls the platform's method of that name.
 */
final class ApiObject extends BaseFunction {
    private static final Set<String> OWN = Set.of("prototype", "constructor", "length", "name", "arity", "arguments",
            "toString", "valueOf", "call", "apply", "bind", "__proto__", "toJSON");
    private static final int MAX_NAME = 200;

    private final transient ScriptCall call;
    private final String path;

    ApiObject(Scriptable scope, ScriptCall call, String path) {
        super(scope, ScriptableObject.getFunctionPrototype(scope));
        this.call = call;
        this.path = path;
    }

    @Override
    public Object get(String name, Scriptable start) {
        if (OWN.contains(name) || path.length() > MAX_NAME) {
            return super.get(name, start);
        }
        return new ApiObject(getParentScope(), call, path.isEmpty() ? name : path + "." + name);
    }

    @Override
    public boolean has(String name, Scriptable start) {
        return OWN.contains(name) ? super.has(name, start) : path.length() <= MAX_NAME;
    }

    @Override
    public Object call(Context context, Scriptable scope, Scriptable self, Object[] arguments) {
        String method = ApiNames.canonical(path);
        if (method.equalsIgnoreCase("local.ReturnResult")) {
            throw new ReturnedResult(arguments.length == 0 ? null : arguments[0]);
        }
        if (method.equalsIgnoreCase("local.GetParam")) {
            return call.parameter(arguments);
        }
        Map<String, Object> answer = call.platform().invoke(method, parameters(method, arguments));
        return Native.toScript(answer, context, scope);
    }

    private Map<String, Object> parameters(String method, Object[] arguments) {
        Map<String, Object> parameters;
        Map<String, Object> single = arguments.length == 1 ? Values.map(Native.toJava(arguments[0])) : null;
        if (single != null) {
            parameters = new LinkedHashMap<>(single);
        } else {
            List<Object> values = new ArrayList<>();
            for (Object argument : arguments) {
                values.add(Native.nullable(Native.toJava(argument)));
            }
            try {
                parameters = values.isEmpty() ? new LinkedHashMap<>() : ApiNames.named(method, values);
            } catch (IllegalArgumentException e) {
                throw Context.reportRuntimeError(e.getMessage());
            }
        }
        call.defaults().forEach(parameters::putIfAbsent);
        return parameters;
    }

    /** Ends a script with a result. Rhino passes it by a script's {@code catch}, yet runs its {@code finally}. */
    static final class ReturnedResult extends RuntimeException {
        private final transient Object value;

        ReturnedResult(Object value) {
            super("script returned", null, false, false);
            this.value = value;
        }

        Object value() {
            return value;
        }
    }
}
