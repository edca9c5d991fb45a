package org.jpsrun.platform;

import java.util.Map;

/**
 * What a manifest's actions and scripts act on: the platform's API, one call a method.
 *
 * <p>The interpreter turns every node action (`cmd`, `writeFile`, ...) and every script's API call into
 * {@link #invoke}; so an implementation is either this machine ({@code org.jpsrun.local}) or a test's script.
 */
public interface Platform {
    /**
     * Calls one API method and waits for its answer.
     *
     * @param method canonical dotted name, first part in full: {@code environment.control.ExecCmdById}.
     *     Method names are compared without regard to case.
     * @param parameters by their documented names: strings, numbers, booleans, lists and maps. Always holds
     *     {@code envName} and {@code session} where the method takes them.
     * @return the platform's answer: {@code result} (0 is success), {@code error} on failure, other members as
     *     the method documents. A failed call is an answer too; this method throws only for a defect.
     */
    Map<String, Object> invoke(String method, Map<String, Object> parameters);
}
