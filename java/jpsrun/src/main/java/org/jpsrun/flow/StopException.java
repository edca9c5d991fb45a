package org.jpsrun.flow;

import java.util.Map;
import org.jpsrun.manifest.Location;

/** Ends a manifest's run: an action failed, or {@code return} or {@code stopEvent} was reached. */
final class StopException extends RuntimeException {
    private final transient Map<String, Object> response;
    private final transient Location location;
    private final String action;

    /**
     * @param response the response that ends the run
     * @param action the action's key as the manifest writes it
     */
    StopException(Map<String, Object> response, Location location, String action) {
        super("manifest stopped", null, false, false);
        this.response = response;
        this.location = location;
        this.action = action;
    }

    Map<String, Object> response() {
        return response;
    }

    Location location() {
        return location;
    }

    String action() {
        return action;
    }
}
