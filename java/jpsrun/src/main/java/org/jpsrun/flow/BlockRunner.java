package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.manifest.LocatedList;
import org.jpsrun.manifest.LocatedMap;
import org.jpsrun.manifest.Location;
import org.jpsrun.manifest.Manifest;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.placeholder.Resolver;
import org.jpsrun.platform.ApiNames;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** Executes action blocks: in the order written, with conditions and loops, until something stops the run. */
final class BlockRunner {
    // A manifest that recurses deeper has no end; the thread's stack is sized for this depth.
    private static final int MAX_DEPTH = 400;
    private static final int MAX_ITERATIONS = 100_000;

    private final Run run;
    private final Frame frame;
    private final Resolver resolver;

    /** How far a chain of {@code if}, {@code elif}, {@code else} has come. */
    private static final class Chain {
        /** None is open; a branch is still wanted; none is wanted any more. */
        private enum State { NONE, OPEN, DONE }

        private State state = State.NONE;
    }

    BlockRunner(Run run, Frame frame) {
        this.run = run;
        this.frame = frame;
        this.resolver = run.resolver(frame);
    }

    /**
     * Executes a block.
     *
     * @param block text, map, list of them, or null
     * @param at where the block stands, for parts without a place of their own
     * @throws StopException when the run ends
     */
    void execute(Object block, Location at) {
        part(block, at, new Chain(), false);
    }

    /** As {@link #execute}, and counts the block's keys as steps of the run. */
    void executeHandler(Object block, Location at) {
        part(block, at, new Chain(), true);
    }

    private void part(Object block, Location at, Chain chain, boolean counted) {
        if (run.host().isCancelled()) {
            throw new StopException(Values.error(Codes.UNKNOWN_ERROR, "cancelled"), at, "");
        }
        if (block == null) {
            return;
        }
        List<Object> list = Values.list(block);
        Map<String, Object> map = Values.map(block);
        if (list != null) {
            for (int i = 0; i < list.size(); i++) {
                part(list.get(i), LocatedList.locate(list, i, at), chain, counted);
            }
        } else if (map != null) {
            map(map, at, chain, counted);
        } else {
            chain.state = Chain.State.NONE;
            if (counted) {
                run.advance(1);
            }
            action(Values.text(block), null, Map.of(), at);
        }
    }

    private void map(Map<String, Object> map, Location at, Chain chain, boolean counted) {
        Map<String, Object> siblings = new LinkedHashMap<>();
        Map<String, Object> actions = new LinkedHashMap<>();
        map.forEach((key, value) -> (isAction(key) ? actions : siblings).put(key, value));
        if (actions.isEmpty() && !map.isEmpty()) {
            String key = map.keySet().iterator().next();
            throw stop(unknown(key, LocatedMap.locate(map, key, at)), at, key);
        }
        if (counted) {
            run.advance(map.size());
        }
        actions.forEach((key, value) -> {
            Location location = LocatedMap.locate(map, key, at);
            ControlWord word = ControlWord.parse(key);
            if (word == null) {
                chain.state = Chain.State.NONE;
                action(key, value, siblings, location);
            } else if (word.kind() == ControlWord.Kind.FOREACH) {
                chain.state = Chain.State.NONE;
                loop(word.expression(), value, location);
            } else {
                branch(word, value, location, chain);
            }
        });
    }

    private boolean isAction(String key) {
        if (ControlWord.parse(key) != null) {
            return true;
        }
        String name = resolver.text(Call.name(key));
        return run.manifest().action(name) != null || Actions.builtIn(name) != null || ApiNames.isMethod(name);
    }

    private void branch(ControlWord word, Object body, Location location, Chain chain) {
        if (word.kind() == ControlWord.Kind.IF) {
            chain.state = Chain.State.OPEN;
        }
        if (chain.state != Chain.State.OPEN) {
            return;
        }
        if (word.kind() == ControlWord.Kind.ELSE) {
            chain.state = Chain.State.NONE;
            execute(body, location);
            return;
        }
        String label = word.kind() == ControlWord.Kind.IF ? "if" : "elif";
        switch (Expressions.evaluate(run, frame, resolver.text(word.expression()))) {
            case TRUE:
                run.log(label + " " + word.expression() + ": condition is met");
                chain.state = Chain.State.DONE;
                execute(body, location);
                break;
            case FALSE:
                run.log(label + " " + word.expression() + ": condition is not met");
                break;
            default:
                run.log("WARNING: " + label + " " + word.expression() + ": invalid condition (" + location + ")");
                chain.state = Chain.State.DONE;
                break;
        }
    }

