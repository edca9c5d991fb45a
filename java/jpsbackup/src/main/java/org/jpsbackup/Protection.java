package org.jpsbackup;

import java.time.Instant;

/** What has the store keep a finished backup against removal (S3's object lock). */
public final class Protection {
    final int retention;
    final long until;
    final boolean legalHold;

    private Protection(int retention, long until, boolean legalHold) {
        this.retention = retention;
        this.until = until;
        this.legalHold = legalHold;
    }

    /** Until then, against all but those with a special right. */
    public static Protection governance(Instant until) {
        return new Protection(1, until.getEpochSecond(), false);
    }

    /** Until then, against everybody. */
    public static Protection compliance(Instant until) {
        return new Protection(2, until.getEpochSecond(), false);
    }

    /** The same, and a hold as by {@link #legalHold}. */
    public Protection withLegalHold() {
        return new Protection(retention, until, true);
    }

    /** Until the hold is taken away. */
    public static Protection legalHold() {
        return new Protection(0, 0, true);
    }
}
