package org.jpsbackup;

/**
 * What a rotation keeps; every setter answers this object. What any of the numbers keeps stays, and the newest backup in any case; at least one
 * number must not be 0. Of a period the newest complete backup counts; periods without one do not count.
 */
public final class RotateOptions {
    final String bucket;
    final String name;
    final int keep;
    int keepDaily;
    int keepWeekly;
    int keepMonthly;
    int keepYearly;
    String mode;
    boolean dryRun;
    Catalog catalog;

    /**
     * @param name backups of exactly this name
     * @param keep so many of the newest complete backups stay; at least 1
     */
    public RotateOptions(String bucket, String name, int keep) {
        if (keep < 1) {
            throw refused(keep, "1 or more");
        }
        this.bucket = bucket;
        this.name = name;
        this.keep = keep;
    }

    /**
     * To keep by periods only.
     *
     * @param name backups of exactly this name
     */
    public RotateOptions(String bucket, String name) {
        this.bucket = bucket;
        this.name = name;
        this.keep = 0;
    }

    /** One of each of the last so many days (UTC) with a backup; default 0. */
    public RotateOptions keepDaily(int days) {
        keepDaily = counted(days);
        return this;
    }

    /** One of each of the last so many weeks (ISO 8601) with a backup; default 0. */
    public RotateOptions keepWeekly(int weeks) {
        keepWeekly = counted(weeks);
        return this;
    }

    /** One of each of the last so many months with a backup; default 0. */
    public RotateOptions keepMonthly(int months) {
        keepMonthly = counted(months);
        return this;
    }

    /** One of each of the last so many years with a backup; default 0. */
    public RotateOptions keepYearly(int years) {
        keepYearly = counted(years);
        return this;
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

    private static int counted(int number) {
        if (number < 0) {
            throw refused(number, "0 or more");
        }
        return number;
    }

    private static JpsBackupException refused(int number, String range) {
        return new JpsBackupException(JpsBackupException.Code.USAGE, "the number of backups to keep is " + number, "give " + range);
    }
}
