package org.jpsrun.flow;

import java.util.Map;
import java.util.TreeMap;

/** The built-in actions by name, without regard to case. */
final class Actions {
    private static final Map<String, Action> BUILT_IN = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    static {
        Action cmd = new CommandAction();
        Action script = new ScriptAction();
        Action install = new InstallAction();
        BUILT_IN.put("cmd", cmd);
        BUILT_IN.put("execCmd", cmd);
        BUILT_IN.put("executeShellCommands", cmd);
        BUILT_IN.put("script", script);
        BUILT_IN.put("executeScript", script);
        BUILT_IN.put("install", install);
        BUILT_IN.put("installAddon", new InstallAddonAction());
        BUILT_IN.put("api", new ApiAction());
        BUILT_IN.put("call", new CallAction());
        FileActions.register(BUILT_IN);
        LogicActions.register(BUILT_IN);
        NodeActions.register(BUILT_IN);
    }

    private Actions() {
    }

    /** The built-in action with that name, or null. */
    static Action builtIn(String name) {
        return BUILT_IN.get(name);
    }
}
