package org.jpsrun.script;

import org.jpsrun.manifest.Location;
import org.jpsrun.value.Json;
import org.mozilla.javascript.BaseFunction;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.ContextFactory;
import org.mozilla.javascript.EcmaError;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.ImporterTopLevel;
import org.mozilla.javascript.JavaScriptException;
import org.mozilla.javascript.RhinoException;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;
import org.mozilla.javascript.WrappedException;

/**
 * Runs scripts of manifests. Scripts see Java's classes: they are as trusted as the platform's own engine
 * trusts them. Thread-safe: each run has a scope of its own.
 */
public final class ScriptEngine {
    // Enough for any script, and far less than what exhausts memory.
    private static final int MAX_CALLS = 5_000;

    private static final ContextFactory FACTORY = new ContextFactory() {
        @Override
        protected void onContextCreated(Context context) {
            context.setLanguageVersion(Context.VERSION_ECMASCRIPT);
            // A script runs once, and the interpreter has no limit on the length of a function.
            context.setInterpretedMode(true);
            context.setMaximumInterpreterStackDepth(MAX_CALLS);
            // Java's strings and numbers behave as JavaScript's, so that === and typeof work.
            context.getWrapFactory().setJavaPrimitiveWrap(false);
        }
    };

    /** Rhino's settings as manifests need them; every evaluation of this package uses it. */
    static ContextFactory factory() {
        return FACTORY;
    }

    /**
     * Runs a script to its end.
     *
     * @return what it returned as maps, lists and scalars; UNDEFINED when it returned nothing
     * @throws ScriptException when it does not compile or ends with an exception
     */
    public Object run(ScriptCall call) {
        for (String name : ScriptSource.required(call.source())) {
            if (!call.parameters().containsKey(name)) {
                throw new ScriptException("script needs the parameter '" + name + "'", call.location(), null);
            }
        }
        return FACTORY.call(context -> {
            Scriptable scope = new ImporterTopLevel(context);
            try {
                bind(context, scope, call);
                Location at = call.location();
                Object function = context.evaluateString(scope, ScriptSource.function(call.source()), at.file(),
                        Math.max(1, at.line()), null);
                return Native.toJava(((Function) function).call(context, scope, scope, new Object[0]));
            } catch (ApiObject.ReturnedResult result) {
                return Native.toJava(result.value());
            } catch (RhinoException e) {
                throw failure(e, call.location());
            } catch (IllegalArgumentException e) {
                throw new ScriptException("script's result cannot be used: " + e.getMessage(), call.location(), e);
            }
        });
    }

    private static void bind(Context context, Scriptable scope, ScriptCall call) {
        call.variables().forEach((name, value) -> put(scope, name, Native.toScript(value, context, scope)));
        call.parameters().forEach((name, value) -> put(scope, name, Native.toScript(value, context, scope)));
        for (String name : new String[] {"api", "jelastic", "hivext"}) {
            put(scope, name, new ApiObject(scope, call, ""));
        }
        put(scope, "getParam", host(scope, (self, arguments) -> call.parameter(arguments)));
        put(scope, "toJSON", host(scope, (self, arguments) ->
                Json.write(Native.nullable(Native.toJava(arguments.length == 0 ? null : arguments[0])))));
        put(scope, "toNative", host(scope, (self, arguments) ->
                Native.toScript(Native.toJava(arguments.length == 0 ? null : arguments[0]), context, scope)));
    }

    private static void put(Scriptable scope, String name, Object value) {
        ScriptableObject.putProperty(scope, name, value);
    }

    private static ScriptException failure(RhinoException e, Location location) {
        String message;
        if (e instanceof JavaScriptException) {
            message = Context.toString(((JavaScriptException) e).getValue());
        } else if (e instanceof WrappedException) {
            Throwable thrown = ((WrappedException) e).getWrappedException();
            message = thrown.getClass().getSimpleName() + ": " + thrown.getMessage();
        } else {
            message = e instanceof EcmaError ? ((EcmaError) e).getErrorMessage() : e.details();
        }
        return new ScriptException(message, new Location(location.file(), location.line() > 0 ? e.lineNumber() : 0), e);
    }

    /** What a host function does. */
    private interface Body {
        Object call(Scriptable self, Object[] arguments);
    }

    private static BaseFunction host(Scriptable scope, Body body) {
        return new BaseFunction(scope, ScriptableObject.getFunctionPrototype(scope)) {
            @Override
            public Object call(Context context, Scriptable caller, Scriptable self, Object[] arguments) {
                return body.call(self, arguments);
            }
        };
    }
}
