package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jpsbackup.JpsBackupException.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreTest {
    private static final String BUCKET = "bucket";

    @TempDir
    Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open("file://" + directory);
        store.makeBucket(BUCKET, null);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 20 << 20})
    void a_stream_comes_back_as_it_went(int count) throws IOException {
        byte[] bytes = StreamsOfTests.bytes(count);
        Map<String, Object> description = store.upload(new ByteArrayInputStream(bytes), BUCKET, "key", null, null);
        assertEquals((long) count, store.stat(BUCKET, "key", null).bytes());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Map<String, Object> account = store.download(BUCKET, "key", out, new DownloadOptions().description(description), null);
        assertArrayEquals(bytes, out.toByteArray());
        assertEquals(Boolean.TRUE, account.get("verified"), account::toString);
    }

    @Test
    void many_files_go_and_come_back(@TempDir Path files) throws IOException {
        Path from = Files.createDirectories(files.resolve("from/deep")).getParent();
        for (int i = 0; i < 20; i++) {
            Files.writeString(from.resolve(i % 2 == 0 ? "file" + i : "deep/file" + i), "content " + i);
        }
        Map<String, Object> put = store.putFiles(from.toString(), BUCKET, "some", null, null);
        assertEquals(20L, put.get("files"), put::toString);
        Path to = files.resolve("to");
        Map<String, Object> got = store.getFiles(BUCKET, "some/", to.toString(), new FilesOptions().atOnce(3), null);
        assertEquals(20L, got.get("files"), got::toString);
        assertEquals("content 7", Files.readString(to.resolve("deep/file7")));

        Files.delete(to.resolve("file2"));
        JpsBackupException failed = assertThrows(JpsBackupException.class, () -> store.getFiles(BUCKET, "some", to.toString(), null, null));
        assertEquals(Code.CONFLICT, failed.code(), failed::toString);
        assertEquals(19L, failed.account().get("failed"), () -> failed.account().toString());
        assertEquals("content 2", Files.readString(to.resolve("file2")), "one file's trouble kept another from coming");
        assertEquals(20L, store.getFiles(BUCKET, "some", to.toString(), new FilesOptions().replace(true), null).get("files"));

        assertEquals(20L, store.deletePrefix(BUCKET, "some/", null));
        assertEquals(List.of(), store.list(BUCKET, "", null));
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> store.deletePrefix(BUCKET, "", null)).code());
    }

    @Test
    void a_store_is_looked_at() {
        Map<String, Object> account = store.diagnose(BUCKET, false, null);
        assertEquals(0L, account.get("failed"), account::toString);
        assertTrue((Long) account.get("passed") >= 5, account::toString);
        assertEquals(List.of(), store.list(BUCKET, "", null), "the checks left something");
        JpsBackupException failed = assertThrows(JpsBackupException.class, () -> store.diagnose("missing", false, null));
        assertTrue((Long) failed.account().get("failed") > 0, () -> failed.account().toString());
    }

    @Test
    void what_writers_left_is_collected() throws IOException {
        Path left = directory.resolve(BUCKET).resolve(".jpsbackup-tmp-00112233445566778899aabbccddeeff");
        Files.writeString(left, "half");
        Files.setLastModifiedTime(left, java.nio.file.attribute.FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        Backups backups = new Backups(store);
        assertEquals(List.of(), backups.collectGarbage(BUCKET, true, null).get("aborted"));
        assertEquals(1, ((List<?>) backups.collectGarbage(BUCKET, "", Duration.ofHours(1), true, null).get("aborted")).size());
        assertTrue(Files.exists(left));
        backups.collectGarbage(BUCKET, "", Duration.ofHours(1), false, null);
        assertFalse(Files.exists(left));
    }

    @Test
    void what_a_file_store_cannot_do_is_said() {
        JpsBackupException link = assertThrows(JpsBackupException.class, () -> store.link(BUCKET, "key", false, 0, null));
        assertEquals(Code.UNSUPPORTED, link.code(), link::toString);
        JpsBackupException check = assertThrows(JpsBackupException.class,
                () -> new Backups(store).checkProtection(BUCKET, Protection.legalHold(), null));
        assertEquals(Code.UNSUPPORTED, check.code(), check::toString);
        JpsBackupException protect = assertThrows(JpsBackupException.class,
                () -> new Backups(store).protect(BackupName.latest(BUCKET, "none"), Protection.legalHold(), null));
        assertEquals(Code.NOT_FOUND, protect.code(), protect::toString);
    }

    @Test
    void options_hold_every_setting_and_open_one_store() {
        char[] secret = "secret".toCharArray();
        StoreOptions options = StoreOptions.builder("file://" + directory).endpoint("a").region("b").profile("c").credentials("d", secret)
                .sessionToken(secret).accountKey(secret).sas(secret).servicePrincipal("e", "f", secret).grants(secret).caFile("g").proxy("h")
                .tlsMinimum("1.3").serverSideEncryption("i").kmsKey("j").storageClass("k").checksums("auto").build();
        byte[][] settings = options.settings.take();
        for (StoreSetting setting : StoreSetting.values()) {
            assertTrue(settings[setting.ordinal()].length > 0, setting::toString);
        }
        assertEquals("secret", new String(secret));
        assertThrows(IllegalStateException.class, options.settings::take);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void compressed_bytes_come_back_plain(Compression compression) throws IOException {
        byte[] bytes = new byte[3 << 20];
        Arrays.fill(bytes, (byte) 'x');
        store.upload(new ByteArrayInputStream(bytes), BUCKET, "key", new UploadOptions().compression(compression), null);
        long stored = store.stat(BUCKET, "key", null).bytes();
        assertTrue(compression == Compression.NONE ? stored == bytes.length : stored < 100_000, () -> stored + " bytes are stored");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.download(BUCKET, "key", out, new DownloadOptions().decompress(true), null);
        assertArrayEquals(bytes, out.toByteArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "Größe", "バックアップ", "\uD83D\uDCBE.tar", "a/b c/\uD834\uDD1E"})
    void keys_keep_their_characters(String key) throws IOException {
        store.upload(new ByteArrayInputStream(new byte[] {1}), BUCKET, key, null, null);
        List<ObjectInfo> objects = store.list(BUCKET, "", null);
        assertEquals(1, objects.size());
        assertEquals(key, objects.get(0).key());
        assertEquals(key, store.stat(BUCKET, key, null).key());
        // Real UTF-8 on disk, not the JVM's modified form: 4 bytes for a supplementary character.
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        Process find = new ProcessBuilder("find", directory.toString(), "-type", "f").start();
        find.getInputStream().transferTo(names);
        assertTrue(new String(names.toByteArray(), StandardCharsets.UTF_8).contains(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "\uD83D", "\uDCBE\uD83D"})
    void texts_that_cannot_cross_unchanged_are_refused(String key) {
        JpsBackupException e = assertThrows(JpsBackupException.class, () -> store.stat(BUCKET, key, null));
        assertEquals(Code.USAGE, e.code());
    }

    @Test
    void listing_finds_what_has_the_prefix() throws IOException {
        for (String key : new String[] {"a/1", "a/2", "b/1"}) {
            store.upload(new ByteArrayInputStream(new byte[7]), BUCKET, key, null, null);
        }
        TreeSet<String> keys = new TreeSet<>();
        store.list(BUCKET, "a/", info -> {
            keys.add(info.key());
            assertEquals(7, info.bytes());
            assertTrue(Duration.between(info.modified(), Instant.now()).abs().toMinutes() < 5);
        }, null);
        assertEquals(new TreeSet<>(Arrays.asList("a/1", "a/2")), keys);
        store.delete(BUCKET, Arrays.asList("a/1", "a/2", "a/none"), null);
        assertEquals(1, store.list(BUCKET, "", null).size());
    }

    @Test
    void long_listings_are_whole() throws IOException {
        Path bucket = directory.resolve(BUCKET);
        for (int i = 0; i < 3000; i++) {
            Files.createFile(bucket.resolve("object" + i));
        }
        assertEquals(3000, store.list(BUCKET, "", null).size());
    }

    @Test
    void files_trees_and_commands_are_put() throws IOException {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Path file = Files.write(tree.resolve("file"), StreamsOfTests.bytes(5000));
        Files.write(tree.resolve("skipped.tmp"), new byte[10]);
        store.putFile(file.toString(), BUCKET, "file", null, null);
        assertEquals(5000, store.stat(BUCKET, "file", null).bytes());
        store.putTree(tree.toString(), BUCKET, "tree.tar", new UploadOptions().exclude(Arrays.asList("*.tmp")).strict(true), null);
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        store.download(BUCKET, "tree.tar", tar, null, null);
        String members = new String(tar.toByteArray(), StandardCharsets.ISO_8859_1);
        assertTrue(members.contains("tree/file"));
        assertFalse(members.contains("skipped.tmp"));
        store.putCommand(Arrays.asList("printf", "%s", "ünder"), BUCKET, "command", null, null);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.download(BUCKET, "command", out, null, null);
        assertEquals("ünder", Utf8.decode(out.toByteArray()));
    }

    @Test
    void a_command_that_fails_puts_nothing() {
        JpsBackupException e = assertThrows(JpsBackupException.class,
                () -> store.putCommand(Arrays.asList("sh", "-c", "echo half; echo broken >&2; exit 3"), BUCKET, "key", null, null));
        assertEquals(Code.PRODUCER, e.code());
        assertTrue(e.getMessage().contains("broken"), e::getMessage);
        assertTrue(store.list(BUCKET, "", null).isEmpty());
    }

    @Test
    void errors_carry_code_text_and_hint() throws IOException {
        JpsBackupException missing = assertThrows(JpsBackupException.class, () -> store.stat(BUCKET, "none", null));
        assertEquals(Code.NOT_FOUND, missing.code());
        assertEquals("not_found", missing.code().text());
        assertTrue(missing.getMessage().contains("none"), missing::getMessage);
        store.upload(new ByteArrayInputStream(new byte[1]), BUCKET, "key", null, null);
        JpsBackupException taken = assertThrows(JpsBackupException.class,
                () -> store.upload(new ByteArrayInputStream(new byte[2]), BUCKET, "key", null, null));
        assertEquals(Code.CONFLICT, taken.code());
        store.upload(new ByteArrayInputStream(new byte[2]), BUCKET, "key", new UploadOptions().replace(true), null);
        assertEquals(2, store.stat(BUCKET, "key", null).bytes());
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> Store.open("gopher://x")).code());
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> new Operation(1, null, 0)).code());
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class,
                () -> store.putFile("x", BUCKET, "k", new UploadOptions().strict(true), null)).code());
    }

    @Test
    void a_damaged_object_fails_by_its_description() throws IOException {
        Map<String, Object> description = store.upload(new ByteArrayInputStream(StreamsOfTests.bytes(100_000)), BUCKET, "key", null, null);
        Path object = directory.resolve(BUCKET).resolve("key");
        byte[] bytes = Files.readAllBytes(object);
        bytes[50_000] ^= 1;
        Files.write(object, bytes);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        JpsBackupException e = assertThrows(JpsBackupException.class,
                () -> store.download(BUCKET, "key", out, new DownloadOptions().description(description), null));
        assertEquals(Code.VERIFY, e.code());
    }

    @Test
    @SuppressWarnings("unchecked")
    void secrets_are_in_no_exception_and_wiped() throws ReflectiveOperationException {
        char[] secret = "wJalrXUtnFEMI/K7MDENG".toCharArray();
        StoreOptions options = StoreOptions.builder("s3://").endpoint("http://127.0.0.1:1").region("eu-west-1")
                .credentials("AKIDEXAMPLE", secret).sessionToken("token-of-session".toCharArray()).tries(1).build();
        Field kept = Settings.class.getDeclaredField("texts");
        kept.setAccessible(true);
        char[] copy = ((Map<StoreSetting, char[]>) kept.get(options.settings)).get(StoreSetting.SECRET_KEY);
        try (Store unreachable = Store.open(options)) {
            assertArrayEquals(new char[copy.length], copy);
            JpsBackupException e = assertThrows(JpsBackupException.class, () -> unreachable.stat(BUCKET, "key", null));
            assertEquals(Code.UNREACHABLE, e.code());
            String all = e + e.hint() + e.account();
            assertFalse(all.contains("wJalr") || all.contains("token-of-session"), all);
        }
        assertThrows(IllegalStateException.class, () -> Store.open(options));
        assertEquals("wJalrXUtnFEMI/K7MDENG", new String(secret), "the caller's own array is the caller's to wipe");
        char[] half = {'x', '\uD83D'};
        JpsBackupException e = assertThrows(JpsBackupException.class,
                () -> Store.open(StoreOptions.builder("s3://").credentials("AKIDEXAMPLE", half).build()));
        assertEquals("the secret key holds half of a surrogate pair", e.getMessage());
    }

    @Test
    void many_threads_share_a_store() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                int number = i;
                Callable<Boolean> work = () -> {
                    byte[] bytes = StreamsOfTests.bytes(number * 1000);
                    store.upload(new ByteArrayInputStream(bytes), BUCKET, "key" + number, null, null);
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    store.download(BUCKET, "key" + number, out, null, null);
                    return Arrays.equals(bytes, out.toByteArray());
                };
                results.add(threads.submit(work));
            }
            for (Future<Boolean> result : results) {
                assertTrue(result.get());
            }
        } finally {
            threads.shutdown();
        }
        assertEquals(64, store.list(BUCKET, "", null).size());
    }

    @Test
    void revisions_are_unsigned() {
        String file = Paths.get(directory.toString(), "revisionNode").toString();
        RevisionNode.write(file, -2);
        assertEquals("18446744073709551614", Long.toUnsignedString(RevisionNode.read(file)));
        assertEquals(Code.NOT_FOUND, assertThrows(JpsBackupException.class, () -> RevisionNode.read(file + "x")).code());
    }
}
