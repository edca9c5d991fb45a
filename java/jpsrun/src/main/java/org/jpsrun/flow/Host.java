package org.jpsrun.flow;

import java.util.UUID;
import org.jpsrun.console.Console;
import org.jpsrun.manifest.ManifestLoader;
import org.jpsrun.manifest.Resources;
import org.jpsrun.placeholder.Functions;
import org.jpsrun.platform.Platform;
import org.jpsrun.script.ScriptEngine;

/** What all manifests of one run of the program share. Thread-safe. */
public final class Host {
    /** The version of the language that {@code ${engine}} and {@code fn.compareEngine} tell. */
    static final String ENGINE_VERSION = "8.15.1";

    private final Platform platform;
    private final Resources resources;
    private final Console console;
    private final ManifestLoader loader;
    private final ScriptEngine scripts = new ScriptEngine();
    private final Functions functions = new Functions(ENGINE_VERSION);
    private final String session = UUID.randomUUID().toString().replace("-", "");

    private volatile boolean cancelled;

    /**
     * @param platform what actions and scripts call
     * @param resources what manifests may read
     * @param console where the log goes
     */
    public Host(Platform platform, Resources resources, Console console) {
        this.platform = platform;
        this.resources = resources;
        this.console = console;
        this.loader = new ManifestLoader(resources, line -> console.line("jpsrun", 0, line));
        console.secrets().add(session);
    }

    /**
     * Asks the run to end: no further action begins. A script that is running goes on, so that it can put back what
     * it began to change.
     */
    public void cancel() {
        cancelled = true;
    }

    /** Whether the run was asked to end. */
    public boolean isCancelled() {
        return cancelled;
    }

    Platform platform() {
        return platform;
    }

    Resources resources() {
        return resources;
    }

    Console console() {
        return console;
    }

    /** Reads manifests, with their mixins, as this run may. */
    public ManifestLoader loader() {
        return loader;
    }

    ScriptEngine scripts() {
        return scripts;
    }

    Functions functions() {
        return functions;
    }

    /** What stands for the user's session in calls of the platform. */
    String session() {
        return session;
    }
}
