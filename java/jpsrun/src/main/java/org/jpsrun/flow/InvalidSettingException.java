package org.jpsrun.flow;

/** What the user supplied does not fit the manifest's settings; nothing was started. */
public final class InvalidSettingException extends RuntimeException {
    private final String hint;

    InvalidSettingException(String message, String hint) {
        super(message);
        this.hint = hint;
    }

    /** What to do, or null. */
    public String hint() {
        return hint;
    }
}
