package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.value.Undefined;
import org.jpsrun.value.Values;

/** The local scope of an event's handling or of one call of a custom action. Used by one thread. */
final class Frame {
    private final Object argument;
    private final Map<String, Object> local = new LinkedHashMap<>();
    private final List<Loop> loops = new ArrayList<>();
    private final int depth;
    private final Map<String, Object> target;

    /** A running loop. */
    private static final class Loop {
        private final String name;
        private Object element;
        private int index;

        Loop(String name) {
            this.name = name;
        }
    }

    /**
     * @param argument what the action was called with: a map's members become {@code this.*}
     * @param depth how many custom actions are running around this one
     * @param target {@code nodeId}, {@code nodeGroup} or {@code nodeType} for node actions that name none; may be empty
     */
    Frame(Object argument, int depth, Map<String, Object> target) {
        this.argument = argument;
        this.depth = depth;
        this.target = target;
        if (argument instanceof Map) {
            local.putAll(Values.map(argument));
        }
    }

    int depth() {
        return depth;
    }

    Map<String, Object> target() {
        return target;
    }

    Map<String, Object> local() {
        return local;
    }

    /** What {@code this} is: the single value that the action was called with, as long as nothing was set. */
    Object self() {
        return argument == null || argument instanceof Map || !local.isEmpty() ? local : argument;
    }

    void enterLoop(String name) {
        loops.add(new Loop(name));
    }

    void next(Object element, int index) {
        Loop loop = loops.get(loops.size() - 1);
        loop.element = element;
        loop.index = index;
    }

    void leaveLoop() {
        loops.remove(loops.size() - 1);
    }

    /** The value of an iterator's name, which begins with {@code @}; UNDEFINED outside of its loop. */
    Object iterator(String name) {
        if (name.equals("@")) {
            return loops.isEmpty() ? Undefined.UNDEFINED : loops.get(loops.size() - 1).index;
        }
        boolean index = name.startsWith("@@");
        String wanted = name.substring(index ? 2 : 1);
        for (int i = loops.size() - 1; i >= 0; i--) {
            Loop loop = loops.get(i);
            if (loop.name.equals(wanted)) {
                return index ? (Object) loop.index : loop.element;
            }
        }
        return Undefined.UNDEFINED;
    }
}
