package org.jpsrun.manifest;

/** A manifest, or something it refers to, cannot be used. */
public final class ManifestException extends RuntimeException {
    private final Location location;
    private final String hint;
    private final boolean missing;

    private ManifestException(String message, Location location, String hint, boolean missing, Throwable cause) {
        super(message, cause);
        this.location = location;
        this.hint = hint;
        this.missing = missing;
    }

    /**
     * @param message lower case, values quoted, no full stop, without the place
     * @param location where in the manifest; null when there is no such place
     * @param hint what the user can do; null when there is nothing to say
     */
    public ManifestException(String message, Location location, String hint) {
        this(message, location, hint, false, null);
    }

    /** As the other constructor, with the exception that was the reason. */
    public ManifestException(String message, Location location, String hint, Throwable cause) {
        this(message, location, hint, false, cause);
    }

    /** A resource that does not exist, which some fields allow. */
    static ManifestException missing(String message, String hint) {
        return new ManifestException(message, null, hint, true, null);
    }

    /** Where in the manifest, or null. */
    public Location location() {
        return location;
    }

    /** What the user can do, or null. */
    public String hint() {
        return hint;
    }

    /** Whether the reason is that a resource does not exist. */
    public boolean isMissing() {
        return missing;
    }
}
