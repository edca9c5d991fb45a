package org.jpsbackup;

/** What a rotation keeps; every setter answers this object. */
public final class RotateOptions {
    final String bucket;
    final String name;
    final int keep;
    String mode;
    boolean dryRun;
    Catalog catalog;

    /**
     * @param name backups of exactly this name
     * @param keep so many of the newest complete backups stay; at least 1
     */
    public RotateOptions(String bucket, String name, int keep) {
        if (keep < 1) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "the number of backups to keep is " + keep, "give 1 or more");
        }
        this.bucket = bucket;
        this.name = name;
        this.keep = keep;
    }

    /** Default "auto". */
    public RotateOptions mode(String mode) {
        this.mode = mode;
        return this;
    }

    /** Only says what would be removed. */
    public RotateOptions dryRun(boolean dryRun) {
        this.dryRun = dryRun;
        return this;
    }

    /** The catalog that the removed ones are struck from; default none. */
    public RotateOptions catalog(Catalog catalog) {
        this.catalog = catalog;
        return this;
    }
}
