package org.jpsrun.flow;

import java.util.Map;

/** An action cannot go on; the response says why. The block's runner turns it into the action's response. */
final class ActionFailure extends RuntimeException {
    private final transient Map<String, Object> response;

    ActionFailure(Map<String, Object> response) {
        super(String.valueOf(response.get("error")), null, false, false);
        this.response = response;
    }

    Map<String, Object> response() {
        return response;
    }
}
