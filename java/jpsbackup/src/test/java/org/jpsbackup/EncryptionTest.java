package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jpsbackup.JpsBackupException.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncryptionTest {
    private static final String BUCKET = "bucket";
    private static final String RECIPIENT = "age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwka";
    private static final String IDENTITY = "AGE-SECRET-KEY-1K674DNC0DXXAFFGUXL2V0XSPG8H6WFU4PVUM87DA67SDAAYJUA2QVAWTMX";
    private static final String OTHER = "AGE-SECRET-KEY-1YSCT8Q2CYHEADCWTM3VKUX4FWJ59WSH4FK3ELA54U3PZQYRHZR4QEZ49CM";
    private static final byte[] CONTENT = "some content that nobody else reads".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;
    private Store store;

    @BeforeEach
    void open() throws IOException {
        store = Store.open("file://" + Files.createDirectory(directory.resolve("store")));
        store.makeBucket(BUCKET, null);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Map<String, Object> put(Encryption encryption) throws IOException {
        return store.upload(new ByteArrayInputStream(CONTENT), BUCKET, "object", new UploadOptions().replace(true).encryption(encryption),
                null);
    }

    private byte[] get(Decryption decryption) throws IOException {
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        store.download(BUCKET, "object", got, new DownloadOptions().decryption(decryption), null);
        return got.toByteArray();
    }

    private static Decryption by(String... identities) {
        Decryption decryption = new Decryption();
        for (String identity : identities) {
            decryption.identity(identity.toCharArray());
        }
        return decryption;
    }

    @Test
    void what_is_put_for_a_key_is_got_with_it_alone() throws IOException {
        try (Encryption encryption = Encryption.to(List.of(RECIPIENT)); Decryption right = by(OTHER, IDENTITY); Decryption wrong = by(OTHER)) {
            assertEquals("age", put(encryption).get("encryption"));
            assertArrayEquals(CONTENT, get(right));
            assertArrayEquals(CONTENT, get(right));
            assertEquals(Code.ACCESS, assertThrows(JpsBackupException.class, () -> get(wrong)).code());
        }
        assertTrue(new String(get(null), StandardCharsets.ISO_8859_1).startsWith("age-encryption.org/v1\n"));
    }

    @Test
    void what_is_put_with_a_passphrase_is_got_with_it_alone() throws IOException {
        try (Encryption encryption = Encryption.with("größe".toCharArray());
                Decryption right = new Decryption().passphrase("größe".toCharArray());
                Decryption wrong = new Decryption().passphrase("grösse".toCharArray())) {
            put(encryption);
            assertArrayEquals(CONTENT, get(right));
            assertEquals(Code.ACCESS, assertThrows(JpsBackupException.class, () -> get(wrong)).code());
        }
    }

    @Test
    void keys_that_are_none_are_refused_and_not_told() {
        JpsBackupException refused = assertThrows(JpsBackupException.class, () -> get(by(IDENTITY.substring(0, 70))));
        assertEquals(Code.USAGE, refused.code());
        assertFalse(refused.getMessage().contains(IDENTITY.substring(20, 40)));
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> put(Encryption.to(List.of("age1no")))).code());
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> put(Encryption.to(List.of()))).code());
        assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> get(new Decryption())).code());
    }

    @Test
    void closed_keys_are_refused() {
        Encryption encryption = Encryption.to(List.of(RECIPIENT));
        encryption.close();
        assertThrows(IllegalStateException.class, () -> put(encryption));
        Decryption decryption = by(IDENTITY);
        decryption.close();
        assertThrows(IllegalStateException.class, () -> get(decryption));
    }

    @Test
    void a_backup_is_made_verified_and_restored_with_its_keys() throws IOException {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.write(tree.resolve("file"), CONTENT);
        Backups backups = new Backups(store);
        BackupName name = new BackupName(BUCKET, "mine", "2026-01-02T03:04:00", "manual");
        BackupName latest = BackupName.latest(BUCKET, "mine");
        try (Encryption encryption = Encryption.to(List.of(RECIPIENT)); Decryption right = by(IDENTITY); Decryption wrong = by(OTHER)) {
            backups.backupDirectories(new BackupDirectoriesOptions(name, List.of(tree.toString())).encryption(encryption), null);
            assertEquals(true, first(backups.verify(latest, true, right, null)).get("decrypted"));
            assertEquals(false, first(backups.verify(latest, true, null)).get("decrypted"));
            assertEquals(Code.ACCESS, assertThrows(JpsBackupException.class, () -> backups.verify(latest, true, wrong, null)).code());
            Restore restore = new Restore(store);
            RestoreOptions options = new RestoreOptions(latest, directory.resolve("back").toString(), directory.resolve("journal").toString());
            assertEquals(Code.ACCESS, assertThrows(JpsBackupException.class, () -> restore.check(options, null)).code());
            assertEquals(Code.ACCESS, assertThrows(JpsBackupException.class, () -> restore.check(options.decryption(wrong), null)).code());
            restore.check(options.decryption(right), null);
            restore.restore(options, null);
            assertArrayEquals(CONTENT, Files.readAllBytes(directory.resolve("back/file")));
        }
    }

    private static Map<?, ?> first(Map<String, Object> account) {
        return (Map<?, ?>) ((List<?>) account.get("objects")).get(0);
    }
}
