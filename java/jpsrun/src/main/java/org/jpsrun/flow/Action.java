package org.jpsrun.flow;

import java.util.Map;

/** What one action of the language does. Implementations hold no state. */
interface Action {
    /**
     * Performs the action.
     *
     * @return its response; null when it leaves the last response as it was
     * @throws ActionFailure when it cannot be performed
     * @throws StopException when the run ends with it
     */
    Map<String, Object> perform(Run run, Call call);
}
