package org.jpsrun.manifest;

/** Where something stands in a manifest's text. */
public final class Location {
    private final String file;
    private final int line;

    /**
     * @param file the file's name or URL as it is shown to the user
     * @param line from 1; 0 when the line is not known
     */
    public Location(String file, int line) {
        this.file = file;
        this.line = line;
    }

    /** The file's name or URL. */
    public String file() {
        return file;
    }

    /** The line from 1, or 0 when it is not known. */
    public int line() {
        return line;
    }

    @Override
    public String toString() {
        return line > 0 ? file + ":" + line : file;
    }
}
