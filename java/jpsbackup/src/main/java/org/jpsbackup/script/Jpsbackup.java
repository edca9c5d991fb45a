package org.jpsbackup.script;

import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jpsbackup.AwsSessionOptions;
import org.jpsbackup.AzureAccountOptions;
import org.jpsbackup.BackupDirectoriesOptions;
import org.jpsbackup.BackupName;
import org.jpsbackup.Backups;
import org.jpsbackup.BrowseOptions;
import org.jpsbackup.Catalog;
import org.jpsbackup.Compression;
import org.jpsbackup.Decryption;
import org.jpsbackup.DownloadOptions;
import org.jpsbackup.FilesOptions;
import org.jpsbackup.GrantOptions;
import org.jpsbackup.NativeLibrary;
import org.jpsbackup.Protection;
import org.jpsbackup.RebuildOptions;
import org.jpsbackup.Restore;
import org.jpsbackup.RestoreOptions;
import org.jpsbackup.RotateOptions;
import org.jpsbackup.SecretAnswer;
import org.jpsbackup.Store;
import org.jpsbackup.UploadOptions;

/**
 * What scripts call, as {@code Packages.org.jpsbackup.script.Jpsbackup.listBackups({store: {…}, bucket: …})}. Each call takes one object and
 * answers a map like the platform's own services: {@code result} 0 and the members that its comment names; or, on failure, {@code result}
 * (100 and the code's number), {@code code} (such as "not_found"), {@code error}, {@code hint}, {@code retryable}, {@code storeStatus},
 * and {@code account} where something was found before. No call throws. Members that a call does not know are refused.
 *
 * <p>{@code store} is {@code {url, endpoint?, region?, profile?, accessKey?, secretKey?, sessionToken?, accountKey?, sas?, tenant?, client?,
 * clientSecret?, caFile?, proxy?, tlsMinimum?, serverSideEncryption?, kmsKey?, storageClass?, checksums?, virtualHost?, singleWriter?}}, as in
 * {@link org.jpsbackup.StoreOptions}; {@code catalog} is {@code {store?, bucket, key}}, in the call's store where it names none. A member that ends in '?' here may be left
 * out; empty texts count as left out. {@code aws} is {@code {region?, endpoint?, profile?, accessKey?, secretKey?, sessionToken?, caFile?, proxy?,
 * tlsMinimum?}}, as in {@link org.jpsbackup.AwsOptions}, {@code azure} {@code {principal?, tenant?, client?, clientSecret?, subscription?, login?, manager?, caFile?,
 * proxy?, tlsMinimum?}}, as in {@link org.jpsbackup.AzureOptions}. {@code encryption} is {@code {passphrase?}} or {@code {recipients?}}, as in
 * {@link org.jpsbackup.Encryption}, {@code decryption} {@code {passphrase?, identities?}}, as in {@link org.jpsbackup.Decryption}; one that holds no
 * key is refused. Credentials and keys that were given appear in no answer.
 */
public final class Jpsbackup {
    private Jpsbackup() {
    }

