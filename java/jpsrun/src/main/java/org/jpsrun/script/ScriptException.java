package org.jpsrun.script;

import org.jpsrun.manifest.Location;

/** A script does not compile, or threw something that it did not catch. */
public final class ScriptException extends RuntimeException {
    private final transient Location location;

    ScriptException(String message, Location location, Throwable cause) {
        super(message, cause);
        this.location = location;
    }

    /** The line of the script. */
    public Location location() {
        return location;
    }
}
