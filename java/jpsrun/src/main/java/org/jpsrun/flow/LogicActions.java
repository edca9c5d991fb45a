package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.script.Conditions;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** Actions that act on nothing but the run itself. */
final class LogicActions {
    private static final long MAX_SLEEP_MS = 24L * 3600 * 1000;

    private LogicActions() {
    }

    static void register(Map<String, Action> actions) {
        actions.put("log", LogicActions::log);
        actions.put("set", LogicActions::set);
        actions.put("setGlobals", LogicActions::setGlobals);
        actions.put("assert", LogicActions::check);
        actions.put("sleep", LogicActions::sleep);
        actions.put("return", LogicActions::end);
        actions.put("stopEvent", LogicActions::stopEvent);
    }

    private static Map<String, Object> log(Run run, Call call) {
        Object value = call.value();
        for (Object item : Values.list(value) != null ? Values.list(value) : java.util.Collections.singletonList(value)) {
            run.log("> " + Values.text(item));
        }
        return null;
    }

    private static Map<String, Object> set(Run run, Call call) {
        assign(run, call, call.frame().local());
        return null;
    }

    private static Map<String, Object> setGlobals(Run run, Call call) {
        assign(run, call, run.globals());
        return null;
    }

    private static void assign(Run run, Call call, Map<String, Object> target) {
        for (Object part : Values.asList(call.rawValue())) {
            // One map after the other: a later one may use what an earlier one set.
            Map<String, Object> map = Values.map(call.resolver().resolve(part));
            if (map == null) {
                throw new ManifestException("'" + call.name() + "' takes a mapping", call.location(), null);
            }
            map.forEach(run.host().console().secrets()::learn);
            run.log(call.name() + ": " + Json.write(map));
            target.putAll(map);
        }
    }

    private static Map<String, Object> check(Run run, Call call) {
        for (Map<String, Object> item : call.items("condition")) {
            Object condition = Values.member(item, "condition");
            String text = condition == null ? "" : Values.text(condition);
            boolean holds = condition instanceof Boolean ? (Boolean) condition
                    : Expressions.evaluate(run, call.frame(), text) == Conditions.Outcome.TRUE;
            Object message = Values.member(item, "message");
            run.log((holds ? "[SUCCESS] " : "[FAILURE] ") + (message == null ? "ASSERT" : Values.text(message)) + ": " + text);
        }
        return null;
    }

    private static Map<String, Object> sleep(Run run, Call call) {
        for (Map<String, Object> item : call.items("milliseconds")) {
            String text = call.required(item, "milliseconds").trim();
            if (!text.matches("\\d{1,12}") || Long.parseLong(text) > MAX_SLEEP_MS) {
                throw new ManifestException("'sleep' takes milliseconds, not '" + text + "'", call.location(),
                        "give a whole number, at most " + MAX_SLEEP_MS);
            }
            run.log("sleep: " + text);
            try {
                Thread.sleep(Long.parseLong(text));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ActionFailure(Values.error(Codes.UNKNOWN_ERROR, "cancelled"));
            }
        }
        return null;
    }

    private static Map<String, Object> end(Run run, Call call) {
        Object value = call.value();
        Map<String, Object> response = new LinkedHashMap<>(call.siblings());
        if (value instanceof Map) {
            response.putAll(Values.map(value));
        } else if (value != null) {
            response.putAll(fromText(Values.text(value)));
        }
        // A result of 0 is not passed on: what ends a run without a type is an error.
        if (response.get("result") instanceof Number && Values.result(response) == 0) {
            response.remove("result");
        }
        run.log(call.label() + ": " + Json.write(response));
        throw new StopException(response, call.location(), call.label());
    }

    /** The response that a text stands for: itself when it is a JSON object, else an error with that message. */
    static Map<String, Object> fromText(String text) {
        if (text.trim().startsWith("{")) {
            try {
                Map<String, Object> parsed = Values.map(Json.read(text));
                if (parsed != null) {
                    return parsed;
                }
            } catch (IllegalArgumentException e) {
                // Not JSON after all: then it is a message that begins with a brace.
                return Values.error(Codes.TEXT_RESPONSE, text);
            }
        }
        return Values.error(Codes.TEXT_RESPONSE, text);
    }

    private static Map<String, Object> stopEvent(Run run, Call call) {
        Map<String, Object> item = call.items("message").get(0);
        Map<String, Object> response = Values.error(Codes.STOP_EVENT, Values.text(item.getOrDefault("message", "stopped")));
        response.put("reason", 2);
        response.put("type", Values.text(item.getOrDefault("type", "error")));
        run.log(call.label() + ": " + Json.write(response));
        throw new StopException(response, call.location(), call.label());
    }
}