    /** {@code {}} → {@code version}. */
    public static Map<String, Object> version(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            call.arguments().refuseOthers();
            answer.put("version", NativeLibrary.version());
        });
    }

    /** {@code {store, bucket}}: makes the bucket, or finds that it is there. */
    public static Map<String, Object> makeBucket(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String bucket = call.readStore().arguments().text("bucket");
            call.open().makeBucket(bucket, null);
        });
    }

    /** {@code {store, bucket}}: fails with "not_found" where the bucket is not there. */
    public static Map<String, Object> testBucket(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String bucket = call.readStore().arguments().text("bucket");
            call.open().testBucket(bucket, null);
        });
    }

    /** {@code {store, bucket, tags}}: replaces the bucket's tags, an object of texts. */
    public static Map<String, Object> tagBucket(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            Map<String, String> tags = members.facts("tags");
            call.open().tagBucket(bucket, tags, null);
        });
    }

    /** {@code {store, bucket}}: removes an empty bucket; fails with "conflict" where anything is in it. */
    public static Map<String, Object> deleteBucket(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String bucket = call.readStore().arguments().text("bucket");
            call.open().deleteBucket(bucket, null);
        });
    }

    /** {@code {store, bucket, key, toBucket?, toKey, replace?}}: within the store. */
    public static Map<String, Object> copyObject(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String key = members.text("key");
            String toBucket = members.optionalText("toBucket");
            String toKey = members.text("toKey");
            boolean replace = members.flag("replace");
            call.open().copy(bucket, key, toBucket == null ? bucket : toBucket, toKey, replace, null);
        });
    }

    /** {@code {store, directory, bucket, prefix, replace?, atOnce?}} → {@code account}, also on failure. The directory is this JVM's own. */
    public static Map<String, Object> putFiles(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String directory = members.text("directory");
            String bucket = members.text("bucket");
            String prefix = members.text("prefix");
            FilesOptions options = StoreArguments.files(members);
            answer.put("account", call.open().putFiles(directory, bucket, prefix, options, null));
        });
    }

    /** {@code {store, bucket, prefix, directory, replace?, atOnce?}} → {@code account}, also on failure. */
    public static Map<String, Object> getFiles(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String prefix = members.text("prefix");
            String directory = members.text("directory");
            FilesOptions options = StoreArguments.files(members);
            answer.put("account", call.open().getFiles(bucket, prefix, directory, options, null));
        });
    }

    /** {@code {store, bucket, prefix}} → {@code removed}: all objects whose keys begin with the prefix. */
    public static Map<String, Object> removePrefix(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String prefix = members.text("prefix");
            answer.put("removed", call.open().deletePrefix(bucket, prefix, null));
        });
    }

    /** {@code {store, bucket?, full?}} → {@code account}, which a failure holds too. */
    public static Map<String, Object> diagnoseStore(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.optionalText("bucket");
            boolean full = members.flag("full");
            answer.put("account", call.open().diagnose(bucket, full, null));
        });
    }

    /**
     * {@code {store, bucket, prefix?, olderThanHours?, dryRun?}} → {@code account}: aborts unfinished uploads of abandoned backups, or, with a prefix
     * and an age, all below it.
     */
    public static Map<String, Object> collectGarbage(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String prefix = members.optionalText("prefix");
            boolean dryRun = members.flag("dryRun");
            Duration age = prefix == null ? null : Duration.ofHours(members.number("olderThanHours", 1, 1_000_000));
            Backups backups = new Backups(call.open());
            answer.put("account", prefix == null ? backups.collectGarbage(bucket, dryRun, null)
                    : backups.collectGarbage(bucket, prefix, age, dryRun, null));
        });
    }

    /** {@code {store, bucket, key, seconds?, put?}} → {@code url}, a secret: who has it needs no credentials. */
    public static Map<String, Object> linkObject(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String key = members.text("key");
            int seconds = members.optionalNumber("seconds", 1, 604_800);
            boolean put = members.flag("put");
            answer.put("url", call.open().link(bucket, key, put, seconds, null));
        });
    }

    /**
     * {@code {store, bucket, read?, write?, writeSmall?, sizeMiB?, seconds?, role?, tokenEndpoint?}} → {@code credentials}, a secret: the content of a
     * credentials file that reaches these objects only. The first three are arrays of keys; {@code writeSmall} is for objects of at most
     * 5 MiB, {@code sizeMiB} what each that is to be written will have at most.
     */
    public static Map<String, Object> grantObjects(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            GrantOptions options = new GrantOptions().role(members.optionalText("role")).tokenEndpoint(members.optionalText("tokenEndpoint"))
                    .seconds(members.optionalNumber("seconds", 1, 604_800));
            keys(members, "read").forEach(options::read);
            long bytes = members.optionalText("sizeMiB") == null ? 0 : (long) members.number("sizeMiB", 1, Integer.MAX_VALUE) << 20;
            keys(members, "write").forEach(key -> options.write(key, bytes));
            keys(members, "writeSmall").forEach(key -> options.write(key, 1));
            answer.put("credentials", call.open().grant(bucket, options, null));
        });
    }

    private static List<String> keys(Arguments members, String name) {
        List<String> keys = members.optionalTexts(name);
        return keys == null ? List.of() : keys;
    }

    /**
     * {@code {store, bucket, name, timestamp?, mode?, lock?, lockDays?, legalHold?}} → {@code account}: the store keeps the backup against
     * removal; {@code lock} is "governance" or "compliance".
     */
    public static Map<String, Object> protectBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            BackupName name = StoreArguments.backupName(members);
            Protection protection = StoreArguments.protection(members);
            answer.put("account", new Backups(call.open()).protect(name, protection, null));
        });
    }

    /**
     * {@code {store, bucket, lock?, lockDays?, legalHold?}}: fails with "unsupported" where backups in the bucket cannot be
     * protected so, and with "not_found" where it is not there.
     */
    public static Map<String, Object> checkProtection(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            Protection protection = StoreArguments.protection(members);
            new Backups(call.open()).checkProtection(bucket, protection, null);
        });
    }

    /**
     * {@code {store, bucket, name, timestamp?, mode?, environment?, resume?}} → {@code claim}; to resume takes an abandoned backup over, and the
     * claim's {@code objects} are what it has.
     */
    public static Map<String, Object> beginBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            BackupName name = StoreArguments.backupName(members);
            Map<String, Object> environment = members.optionalFacts("environment");
            boolean resume = members.flag("resume");
            answer.put("claim", new Backups(call.open()).begin(name, environment, resume, null));
        });
    }

    /** {@code {store, bucket, claim, objects}} → {@code backup}, the seal. */
    public static Map<String, Object> completeBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            Map<String, Object> claim = members.object("claim");
            List<Map<String, Object>> objects = members.objects("objects");
            answer.put("backup", new Backups(call.open()).complete(bucket, claim, objects, null));
        });
    }

    /** {@code {store, bucket, claim}}. */
    public static Map<String, Object> discardBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            Map<String, Object> claim = members.object("claim");
            new Backups(call.open()).discard(bucket, claim, null);
        });
    }

    /** {@code {store, bucket, name?}} → {@code backups}, newest first. */
    public static Map<String, Object> listBackups(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String name = members.optionalText("name");
            answer.putAll(new Backups(call.open()).list(bucket, name, null));
        });
    }

    /** {@code {store, bucket, name, timestamp?, mode?, unfinished?}} → {@code backup}, the seal. */
    public static Map<String, Object> showBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            BackupName name = StoreArguments.backupName(members);
            boolean unfinished = members.flag("unfinished");
            answer.put("backup", new Backups(call.open()).show(name, unfinished, null));
        });
    }

    /**
     * {@code {store, bucket, name, timestamp?, mode?, full?, sample?, decryption?}} → {@code account}, which a failure by damage holds too; {@code sample} is a
     * share in percent.
     */
    public static Map<String, Object> verifyBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            BackupName name = StoreArguments.backupName(members);
            boolean full = members.flag("full");
            int percent = members.optionalNumber("sample", 1, 100);
            if (full && percent != 0) {
                throw members.refused("has both 'full' and 'sample'", "give one of them");
            }
            Decryption decryption = call.decryption();
            Backups backups = new Backups(call.open());
            answer.put("account", percent == 0 ? backups.verify(name, full, decryption, null) : backups.verifySample(name, percent, 0, null));
        });
    }

    /**
     * {@code {store, bucket, name, timestamp, mode, damaged?, catalog?}}. Nothing is removed as "the latest": both are required. {@code damaged} is
     * for backups that are listed so, and for no others.
     */
    public static Map<String, Object> removeBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().readCatalog().arguments();
            BackupName name = new BackupName(members.text("bucket"), members.text("name"), members.text("timestamp"), members.text("mode"));
            boolean damaged = members.flag("damaged");
            Store store = call.open();
            Backups backups = new Backups(store);
            if (damaged) {
                backups.removeDamaged(name, call.catalog(store), null);
            } else {
                backups.remove(name, call.catalog(store), null);
            }
        });
    }

    /**
     * {@code {store, bucket, name, keep?, keepDaily?, keepWeekly?, keepMonthly?, keepYearly?, mode?, catalog?, dryRun?}} → {@code kept, removed}; at
     * least one of the numbers is required.
     */
    public static Map<String, Object> rotateBackups(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().readCatalog().arguments();
            RotateOptions options = StoreArguments.rotation(members)
                    .mode(members.optionalText("mode"))
                    .dryRun(members.flag("dryRun"));
            Store store = call.open();
            answer.putAll(new Backups(store).rotate(options.catalog(call.catalog(store)), null));
        });
    }

    /** {@code {store, bucket, key}} → {@code backups}. */
    public static Map<String, Object> listCatalog(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String key = members.text("key");
            answer.putAll(new Catalog(call.open(), bucket, key).list(null));
        });
    }

    /**
     * {@code {store, buckets, catalog, dryRun?, forgetOthers?, replaceMalformed?}} → {@code account}: makes the catalog anew from the backups in
     * these buckets of the store.
     */
    public static Map<String, Object> rebuildCatalog(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().readCatalog().arguments();
            RebuildOptions options = new RebuildOptions(members.texts("buckets"))
                    .dryRun(members.flag("dryRun"))
                    .forgetOthers(members.flag("forgetOthers"))
                    .replaceMalformed(members.flag("replaceMalformed"));
            members.object("catalog");
            Store store = call.open();
            answer.put("account", call.catalog(store).rebuild(store, options, null));
        });
    }

    /** {@code {store, bucket, key, entry}}. */
    public static Map<String, Object> addToCatalog(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String key = members.text("key");
            Map<String, Object> entry = members.object("entry");
            new Catalog(call.open(), bucket, key).add(entry, null);
        });
    }

    /** {@code {store, bucket, key, name, timestamp, mode}}. */
    public static Map<String, Object> removeFromCatalog(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String key = members.text("key");
            String name = members.text("name");
            String timestamp = members.text("timestamp");
            String mode = members.text("mode");
            new Catalog(call.open(), bucket, key).remove(name, timestamp, mode, null);
        });
    }

    /** {@code {store, bucket, key, decompress?, description?, decryption?}} → {@code text}: an object of at most 16 MiB of UTF-8. */
    public static Map<String, Object> readObject(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String key = members.text("key");
            DownloadOptions options = new DownloadOptions()
                    .decompress(members.flag("decompress"))
                    .description(members.optionalObject("description"))
                    .decryption(call.decryption());
            TextSink sink = new TextSink();
            call.open().download(bucket, key, sink, options, null);
            answer.put("text", sink.text());
        });
    }

    /** {@code {store, bucket, key, text, compression?, replace?, encryption?}} → {@code object}, its description. */
    public static Map<String, Object> writeObject(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            String bucket = members.text("bucket");
            String key = members.text("key");
            byte[] bytes = members.content("text");
            UploadOptions options = new UploadOptions()
                    .compression(StoreArguments.compression(members, Compression.NONE))
                    .replace(members.flag("replace"))
                    .encryption(call.encryption());
            answer.put("object", call.open().upload(new ByteArrayInputStream(bytes), bucket, key, options, null));
        });
    }

    /**
     * {@code {store, bucket, name, timestamp?, mode?, directories, include?, exclude?, oneFileSystem?, strict?, noIndex?, resume?, compression?,
     * environment?, encryption?, catalog?}} → {@code backup}, the seal. The directories are this JVM's own.
     */
    public static Map<String, Object> backupDirectories(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().readCatalog().arguments();
            BackupDirectoriesOptions options =
                    new BackupDirectoriesOptions(StoreArguments.backupName(members), members.texts("directories"))
                            .include(members.optionalTexts("include"))
                            .exclude(members.optionalTexts("exclude"))
                            .oneFileSystem(members.flag("oneFileSystem"))
                            .index(!members.flag("noIndex"))
                            .resume(members.flag("resume"))
                            .strict(members.flag("strict"))
                            .compression(StoreArguments.compression(members, Compression.ZSTD), 0)
                            .environment(members.optionalFacts("environment"))
                            .encryption(call.encryption());
            Store store = call.open();
            answer.put("backup", new Backups(store).backupDirectories(options.catalog(call.catalog(store)), null));
        });
    }

    /**
     * {@code {store, bucket, name, timestamp?, mode?, object?, path?, decryption?}} → {@code members}, the first 10,000 of an archive that has an index, in its
     * order, and {@code more}: whether there are others. A member is {@code {path, type, bytes, mode, uid, gid, user?, group?, modified, link?,
     * trouble?}}; {@code type} is "file", "directory", "symbolic_link", "hard_link", "fifo", "character_device" or "block_device", {@code modified}
     * a time in ISO 8601.
     */
    public static Map<String, Object> browseBackup(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            BrowseOptions options = new BrowseOptions(StoreArguments.backupName(members))
                    .object(members.optionalText("object"))
                    .path(members.optionalText("path"))
                    .decryption(call.decryption());
            MemberList list = MemberList.of(new Backups(call.open()), options);
            answer.put("members", list.members());
            answer.put("more", list.more());
        });
    }

    /**
     * {@code {store, bucket, name, timestamp?, mode?, object?, target, journal, owner?, consumer?, paths?, inPlace?, keepOld?,
     * decryption?}} → {@code account}.
     */
    public static Map<String, Object> restore(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readStore().arguments();
            RestoreOptions options =
                    new RestoreOptions(StoreArguments.backupName(members), members.text("target"), members.text("journal"))
                            .object(members.optionalText("object"))
                            .owner(members.optionalText("owner"))
                            .consumer(members.optionalTexts("consumer"))
                            .paths(members.optionalTexts("paths"))
                            .inPlace(members.flag("inPlace"))
                            .keepOld(members.flag("keepOld"))
                            .decryption(call.decryption());
            answer.put("account", new Restore(call.open()).restore(options, null));
        });
    }

    /** {@code {aws?}} → {@code account}: whose keys these are. */
    public static Map<String, Object> awsIdentity(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> answer.put("account", call.readAws().openAws().identity(null)));
    }

    /** {@code {aws?, role?, name?, externalId?, policy?, seconds?}} → {@code credentials}, a secret: the content of a credentials file; {@code account}. */
    public static Map<String, Object> awsSession(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            AwsSessionOptions options = new AwsSessionOptions().role(members.optionalText("role")).name(members.optionalText("name"))
                    .externalId(members.optionalText("externalId")).policy(members.optionalObject("policy"))
                    .seconds(members.optionalNumber("seconds", 1, 129_600));
            tell(answer, "credentials", call.openAws().session(options, null));
        });
    }

    /** {@code {aws?, name}} → {@code secret}, its newest text; {@code account}. */
    public static Map<String, Object> awsSecret(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String name = call.readAws().arguments().text("name");
            tell(answer, "secret", call.openAws().secret(name, null));
        });
    }

    /** {@code {aws?, name, secret}} → {@code account}. */
    public static Map<String, Object> awsCreateSecret(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String name = call.readAws().arguments().text("name");
            char[] secret = call.secret("secret");
            answer.put("account", call.openAws().createSecret(name, secret, null));
        });
    }

    /** {@code {aws?, name}} → {@code exists}. */
    public static Map<String, Object> awsSecretExists(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String name = call.readAws().arguments().text("name");
            answer.put("exists", call.openAws().secretExists(name, null));
        });
    }

    /** {@code {aws?, name, atOnce?}}: AWS can bring it back for 30 days, unless it goes at once. */
    public static Map<String, Object> awsDeleteSecret(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            String name = members.text("name");
            boolean atOnce = members.flag("atOnce");
            call.openAws().deleteSecret(name, atOnce, null);
        });
    }

    /** {@code {aws?, user}} → {@code account}. */
    public static Map<String, Object> awsCreateUser(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String user = call.readAws().arguments().text("user");
            answer.put("account", call.openAws().createUser(user, null));
        });
    }

    /** {@code {aws?, user}} → {@code exists}. */
    public static Map<String, Object> awsUserExists(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String user = call.readAws().arguments().text("user");
            answer.put("exists", call.openAws().userExists(user, null));
        });
    }

    /** {@code {aws?, user, withOwn?}}: with its own keys and inline policies, or only a user that has none. */
    public static Map<String, Object> awsDeleteUser(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            String user = members.text("user");
            boolean withOwn = members.flag("withOwn");
            call.openAws().deleteUser(user, withOwn, null);
        });
    }

    /** {@code {aws?, user}} → {@code credentials}, a secret: the content of a credentials file; {@code account}. */
    public static Map<String, Object> awsCreateKey(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String user = call.readAws().arguments().text("user");
            tell(answer, "credentials", call.openAws().createKey(user, null));
        });
    }

    /** {@code {aws?, user, accessKey}} → {@code exists}. */
    public static Map<String, Object> awsKeyExists(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            String user = members.text("user");
            String accessKey = members.text("accessKey");
            answer.put("exists", call.openAws().keyExists(user, accessKey, null));
        });
    }

    /** {@code {aws?, user, accessKey}}. */
    public static Map<String, Object> awsDeleteKey(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            String user = members.text("user");
            String accessKey = members.text("accessKey");
            call.openAws().deleteKey(user, accessKey, null);
        });
    }

    /** {@code {aws?, user, name, policy}}: sets an inline policy, an object; one of this name is replaced. */
    public static Map<String, Object> awsPutPolicy(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            String user = members.text("user");
            String name = members.text("name");
            Map<String, Object> policy = members.object("policy");
            call.openAws().putPolicy(user, name, policy, null);
        });
    }

    /** {@code {aws?, user, name}} → {@code exists}. */
    public static Map<String, Object> awsPolicyExists(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            String user = members.text("user");
            String name = members.text("name");
            answer.put("exists", call.openAws().policyExists(user, name, null));
        });
    }

    /** {@code {aws?, user, name}}. */
    public static Map<String, Object> awsDeletePolicy(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAws().arguments();
            String user = members.text("user");
            String name = members.text("name");
            call.openAws().deletePolicy(user, name, null);
        });
    }

    /** {@code {azure?, name, group?}} → {@code exists, account}. */
    public static Map<String, Object> azureAccountExists(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            AzureAccountOptions which = AccountArguments.account(call.readAzure().arguments());
            Map<String, Object> account = call.openAzure().find(which, null);
            answer.put("exists", account.get("exists"));
            answer.put("account", account);
        });
    }

    /** {@code {azure?, name, group?, location, sku?, kind?}} → {@code account}: made, or found where it is there already. */
    public static Map<String, Object> azureCreateAccount(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAzure().arguments();
            AzureAccountOptions wish = AccountArguments.account(members).location(members.text("location"))
                    .sku(members.optionalText("sku")).kind(members.optionalText("kind"));
            answer.put("account", call.openAzure().create(wish, null));
        });
    }

    /** {@code {azure?, name, group?}}: deletes the account and all that lies in it. */
    public static Map<String, Object> azureDeleteAccount(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            AzureAccountOptions which = AccountArguments.account(call.readAzure().arguments());
            call.openAzure().delete(which, null);
        });
    }

    /** {@code {azure?, name}} → {@code available, account}: whether nobody has the name, and else why. */
    public static Map<String, Object> azureCheckAccountName(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            String name = call.readAzure().arguments().text("name");
            Map<String, Object> account = call.openAzure().checkName(name, null);
            answer.put("available", account.get("available"));
            answer.put("account", account);
        });
    }

    /** {@code {azure?, name, group?, key?}} → {@code key}, a secret; {@code account}: the key of this name, else "key1". */
    public static Map<String, Object> azureAccountKey(Object arguments) {
        return ScriptCall.answer(arguments, (call, answer) -> {
            Arguments members = call.readAzure().arguments();
            AzureAccountOptions which = AccountArguments.account(members);
            String name = members.optionalText("key");
            tell(answer, "key", call.openAzure().key(which, name, null));
        });
    }

    private static void tell(Map<String, Object> answer, String member, SecretAnswer told) {
        try (told) {
            answer.put(member, new String(told.secret()));
            answer.put("account", told.account());
        }
    }
}