    private void loop(String expression, Object body, Location location) {
        Loops.Header header = Loops.parse(expression, resolver);
        List<Object> elements = header.elements();
        if (elements.size() > MAX_ITERATIONS) {
            throw stop(new ManifestException("'forEach' has more than " + MAX_ITERATIONS + " elements", location, null),
                    location, "forEach(" + expression + ")");
        }
        run.log("forEach(" + expression + "): " + elements.size() + " iterations");
        frame.enterLoop(header.name());
        try {
            for (int i = 0; i < elements.size(); i++) {
                frame.next(elements.get(i), i);
                execute(body, location);
            }
        } finally {
            frame.leaveLoop();
        }
        Map<String, Object> response = Values.ok();
        response.put("count", elements.size());
        run.response(response);
    }

    private void action(String rawKey, Object value, Map<String, Object> siblings, Location location) {
        int bracket = rawKey.indexOf('[');
        String selector = bracket < 0 ? "" : rawKey.substring(bracket);
        Call call = new Call(resolver.text(Call.name(rawKey)) + selector, value, siblings, location, frame, resolver);
        try {
            Manifest.Action custom = run.manifest().action(call.name());
            if (custom != null) {
                custom(custom, call);
                return;
            }
            Action action = Actions.builtIn(call.name());
            if (action == null && !ApiNames.isMethod(call.name())) {
                throw unknown(call.name(), location);
            }
            Map<String, Object> response = (action != null ? action : new ApiAction()).perform(run, call);
            if (response != null) {
                run.response(response);
                if (Endings.ends(run, response)) {
                    throw new StopException(response, location, call.label());
                }
            }
        } catch (ActionFailure e) {
            run.response(e.response());
            run.log("ERROR: " + call.label() + ".response: " + Json.write(e.response()));
            // Without an environment a missing node is no crash.
            if (run.environment().exists() || Values.result(e.response()) != Codes.NODE_NOT_FOUND) {
                throw new StopException(e.response(), location, call.label());
            }
        } catch (ManifestException e) {
            throw stop(e, location, call.label());
        }
    }

    private void custom(Manifest.Action action, Call call) {
        if (frame.depth() >= MAX_DEPTH) {
            throw new ManifestException("actions call each other more than " + MAX_DEPTH + " levels deep", call.location(),
                    "look for an action that calls itself without end");
        }
        Object arguments = call.value();
        List<Object> list = Values.list(arguments);
        boolean perElement = list != null && !list.isEmpty();
        for (Object argument : perElement ? list : java.util.Collections.singletonList(list != null ? null : arguments)) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("action", action.name());
            shown.put("params", argument == null ? Map.of() : argument);
            run.log(call.label() + ":  " + Json.write(shown));
            Frame inner = new Frame(argument, frame.depth() + 1, target(call, Values.map(argument)));
            new BlockRunner(run, inner).execute(action.body(), action.location());
        }
    }

    /** The nodes that node actions inside a custom action get when they name none. */
    private static Map<String, Object> target(Call call, Map<String, Object> arguments) {
        Map<String, Object> own = Selector.target(arguments);
        if (!own.isEmpty()) {
            return own;
        }
        if (call.hasSelector()) {
            return Map.of(Selector.BRACKETS, call.selector());
        }
        Map<String, Object> beside = Selector.target(call.siblings());
        return beside.isEmpty() ? call.frame().target() : beside;
    }

    private static ManifestException unknown(String key, Location location) {
        return new ManifestException("action '" + key + "' is not known", location,
                "check its spelling; a custom action must be defined below 'actions'");
    }

    private static StopException stop(ManifestException e, Location location, String label) {
        String message = e.getMessage() + (e.hint() == null ? "" : " (" + e.hint() + ")");
        return new StopException(Values.error(Codes.UNKNOWN_ERROR, message),
                e.location() == null ? location : e.location(), label);
    }
}
