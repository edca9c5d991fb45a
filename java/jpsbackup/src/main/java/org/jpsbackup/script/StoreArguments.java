package org.jpsbackup.script;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jpsbackup.BackupName;
import org.jpsbackup.Catalog;
import org.jpsbackup.Compression;
import org.jpsbackup.FilesOptions;
import org.jpsbackup.Protection;
import org.jpsbackup.RotateOptions;
import org.jpsbackup.Store;
import org.jpsbackup.StoreOptions;

/** What many calls' arguments have in common: a store and its credentials, a backup's name, a catalog. */
final class StoreArguments {
    private final StoreOptions options;
    /** The credentials as texts, so that no message repeats them. */
    private final List<String> secrets = new ArrayList<>();

    StoreArguments(Arguments store) {
        StoreOptions.Builder builder = StoreOptions.builder(store.text("url"))
                .endpoint(store.optionalText("endpoint"))
                .region(store.optionalText("region"))
                .profile(store.optionalText("profile"))
                .caFile(store.optionalText("caFile"))
                .proxy(store.optionalText("proxy"))
                .tlsMinimum(store.optionalText("tlsMinimum"))
                .serverSideEncryption(store.optionalText("serverSideEncryption"))
                .kmsKey(store.optionalText("kmsKey"))
                .storageClass(store.optionalText("storageClass"))
                .checksums(store.optionalText("checksums"))
                .singleWriter(store.flag("singleWriter"))
                .virtualHost(store.flag("virtualHost"));
        builder.credentials(store.optionalText("accessKey"), AccountArguments.secret(store, "secretKey", secrets));
        builder.sessionToken(AccountArguments.secret(store, "sessionToken", secrets));
        builder.accountKey(AccountArguments.secret(store, "accountKey", secrets));
        builder.sas(AccountArguments.secret(store, "sas", secrets));
        builder.servicePrincipal(store.optionalText("tenant"), store.optionalText("client"), AccountArguments.secret(store, "clientSecret", secrets));
        store.refuseOthers();
        options = builder.build();
    }

    Store open() {
        return Store.open(options);
    }

    List<String> secrets() {
        return secrets;
    }

    static BackupName backupName(Arguments arguments) {
        return new BackupName(arguments.text("bucket"), arguments.text("name"), arguments.optionalText("timestamp"),
                arguments.optionalText("mode"));
    }

    /** {@code replace?, atOnce?}. */
    static FilesOptions files(Arguments arguments) {
        return new FilesOptions()
                .replace(arguments.flag("replace"))
                .atOnce(arguments.optionalNumber("atOnce", 1, 128));
    }

    /** {@code bucket, name, keep?, keepDaily?, keepWeekly?, keepMonthly?, keepYearly?}; the library refuses to keep nothing. */
    static RotateOptions rotation(Arguments arguments) {
        String bucket = arguments.text("bucket");
        String name = arguments.text("name");
        int newest = arguments.optionalNumber("keep", 1, Integer.MAX_VALUE);
        RotateOptions options = newest == 0 ? new RotateOptions(bucket, name) : new RotateOptions(bucket, name, newest);
        return options.keepDaily(arguments.optionalNumber("keepDaily", 1, Integer.MAX_VALUE))
                .keepWeekly(arguments.optionalNumber("keepWeekly", 1, Integer.MAX_VALUE))
                .keepMonthly(arguments.optionalNumber("keepMonthly", 1, Integer.MAX_VALUE))
                .keepYearly(arguments.optionalNumber("keepYearly", 1, Integer.MAX_VALUE));
    }

    /** {@code lock, lockDays, legalHold?}, or {@code legalHold} alone. */
    static Protection protection(Arguments arguments) {
        String lock = arguments.optionalText("lock");
        boolean legalHold = arguments.flag("legalHold");
        if (lock == null && legalHold) {
            return Protection.legalHold();
        }
        if (!"governance".equals(lock) && !"compliance".equals(lock)) {
            throw arguments.wrongKind("lock", "one of 'governance', 'compliance'");
        }
        Instant until = Instant.now().plus(arguments.number("lockDays", 1, 36500), ChronoUnit.DAYS);
        Protection protection = "governance".equals(lock) ? Protection.governance(until) : Protection.compliance(until);
        return legalHold ? protection.withLegalHold() : protection;
    }

    static Compression compression(Arguments arguments, Compression fallback) {
        String name = arguments.optionalText("compression");
        if (name == null) {
            return fallback;
        }
        switch (name) {
            case "none":
                return Compression.NONE;
            case "zstd":
                return Compression.ZSTD;
            case "gzip":
                return Compression.GZIP;
            default:
                throw arguments.wrongKind("compression", "one of 'none', 'zstd', 'gzip'");
        }
    }

    /** A catalog's place: its own store, or the call's. */
    static final class CatalogPlace {
        /** {@code null} is the call's. */
        final StoreArguments store;
        private final String bucket;
        private final String key;

        CatalogPlace(Arguments catalog) {
            Arguments own = catalog.optionalNested("store");
            store = own == null ? null : new StoreArguments(own);
            bucket = catalog.text("bucket");
            key = catalog.text("key");
            catalog.refuseOthers();
        }

        Catalog in(Store opened) {
            return new Catalog(opened, bucket, key);
        }
    }
}
