package org.jpsbackup.script;

import java.util.ArrayList;
import java.util.List;
import org.jpsbackup.BackupName;
import org.jpsbackup.Catalog;
import org.jpsbackup.Compression;
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
                .caFile(store.optionalText("caFile"))
                .serverSideEncryption(store.optionalText("serverSideEncryption"))
                .virtualHost(store.flag("virtualHost"));
        builder.credentials(store.optionalText("accessKey"), secret(store, "secretKey"));
        builder.sessionToken(secret(store, "sessionToken"));
        store.refuseOthers();
        options = builder.build();
    }

    Store open() {
        return Store.open(options);
    }

    List<String> secrets() {
        return secrets;
    }

    private char[] secret(Arguments store, String name) {
        String text = store.optionalText(name);
        if (text == null) {
            return null;
        }
        secrets.add(text);
        return text.toCharArray();
    }

    static BackupName backupName(Arguments arguments) {
        return new BackupName(arguments.text("bucket"), arguments.text("name"), arguments.optionalText("timestamp"),
                arguments.optionalText("mode"));
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
