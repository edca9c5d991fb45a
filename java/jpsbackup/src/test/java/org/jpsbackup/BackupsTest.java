package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jpsbackup.JpsBackupException.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupsTest {
    private static final String BUCKET = "jcprod1euwest1";
    private static final String CATALOG_KEY = "1_backup_metadata.json";
    private static final String NAME = "größe-\uD83D\uDCBE";
    private static final String TIME = "2026-01-02T03:04:00";

    @TempDir
    Path directory;
    private Store store;
    private Store catalogStore;
    private Backups backups;
    private Catalog catalog;

    @BeforeEach
    void open() throws IOException {
        store = Store.open("file://" + Files.createDirectory(directory.resolve("store")));
        catalogStore = Store.open("file://" + Files.createDirectory(directory.resolve("catalog-store")));
        backups = new Backups(store);
        catalog = new Catalog(catalogStore, "jcprodbackupmetadata", CATALOG_KEY);
    }

    @AfterEach
    void close() {
        store.close();
        catalogStore.close();
    }

    private Map<String, Object> put(Map<String, Object> claim, String object, byte[] bytes) throws IOException {
        return store.upload(new ByteArrayInputStream(bytes), BUCKET, claim.get("folder") + "/" + object,
                new UploadOptions().compression(Compression.GZIP), null);
    }

    private Map<String, Object> backUp(String name, String timestamp, String mode) throws IOException {
        Map<String, Object> claim = backups.begin(new BackupName(BUCKET, name, timestamp, mode), Map.of("product", "dx"), null);
        return backups.complete(BUCKET, claim, List.of(put(claim, "jahia-env-vars.gz", new byte[100])), null);
    }

    private static List<?> listOf(Map<String, Object> account, String name) {
        return (List<?>) account.get(name);
    }

    @Test
    void a_backup_is_begun_completed_listed_and_verified() throws IOException {
        Map<String, Object> seal = backUp(NAME, TIME, "auto");
        assertEquals(NAME, seal.get("name"));
        Map<String, Object> shown = backups.show(BackupName.latest(BUCKET, NAME), false, null);
        assertEquals(TIME, shown.get("timestamp"));
        Map<?, ?> listed = (Map<?, ?>) listOf(backups.list(BUCKET, NAME, null), "backups").get(0);
        assertEquals("complete", listed.get("state"));
        assertEquals(1, listOf(backups.list(BUCKET, null, null), "backups").size());
        backups.verify(BackupName.latest(BUCKET, NAME), true, null);
        assertEquals(Code.CONFLICT, assertThrows(JpsBackupException.class, () -> backUp(NAME, TIME, "auto")).code());
    }

    @Test
    void damage_is_told_with_an_account() throws IOException {
        backUp("prod", TIME, "auto");
        Path object = directory.resolve("store").resolve(BUCKET).resolve("prod_" + TIME + "_auto/jahia-env-vars.gz");
        byte[] bytes = Files.readAllBytes(object);
        bytes[bytes.length / 2] ^= 1;
        Files.write(object, bytes);
        JpsBackupException e =
                assertThrows(JpsBackupException.class, () -> backups.verify(BackupName.latest(BUCKET, "prod"), true, null));
        assertEquals(Code.VERIFY, e.code());
        assertTrue(e.account().toString().contains("jahia-env-vars.gz"), e.account()::toString);
    }

    @Test
    void a_sample_reads_the_same_parts_for_the_same_seed() throws IOException {
        backUp("prod", TIME, "auto");
        BackupName name = BackupName.latest(BUCKET, "prod");
        Map<String, Object> account = backups.verifySample(name, 10, 42, null);
        assertEquals(List.of("sample", 10L, 42L), List.of(account.get("how"), account.get("percent"), account.get("seed")));
        assertEquals(1L, ((Map<?, ?>) listOf(account, "objects").get(0)).get("parts_read"));
        assertEquals("quick", backups.verify(name, false, null).get("how"));
        for (int percent : new int[] {0, 101, -1}) {
            assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> backups.verifySample(name, percent, 0, null)).code());
        }
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> backups.verifySample(name, 1, -1, null)).code());
    }

    /** As if its owner had written nothing for an hour. */
    private void abandon(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("store").resolve(BUCKET).resolve(folder))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
            }
        }
    }

    @Test
    void an_abandoned_backup_is_resumed_with_what_it_has() throws IOException {
        BackupName name = new BackupName(BUCKET, "prod", TIME, "manual");
        assertEquals(Code.NOT_FOUND, assertThrows(JpsBackupException.class, () -> backups.begin(name, null, true, null)).code());
        Map<String, Object> first = backups.begin(name, Map.of("product", "dx"), null);
        assertEquals(List.of(), first.get("objects"));
        assertEquals(Code.CONFLICT, assertThrows(JpsBackupException.class, () -> backups.begin(name, null, true, null)).code());
        abandon((String) first.get("folder"));
        Map<String, Object> second = backups.begin(name, null, true, null);
        assertNotEquals(first.get("owner"), second.get("owner"));
        assertEquals(Code.CONFLICT, assertThrows(JpsBackupException.class, () -> backups.discard(BUCKET, first, null)).code());
        Map<String, Object> seal = backups.complete(BUCKET, second, List.of(put(second, "a.gz", new byte[10])), null);
        assertEquals(Map.of("product", "dx"), seal.get("environment"));
    }

    @Test
    void directories_are_resumed_included_and_indexed_as_told() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data"));
        Files.write(data.resolve("kept.txt"), new byte[10]);
        Files.write(data.resolve("other"), new byte[10]);
        BackupName name = new BackupName(BUCKET, "prod", TIME, "manual");
        abandon((String) backups.begin(name, null, null).get("folder"));
        BackupDirectoriesOptions options = new BackupDirectoriesOptions(name, List.of(data.toString())).include(List.of("*.txt"))
                .oneFileSystem(true).index(false);
        assertEquals(Code.CONFLICT, assertThrows(JpsBackupException.class, () -> backups.backupDirectories(options, null)).code());
        Map<?, ?> bare = (Map<?, ?>) listOf(backups.backupDirectories(options.resume(true), null), "objects").get(0);
        assertFalse(bare.containsKey("index"));
        Path back = directory.resolve("back");
        new Restore(store).restore(new RestoreOptions(name, back.toString(), directory.resolve("journal").toString()), null);
        assertTrue(Files.exists(back.resolve("kept.txt")) && !Files.exists(back.resolve("other")));
        Map<String, Object> indexed = store.putTree(data.toString(), BUCKET, "tree.tar.zst", new UploadOptions()
                .compression(Compression.ZSTD).index(true).include(List.of("other")).oneFileSystem(true), null);
        assertTrue(indexed.containsKey("index"), indexed::toString);
        for (UploadOptions ofTrees : List.of(new UploadOptions().index(true), new UploadOptions().include(List.of("x")),
                new UploadOptions().oneFileSystem(true))) {
            assertEquals(Code.USAGE, assertThrows(JpsBackupException.class,
                    () -> store.upload(new ByteArrayInputStream(new byte[1]), BUCKET, "k", ofTrees, null)).code());
        }
    }

    @Test
    void members_are_browsed_and_some_are_restored() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data/folder"));
        Files.write(data.resolve("größe"), new byte[10]);
        Files.setLastModifiedTime(data.resolve("größe"), FileTime.from(Instant.parse("2020-01-02T03:04:05.678Z")));
        Files.createSymbolicLink(data.resolveSibling("link"), Path.of("folder"));
        BackupName name = new BackupName(BUCKET, "prod", TIME, "manual");
        backups.backupDirectories(new BackupDirectoriesOptions(name, List.of(data.getParent().toString())), null);
        Map<String, Member> members = new HashMap<>();
        BrowseOptions options = new BrowseOptions(name);
        assertEquals(4L, backups.browse(options, member -> members.put(member.path(), member), null).get("members"));
        assertEquals(Set.of("", "folder", "folder/größe", "link"), members.keySet());
        Member file = members.get("folder/größe");
        assertEquals(List.of(Member.Type.FILE, 10L, Instant.parse("2020-01-02T03:04:05.678Z")),
                List.of(file.type(), file.bytes(), file.modified()));
        assertEquals(Files.getAttribute(data.resolve("größe"), "unix:uid"), (int) file.uid());
        assertEquals((int) Files.getAttribute(data.resolve("größe"), "unix:mode") & 07777, file.mode());
        assertEquals(List.of(Member.Type.SYMBOLIC_LINK, "folder"), List.of(members.get("link").type(), members.get("link").link()));
        assertEquals(Member.Type.DIRECTORY, members.get("").type());
        members.clear();
        backups.browse(options.path("folder/größe").object("data.tar.zst"), member -> members.put(member.path(), member), null);
        assertEquals(Set.of("folder/größe"), members.keySet());
        assertThrows(ArithmeticException.class, () -> backups.browse(options, member -> {
            throw new ArithmeticException();
        }, null));
        assertEquals(Code.NOT_FOUND, assertThrows(JpsBackupException.class, () -> backups.browse(options.path("none"), member -> { }, null)).code());

        Path back = directory.resolve("back");
        String journal = directory.resolve("journal").toString();
        Restore restore = new Restore(store);
        restore.restore(new RestoreOptions(name, back.toString(), journal).paths(List.of("folder")), null);
        assertTrue(Files.exists(back.resolve("folder/größe")) && !Files.exists(back.resolve("link"), LinkOption.NOFOLLOW_LINKS));
        Files.write(back.resolve("mine"), new byte[1]);
        Path old = Path.of((String) restore.restore(new RestoreOptions(name, back.toString(), journal).keepOld(true), null).get("old"));
        assertTrue(Files.exists(old.resolve("mine")) && !Files.exists(back.resolve("mine")));
        RestoreOptions inPlace = new RestoreOptions(name, back.toString(), journal).inPlace(true);
        assertEquals("in-place", restore.check(inPlace, null).get("method"));
        restore.restore(inPlace, null);
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> restore.stage(inPlace, null)).code());
    }

    private static List<Object> timestamps(Map<String, Object> account, String name) {
        List<Object> timestamps = new ArrayList<>();
        for (Object entry : listOf(account, name)) {
            timestamps.add(((Map<?, ?>) entry).get("timestamp"));
        }
        return timestamps;
    }

    @Test
    void rotation_keeps_one_of_each_period() throws IOException {
        for (String day : List.of("2024-06-01", "2025-12-28", "2026-01-03", "2026-01-04", "2026-02-02")) {
            backUp("prod", day + "T00:00:00", "auto");
            backUp("prod", day + "T12:00:00", "auto");
        }
        String newest = "2026-02-02T12:00:00";
        assertEquals(List.of(newest, "2026-01-04T12:00:00"), keptBy(rotation().keepDaily(2)));
        assertEquals(List.of(newest, "2026-01-04T12:00:00", "2025-12-28T12:00:00"), keptBy(rotation().keepWeekly(3)));
        assertEquals(List.of(newest, "2026-01-04T12:00:00", "2025-12-28T12:00:00", "2024-06-01T12:00:00"), keptBy(rotation().keepMonthly(4)));
        assertEquals(List.of(newest, "2025-12-28T12:00:00", "2024-06-01T12:00:00"), keptBy(rotation().keepYearly(3)));
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> keptBy(rotation())).code());
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> rotation().keepDaily(-1)).code());
    }

    private static RotateOptions rotation() {
        return new RotateOptions(BUCKET, "prod");
    }

    private List<Object> keptBy(RotateOptions options) {
        return timestamps(backups.rotate(options.dryRun(true), null), "kept");
    }

    @Test
    void damaged_backups_are_removed_as_such() throws IOException {
        backUp("prod", TIME, "auto");
        BackupName name = new BackupName(BUCKET, "prod", TIME, "auto");
        assertEquals(Code.STATE, assertThrows(JpsBackupException.class, () -> backups.removeDamaged(name, catalog, null)).code());
        Files.write(directory.resolve("store").resolve(BUCKET).resolve("prod_" + TIME + "_auto/backup.json"), new byte[] {'{'});
        assertEquals("damaged", ((Map<?, ?>) listOf(backups.list(BUCKET, "prod", null), "backups").get(0)).get("state"));
        assertThrows(JpsBackupException.class, () -> backups.remove(name, catalog, null));
        backups.removeDamaged(name, catalog, null);
        assertEquals(List.of(), listOf(backups.list(BUCKET, null, null), "backups"));
    }

    @Test
    void a_catalog_is_made_anew_from_the_backups() throws IOException {
        backUp("prod", TIME, "auto");
        RebuildOptions options = new RebuildOptions(List.of(BUCKET));
        assertEquals(List.of(TIME), timestamps(catalog.rebuild(store, options.dryRun(true), null), "added"));
        assertEquals(List.of(), listOf(catalog.list(null), "backups"));
        catalog.rebuild(store, options.dryRun(false), null);
        assertEquals(List.of(TIME), timestamps(catalog.list(null), "backups"));
        Files.write(directory.resolve("catalog-store/jcprodbackupmetadata").resolve(CATALOG_KEY), new byte[] {'['});
        assertEquals(Code.FORMAT, assertThrows(JpsBackupException.class, () -> catalog.rebuild(store, options, null)).code());
        assertEquals(true, catalog.rebuild(store, options.replaceMalformed(true), null).get("malformed"));
        assertEquals(List.of(TIME), timestamps(catalog.list(null), "backups"));
    }

    @Test
    void a_discarded_backup_is_gone() throws IOException {
        Map<String, Object> claim = backups.begin(new BackupName(BUCKET, "prod", TIME, null), null, null);
        assertEquals("manual", claim.get("mode"));
        put(claim, "a.gz", new byte[10]);
        backups.discard(BUCKET, claim, null);
        assertTrue(store.list(BUCKET, "", null).isEmpty());
    }

    @Test
    void rotation_keeps_the_newest_and_strikes_the_catalog() throws IOException {
        for (int day = 1; day <= 4; day++) {
            String timestamp = "2026-01-0" + day + "T00:00:00";
            backUp("prod", timestamp, "auto");
            catalog.add(Map.of("name", "prod", "timestamp", timestamp, "mode", "auto", "size", 1), null);
        }
        backUp("my-prod", TIME, "auto");
        RotateOptions options = new RotateOptions(BUCKET, "prod", 2).catalog(catalog);
        Map<String, Object> dry = backups.rotate(options.dryRun(true), null);
        assertEquals(2, listOf(dry, "removed").size());
        assertEquals(5, listOf(backups.list(BUCKET, null, null), "backups").size());
        backups.rotate(options.dryRun(false), null);
        assertEquals(3, listOf(backups.list(BUCKET, null, null), "backups").size());
        assertEquals(2, listOf(catalog.list(null), "backups").size());
        backups.remove(new BackupName(BUCKET, "prod", "2026-01-04T00:00:00", "auto"), catalog, null);
        assertEquals(1, listOf(catalog.list(null), "backups").size());
        catalog.remove("prod", "2026-01-03T00:00:00", "auto", null);
        catalog.remove("prod", "2026-01-03T00:00:00", "auto", null);
        assertEquals(0, listOf(catalog.list(null), "backups").size());
        assertThrows(JpsBackupException.class, () -> new RotateOptions(BUCKET, "prod", 0));
    }

    @Test
    void catalog_entries_keep_their_numbers() {
        catalog.add(Map.of("name", NAME, "timestamp", TIME, "mode", "auto", "size", 1L << 40), null);
        Map<?, ?> entry = (Map<?, ?>) listOf(catalog.list(null), "backups").get(0);
        assertEquals(1L << 40, entry.get("size"));
        assertEquals(NAME, entry.get("name"));
    }

    @Test
    void a_directory_is_backed_up_and_restored() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data"));
        byte[] bytes = StreamsOfTests.bytes(3 << 20);
        Files.write(data.resolve("Datei"), bytes);
        Files.write(data.resolve("x.tmp"), bytes);
        BackupName name = new BackupName(BUCKET, "prod", TIME, "manual");
        backups.backupDirectories(new BackupDirectoriesOptions(name, Collections.singletonList(data.toString()))
                .exclude(Arrays.asList("*.tmp")).strict(true).environment(Map.of("uid", "1")).catalog(catalog), null);
        assertEquals(1, listOf(catalog.list(null), "backups").size());
        Files.write(data.resolve("Datei"), new byte[] {1});
        Files.write(data.resolve("later"), new byte[] {1});

        Restore restore = new Restore(store);
        String journal = directory.resolve("journal").toString();
        RestoreOptions options = new RestoreOptions(name, data.toString(), journal);
        restore.check(options, null);
        restore.stage(options, null);
        assertEquals(1, Files.size(data.resolve("Datei")));
        Restore.swap(journal, null);
        assertArrayEquals(bytes, Files.readAllBytes(data.resolve("Datei")));
        Restore.undo(journal, null);
        assertTrue(Files.exists(data.resolve("later")));

        restore.restore(new RestoreOptions(name, data.toString(), directory.resolve("journal2").toString()), null);
        assertArrayEquals(bytes, Files.readAllBytes(data.resolve("Datei")));
        assertFalse(Files.exists(data.resolve("later")) || Files.exists(data.resolve("x.tmp")));
        Restore.commit(directory.resolve("journal2").toString(), false, null);
    }
}
