package org.jpsbackup;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Map;

/** Walks through all kinds of native calls and callbacks, for {@link CheckedJniTest}. Prints "walked" at its end. */
final class CheckedScenario {
    private CheckedScenario() {
    }

    public static void main(String[] arguments) throws IOException {
        Path directory = Paths.get(arguments[0]);
        Path source = Files.createDirectory(directory.resolve("source"));
        for (int i = 0; i < 100; i++) {
            Files.createFile(source.resolve("file" + i));
        }
        try (Store store = Store.open("file://" + Files.createDirectory(directory.resolve("store")));
                Operation operation = new Operation(0, progress -> progress.toString(), 1)) {
            store.makeBucket("bucket", operation);
            store.upload(new ByteArrayInputStream(new byte[20 << 20]), "bucket", "key", null, operation);
            store.download("bucket", "key", new ByteArrayOutputStream(), null, operation);
            for (int i = 0; i < 100; i++) {
                Files.createFile(directory.resolve("store/bucket/object" + i));
            }
            store.list("bucket", "", operation);
            store.list("bucket", new ListOptions().prefix("obj").versions(true), info -> info.version(), operation);
            failing(() -> store.link("bucket", "key", true, 60, operation));
            failing(() -> store.tagBucket("none", Map.of("project", "a", "owner", "b"), operation));
            failing(() -> new Backups(store).checkProtection("bucket", Protection.legalHold(), operation));
            failing(() -> new Backups(store).protect(BackupName.latest("bucket", "none"), Protection.legalHold(), operation));
            store.delete("bucket", Arrays.asList("object1", "object2", "none"), operation);
            store.putCommand(Arrays.asList("echo", "a"), "bucket", "command", null, operation);
            store.putTree(source.toString(), "bucket", "tree",
                    new UploadOptions().exclude(Arrays.asList("a", "b", "c")), operation);
            failing(() -> store.stat("bucket", "none", operation));
            failing(() -> store.upload(StreamsOfTests.throwing(3 << 20, new IOException("x")), "bucket", "other", null, operation));
            failing(() -> store.download("bucket", "key", StreamsOfTests.throwingOutput(10, new IllegalStateException("x")), null, operation));
            failing(() -> store.list("bucket", "", info -> {
                throw new IllegalArgumentException("x");
            }, operation));
            try (Operation listened = new Operation(0, progress -> {
                throw new IllegalStateException("x");
            }, 1)) {
                failing(() -> store.upload(new ByteArrayInputStream(new byte[20 << 20]), "bucket", "listened", null, listened));
            }
            failing(() -> Store.open("gopher://x"));
            failing(() -> new Operation(1, progress -> { }, 0));
            Backups backups = new Backups(store);
            Map<String, Object> claim = backups.begin(BackupName.latest("bucket", "prod"), Map.of("product", "dx"), operation);
            backups.complete("bucket", claim, Arrays.asList(store.upload(new ByteArrayInputStream(new byte[10]), "bucket",
                    claim.get("folder") + "/x.gz", null, operation)), operation);
            backups.list("bucket", null, operation);
            backups.verify(BackupName.latest("bucket", "prod"), false, operation);
            Files.delete(directory.resolve("store/bucket").resolve((String) claim.get("folder")).resolve("x.gz"));
            failing(() -> backups.verify(BackupName.latest("bucket", "prod"), true, operation));
            Catalog catalog = new Catalog(store, "bucket", "catalog");
            catalog.add(Map.of("name", "n", "timestamp", "2026-01-01T00:00:00", "mode", "auto"), operation);
            backups.rotate(new RotateOptions("bucket", "prod", 1).catalog(catalog), operation);
            failing(() -> new Restore(store).check(new RestoreOptions(BackupName.latest("bucket", "prod"), "relative", "j"), operation));
            BackupName tree = new BackupName("bucket", "tree", "2026-01-02T03:04:00", "manual");
            backups.backupDirectories(new BackupDirectoriesOptions(tree, Arrays.asList(source.toString())), operation);
            backups.browse(new BrowseOptions(tree), member -> member.toString(), operation);
            failing(() -> backups.browse(new BrowseOptions(tree), member -> {
                throw new IllegalStateException("x");
            }, operation));
            failing(() -> RevisionNode.read("/nowhere/revisionNode"));
        }
        askClouds();
        abandon();
        for (int i = 0; i < 5; i++) {
            System.gc();
        }
        System.out.println("walked");
    }

    private static void askClouds() throws IOException {
        try (FakeClouds clouds = new FakeClouds();
                AwsAccount aws = AwsAccount.open(clouds.aws());
                AzureAccounts azure = AzureAccounts.open(new AzureOptions().principal(clouds.principal().toCharArray()))) {
            aws.identity(null);
            aws.session(new AwsSessionOptions().policy(Map.of()), null).close();
            failing(() -> aws.secret("s", null));
            aws.createSecret("s", "text".toCharArray(), null);
            aws.secret("s", null).close();
            aws.secretExists("s", null);
            aws.deleteSecret("s", false, null);
            aws.createUser("u", null);
            aws.createKey("u", null).close();
            aws.keyExists("u", "AKNEW", null);
            aws.deleteKey("u", "AKNEW", null);
            aws.putPolicy("u", "p", Map.of(), null);
            aws.policyExists("u", "p", null);
            aws.deletePolicy("u", "p", null);
            aws.userExists("u", null);
            aws.deleteUser("u", false, null);
            failing(() -> AwsAccount.open(new AwsOptions().tlsMinimum("1.0")));
            AzureAccountOptions account = new AzureAccountOptions("jcprod1").location("westeurope");
            azure.checkName("jcprod1", null);
            azure.create(account, null);
            azure.find(account, null);
            azure.key(account, null, null).close();
            failing(() -> azure.key(account, "other", null));
            azure.delete(account, null);
            failing(() -> AzureAccounts.open(new AzureOptions().principal(new char[] {'{'})));
        }
    }

    private static void abandon() {
        for (int i = 0; i < 10; i++) {
            new Operation(progress -> { });
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void failing(Step step) {
        try {
            step.run();
        } catch (IOException | RuntimeException e) {
            return;
        }
        throw new AssertionError("a step that should fail did not");
    }
}
