package org.jpsbackup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** How a catalog is made anew; every setter answers this object. */
public final class RebuildOptions {
    final List<String> buckets;
    boolean dryRun;
    boolean forgetOthers;
    boolean replaceMalformed;

    /** @param buckets their complete backups, old ones too, get entries */
    public RebuildOptions(Collection<String> buckets) {
        this.buckets = new ArrayList<>(buckets);
    }

    /** Only tells the difference. */
    public RebuildOptions dryRun(boolean dryRun) {
        this.dryRun = dryRun;
        return this;
    }

    /** The buckets are all that the catalog is about: entries of backups elsewhere go, too. */
    public RebuildOptions forgetOthers(boolean forgetOthers) {
        this.forgetOthers = forgetOthers;
        return this;
    }

    /** A catalog that cannot be understood is kept beside the new one, and replaced; default: it is an error. */
    public RebuildOptions replaceMalformed(boolean replaceMalformed) {
        this.replaceMalformed = replaceMalformed;
        return this;
    }
}
