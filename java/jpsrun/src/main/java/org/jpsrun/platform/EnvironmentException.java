package org.jpsrun.platform;

/** An environment cannot be made, run or reached. The message says what and where, the hint what to do. */
public final class EnvironmentException extends RuntimeException {
    private final String hint;

    /**
     * @param message lower case, values quoted, no full stop
     * @param hint what the user can do about it; null when there is nothing to say
     */
    public EnvironmentException(String message, String hint) {
        super(message);
        this.hint = hint;
    }

    /** As the other constructor, with the exception that was the reason. */
    public EnvironmentException(String message, String hint, Throwable cause) {
        super(message, cause);
        this.hint = hint;
    }

    /** What the user can do about it, or null. */
    public String hint() {
        return hint;
    }
}
