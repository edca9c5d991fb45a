package org.jpsrun.script;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.value.Json;
import org.jpsrun.value.Undefined;
import org.jpsrun.value.Values;
import org.mozilla.javascript.BaseFunction;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.NativeArray;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;
import org.mozilla.javascript.Symbol;
import org.mozilla.javascript.Wrapper;

/** Converts values between Java and JavaScript. Needs an entered Rhino context. */
final class Native {
    private static final int MAX_DEPTH = 100;

    private Native() {
    }

    /** A Java value as plain JavaScript objects, arrays and primitives. */
    static Object toScript(Object value, Context context, Scriptable scope) {
        if (value instanceof Undefined) {
            return org.mozilla.javascript.Undefined.instance;
        }
        if (value instanceof Map) {
            Scriptable object = context.newObject(scope);
            Values.map(value).forEach((key, member) ->
                    ScriptableObject.putProperty(object, key, toScript(member, context, scope)));
            ScriptableObject.defineProperty(object, "toString", new JsonText(scope), ScriptableObject.DONTENUM);
            return object;
        }
        if (value instanceof List) {
            Object[] elements = Values.list(value).stream().map(element -> toScript(element, context, scope)).toArray();
            return context.newArray(scope, elements);
        }
        if (value instanceof String || value instanceof Boolean || value == null) {
            return value;
        }
        if (value instanceof Number) {
            return ((Number) value).doubleValue();
        }
        return value.toString();
    }

    /** A JavaScript value, or a Java one that a script holds, as maps, lists and scalars; UNDEFINED for none. */
    static Object toJava(Object value) {
        return toJava(value, 0);
    }

    private static Object toJava(Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("an object is nested more than " + MAX_DEPTH + " levels deep, or within itself");
        }
        if (value == null || value instanceof String || value instanceof Boolean) {
            return value;
        }
        if (org.mozilla.javascript.Undefined.isUndefined(value) || value == Scriptable.NOT_FOUND) {
            return Undefined.UNDEFINED;
        }
        if (value instanceof CharSequence) {
            return value.toString();
        }
        if (value instanceof Number) {
            return number((Number) value);
        }
        if (value instanceof Wrapper) {
            return toJava(((Wrapper) value).unwrap(), depth + 1);
        }
        if (value instanceof NativeArray) {
            return array((NativeArray) value, depth);
        }
        if (value instanceof Map && !(value instanceof Scriptable)) {
            Map<String, Object> map = new LinkedHashMap<>();
            ((Map<?, ?>) value).forEach((key, member) -> map.put(String.valueOf(key), nullable(toJava(member, depth + 1))));
            return map;
        }
        if (value instanceof Iterable && !(value instanceof Scriptable)) {
            List<Object> list = new ArrayList<>();
            ((Iterable<?>) value).forEach(element -> list.add(nullable(toJava(element, depth + 1))));
            return list;
        }
        if (value instanceof BaseFunction) {
            return Undefined.UNDEFINED;
        }
        if (value instanceof ScriptableObject) {
            return object((ScriptableObject) value, depth);
        }
        return value.toString();
    }

    private static Object array(NativeArray array, int depth) {
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < array.getLength(); i++) {
            list.add(nullable(toJava(array.get(i, array), depth + 1)));
        }
        return list;
    }

    private static Object object(ScriptableObject object, int depth) {
        switch (object.getClassName()) {
            case "Date":
            case "String":
            case "RegExp":
                return Context.toString(object);
            case "Number":
                return number(Context.toNumber(object));
            case "Boolean":
                return Boolean.valueOf(Context.toString(object));
            case "Error":
                return Context.toString(object);
            default:
                break;
        }
        Map<String, Object> map = new LinkedHashMap<>();
        for (Object id : object.getIds()) {
            if (id instanceof Symbol) {
                continue;
            }
            Object member = id instanceof Integer ? object.get((Integer) id, object)
                    : ScriptableObject.getProperty(object, id.toString());
            Object converted = toJava(member, depth + 1);
            if (converted != Undefined.UNDEFINED) {
                map.put(id.toString(), converted);
            }
        }
        return map;
    }

    /** JavaScript has only doubles; whole ones are integers in a manifest. */
    private static Object number(Number number) {
        double value = number.doubleValue();
        if (value == Math.rint(value) && Math.abs(value) <= 9007199254740992.0) {
            long whole = (long) value;
            if ((int) whole == whole) {
                return (int) whole;
            }
            return whole;
        }
        return number;
    }

    static Object nullable(Object value) {
        return value == Undefined.UNDEFINED ? null : value;
    }


    /** Makes an answer's text its JSON: manifests rely on {@code "" + response}. */
    private static final class JsonText extends BaseFunction {
        JsonText(Scriptable scope) {
            super(scope, ScriptableObject.getFunctionPrototype(scope));
        }

        @Override
        public Object call(Context context, Scriptable scope, Scriptable self, Object[] arguments) {
            return Json.write(nullable(toJava(self)));
        }
    }
}
