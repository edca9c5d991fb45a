package org.jpsbackup.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;

/** The facade as a manifest's script calls it, from Rhino. */
class JpsbackupTest {
    private static final String SECRET = "wJalrXUtnFEMI-K7MDENG";
    private static final String RECIPIENT = "age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwka";
    private static final String IDENTITY = "AGE-SECRET-KEY-1K674DNC0DXXAFFGUXL2V0XSPG8H6WFU4PVUM87DA67SDAAYJUA2QVAWTMX";

    @TempDir
    Path directory;

    @BeforeEach
    void makeStore() throws IOException {
        Files.createDirectory(directory.resolve("store"));
    }

    /** Evaluates a function's body with {@code J} as the facade and {@code store} as a store in the test's directory. */
    private Object evaluate(String body) {
        Context context = Context.enter();
        try {
            context.setLanguageVersion(Context.VERSION_ES6);
            Scriptable scope = context.initStandardObjects();
            ScriptableObject.putProperty(scope, "directory", Context.javaToJS(directory.toString(), scope));
            // The directory is joined in the script, so the url is one of Rhino's own texts and no java.lang.String.
            String script = "(function () { var J = Packages.org.jpsbackup.script.Jpsbackup;"
                    + "var store = {url: 'file://' + directory + '/store', secretKey: undefined};" + body + "})()";
            return Context.jsToJava(context.evaluateString(scope, script, "manifest", 1, null), Object.class);
        } finally {
            Context.exit();
        }
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> answer(String body) {
        return (Map<String, Object>) evaluate(body);
    }

    private Map<String, Object> succeeds(String body) {
        Map<String, Object> answer = answer(body);
        assertEquals(0L, answer.get("result"), answer::toString);
        assertOnlyPlainValues(answer);
        return answer;
    }

    private Map<String, Object> fails(String code, String body) {
        Map<String, Object> answer = answer(body);
        assertEquals(code, answer.get("code"), answer::toString);
        assertOnlyPlainValues(answer);
        return answer;
    }

    private static void assertOnlyPlainValues(Object value) {
        if (value instanceof Map) {
            ((Map<?, ?>) value).forEach((name, member) -> {
                assertEquals(String.class, name.getClass());
                assertOnlyPlainValues(member);
            });
        } else if (value instanceof List) {
            ((List<?>) value).forEach(JpsbackupTest::assertOnlyPlainValues);
        } else {
            assertTrue(value == null || value instanceof String || value instanceof Long || value instanceof Boolean || value instanceof Double,
                    () -> value + " is of " + value.getClass());
        }
    }

    @Test
    void the_version_needs_no_store() {
        assertTrue(((String) succeeds("return J.version({});").get("version")).matches("[0-9]+\\.[0-9]+\\.[0-9]+"));
        assertTrue(((String) succeeds("return J.version(null);").get("version")).matches("[0-9]+\\.[0-9]+\\.[0-9]+"));
    }

    @Test
    void a_whole_backup_is_driven_by_a_script() {
        Map<String, Object> last = succeeds(
                "var bucket = 'jcprod1', at = {store: store, bucket: bucket};"
                + "var begun = J.beginBackup({store: store, bucket: bucket, name: 'pro' + 'd', timestamp: '2026-01-02T03:04:00', mode: 'auto',"
                + "                          environment: {product: 'dx', uid: 21135, envname: 'über'}});"
                + "if (begun.get('result') != 0) return begun;"
                + "var claim = begun.get('claim');"
                + "var put = J.writeObject({store: store, bucket: bucket, key: claim.get('folder') + '/jahia-env-vars.gz', text: 'a=ü\\n',"
                + "                        compression: 'gzip'});"
                + "if (put.get('result') != 0) return put;"
                + "var done = J.completeBackup({store: store, bucket: bucket, claim: claim, objects: [put.get('object')]});"
                + "if (done.get('result') != 0) return done;"
                + "var added = J.addToCatalog({store: store, bucket: 'meta', key: '1.json', entry: {name: 'prod', timestamp: "
                + "                           '2026-01-02T03:04:00', mode: 'auto', size: 5e9, list: [1, 'x', true, null, {a: 1.5}]}});"
                + "if (added.get('result') != 0) return added;"
                + "var verified = J.verifyBackup({store: store, bucket: bucket, name: 'prod', full: true});"
                + "if (verified.get('result') != 0) return verified;"
                + "return J.showBackup({store: store, bucket: bucket, name: 'prod', timestamp: ''});");
        assertEquals("prod", ((Map<?, ?>) last.get("backup")).get("name"));

        List<?> backups = (List<?>) succeeds("return J.listBackups({store: store, bucket: 'jcprod1', name: null});").get("backups");
        assertEquals("complete", ((Map<?, ?>) backups.get(0)).get("state"));
        Map<?, ?> entry = (Map<?, ?>) ((List<?>) succeeds("return J.listCatalog({store: store, bucket: 'meta', key: '1.json'});")
                .get("backups")).get(0);
        assertEquals(5_000_000_000L, entry.get("size"));
        assertEquals(Map.of("a", 1.5), ((List<?>) entry.get("list")).get(4));
        String key = "prod_2026-01-02T03:04:00_auto/jahia-env-vars.gz";
        assertEquals("a=ü\n",
                succeeds("return J.readObject({store: store, bucket: 'jcprod1', key: '" + key + "', decompress: true});").get("text"));

        Map<String, Object> rotated = succeeds("return J.rotateBackups({store: store, bucket: 'jcprod1', name: 'prod', mode: 'auto', keep: '1',"
                + " catalog: {store: store, bucket: 'meta', key: '1.json'}, dryRun: true});");
        assertEquals(List.of(), rotated.get("removed"));
        Map<String, Object> byDays = succeeds("return J.rotateBackups({store: store, bucket: 'jcprod1', name: 'prod', keepDaily: 7,"
                + " keepWeekly: '4', keepMonthly: 12, keepYearly: 2, dryRun: true});");
        assertEquals(1, ((List<?>) byDays.get("kept")).size());
        fails("usage", "return J.rotateBackups({store: store, bucket: 'jcprod1', name: 'prod'});");
        Map<?, ?> rebuilt = (Map<?, ?>) succeeds("return J.rebuildCatalog({store: store, buckets: ['jcprod1'],"
                + " catalog: {bucket: 'meta', key: '2.json'}, dryRun: true});").get("account");
        assertEquals(List.of(1, true), List.of(((List<?>) rebuilt.get("added")).size(), rebuilt.get("dry_run")));
        fails("state", "return J.removeBackup({store: store, bucket: 'jcprod1', name: 'prod', timestamp: '2026-01-02T03:04:00', mode: 'auto',"
                + " damaged: true});");
        succeeds("return J.removeBackup({store: store, bucket: 'jcprod1', name: 'prod', timestamp: '2026-01-02T03:04:00', mode: 'auto',"
                + " catalog: {bucket: 'meta', key: '1.json'}});");
        assertEquals(List.of(), succeeds("return J.listCatalog({store: store, bucket: 'meta', key: '1.json'});").get("backups"));
        succeeds("return J.removeFromCatalog({store: store, bucket: 'meta', key: '1.json', name: 'prod', timestamp: '2026-01-02T03:04:00',"
                + " mode: 'auto'});");
    }

    @Test
    void a_script_gives_a_backup_up() {
        succeeds("var begun = J.beginBackup({store: store, bucket: 'b', name: 'prod'});"
                + "return J.discardBackup({store: store, bucket: 'b', claim: begun.get('claim')});");
        fails("not_found", "return J.showBackup({store: store, bucket: 'b', name: 'prod', unfinished: true});");
        fails("not_found", "return J.beginBackup({store: store, bucket: 'b', name: 'prod', resume: true});");
    }

    @Test
    void a_script_backs_a_directory_up_and_restores_it() throws Exception {
        Path data = Files.createDirectories(directory.resolve("data"));
        Files.writeString(data.resolve("file"), "old");
        Files.writeString(data.resolve("other"), "x");
        fails("not_found", "return J.backupDirectories({store: store, bucket: 'b', name: 'prod', directories: [directory + '/data'], resume: true});");
        succeeds("return J.backupDirectories({store: store, bucket: 'b', name: 'prod', directories: [directory + '/data'], exclude: ['*.tmp'],"
                + " include: ['file'], oneFileSystem: true, noIndex: 'false'});");
        Files.writeString(data.resolve("file"), "new");
        succeeds("return J.restore({store: store, bucket: 'b', name: 'prod', target: directory + '/data', journal: directory + '/journal'});");
        assertEquals("old", Files.readString(data.resolve("file")));
        assertFalse(Files.exists(data.resolve("other")));
        Map<?, ?> sampled = (Map<?, ?>) succeeds("return J.verifyBackup({store: store, bucket: 'b', name: 'prod', sample: '7'});").get("account");
        assertEquals(List.of("sample", 7L), List.of(sampled.get("how"), sampled.get("percent")));
    }

    @Test
    void a_script_browses_a_backup_and_restores_some_of_it() throws Exception {
        Path data = Files.createDirectories(directory.resolve("data"));
        Path many = Files.createDirectory(data.resolve("many"));
        for (int i = 0; i < 10_000; i++) {
            Files.createFile(many.resolve("file" + i));
        }
        Files.writeString(data.resolve("one"), "1");
        succeeds("return J.backupDirectories({store: store, bucket: 'b', name: 'prod', directories: [directory + '/data']});");
        Map<String, Object> all = succeeds("return J.browseBackup({store: store, bucket: 'b', name: 'prod'});");
        assertEquals(List.of(10_000, true), List.of(((List<?>) all.get("members")).size(), all.get("more")));
        Map<String, Object> one = succeeds("return J.browseBackup({store: store, bucket: 'b', name: 'prod', object: 'data.tar.zst', path: 'one'});");
        Map<?, ?> member = (Map<?, ?>) ((List<?>) one.get("members")).get(0);
        assertEquals(List.of("one", "file", 1L, false), List.of(member.get("path"), member.get("type"), member.get("bytes"), one.get("more")));
        String restore = "return J.restore({store: store, bucket: 'b', name: 'prod', target: directory + '/back', journal: directory + '/journal', ";
        succeeds(restore + "paths: ['one']});");
        assertTrue(Files.exists(directory.resolve("back/one")) && !Files.exists(directory.resolve("back/many")));
        Map<?, ?> kept = (Map<?, ?>) succeeds(restore + "keepOld: true});").get("account");
        assertTrue(Files.exists(Path.of((String) kept.get("old")).resolve("one")));
        Files.writeString(directory.resolve("back/mine"), "");
        succeeds(restore + "inPlace: 'true'});");
        assertFalse(Files.exists(directory.resolve("back/mine")));
    }

    @Test
    void a_script_moves_many_files_and_looks_at_the_store() throws Exception {
        Files.createDirectory(directory.resolve("files"));
        Files.writeString(directory.resolve("files/one"), "1");
        Files.writeString(directory.resolve("files/two"), "2");
        succeeds("return J.makeBucket({store: store, bucket: 'b'});");
        Map<String, Object> put = succeeds("return J.putFiles({store: store, directory: directory + '/files', bucket: 'b', prefix: 'p', atOnce: 2});");
        assertEquals(2L, ((Map<?, ?>) put.get("account")).get("files"));
        succeeds("return J.getFiles({store: store, bucket: 'b', prefix: 'p', directory: directory + '/back'});");
        assertEquals("2", Files.readString(directory.resolve("back/two")));
        Map<String, Object> again = fails("conflict", "return J.putFiles({store: store, directory: directory + '/files', bucket: 'b', prefix: 'p'});");
        assertEquals(2L, ((Map<?, ?>) again.get("account")).get("failed"));
        assertEquals(2L, succeeds("return J.removePrefix({store: store, bucket: 'b', prefix: 'p/'});").get("removed"));
        assertEquals(0L, ((Map<?, ?>) succeeds("return J.diagnoseStore({store: store, bucket: 'b'});").get("account")).get("failed"));
        assertEquals(List.of(), ((Map<?, ?>) succeeds("return J.collectGarbage({store: store, bucket: 'b', dryRun: true});").get("account")).get("aborted"));
        assertEquals(List.of(), ((Map<?, ?>) succeeds("return J.collectGarbage({store: store, bucket: 'b', prefix: 'p', olderThanHours: 24});")
                .get("account")).get("aborted"));
    }

    @Test
    void buckets_are_made_twice() {
        succeeds("return J.makeBucket({store: store, bucket: 'b'});");
        succeeds("return J.makeBucket({store: store, bucket: 'b'});");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "J.listBackups({store: store, bucket: 'b', nmae: 'x'})               | 'arguments' has no member 'nmae'",
        "J.listBackups({store: {url: store.url, secretkey: 'x'}, bucket: 'b'}) | 'arguments.store' has no member 'secretkey'",
        "J.rotateBackups({store: store, bucket: 'b', name: 'n', keep: 1, catalog: {bucket: 'b', kye: 'k', key: 'k'}})"
            + " | 'arguments.catalog' has no member 'kye'",
        "J.version({verbose: true})                                          | 'arguments' has no member 'verbose'",
        "J.listBackups({store: store})                                       | 'arguments.bucket' is missing",
        "J.listBackups({store: store, bucket: ''})                           | 'arguments.bucket' is missing",
        "J.listBackups({bucket: 'b'})                                        | 'arguments.store' is missing",
        "J.listBackups({store: 'file:///x', bucket: 'b'})                    | 'arguments.store' is not an object",
        "J.listBackups('x')                                                  | 'arguments' is not an object",
        "J.listBackups(null)                                                 | 'arguments.store' is missing",
        "J.listBackups({store: store, bucket: {}})                           | 'arguments.bucket' is not a text",
        "J.rotateBackups({store: store, bucket: 'b', name: 'n', keep: 0})    | 'arguments.keep' is not a whole number from 1 to 2147483647",
        "J.rotateBackups({store: store, bucket: 'b', name: 'n', keep: 1.5})  | 'arguments.keep' is not a whole number from 1 to 2147483647",
        "J.rotateBackups({store: store, bucket: 'b', name: 'n', keep: 'x'})  | 'arguments.keep' is not a whole number from 1 to 2147483647",
        "J.verifyBackup({store: store, bucket: 'b', name: 'n', full: 'yes'}) | 'arguments.full' is not true or false",
        "J.verifyBackup({store: store, bucket: 'b', name: 'n', sample: 101}) | 'arguments.sample' is not a whole number from 1 to 100",
        "J.verifyBackup({store: store, bucket: 'b', name: 'n', sample: 1, full: true})"
            + " | 'arguments' has both 'full' and 'sample'",
        "J.rotateBackups({store: store, bucket: 'b', name: 'n', keepDaily: -1}) | 'arguments.keepDaily' is not a whole number from 1 to 2147483647",
        "J.rebuildCatalog({store: store, buckets: ['b']})                    | 'arguments.catalog' is missing",
        "J.writeObject({store: store, bucket: 'b', key: 'k', text: 't', encryption: {passphrase: ''}})"
            + " | 'arguments.encryption' holds no key",
        "J.writeObject({store: store, bucket: 'b', key: 'k', text: 't', encryption: {recipient: 'x'}})"
            + " | 'arguments.encryption' has no member 'recipient'",
        "J.readObject({store: store, bucket: 'b', key: 'k', decryption: {passphrase: ''}})"
            + " | 'arguments.decryption' holds no key",
        "J.removeBackup({store: store, bucket: 'b', name: 'n', mode: 'auto'}) | 'arguments.timestamp' is missing",
        "J.completeBackup({store: store, bucket: 'b', claim: {}, objects: ['x']}) | 'arguments.objects' is not an array of objects",
        "J.writeObject({store: store, bucket: 'b', key: 'k', text: 't', compression: 'lz4'})"
            + " | 'arguments.compression' is not one of 'none', 'zstd', 'gzip'",
    })
    void wrong_arguments_are_refused_by_name(String call, String error) throws IOException {
        Map<String, Object> answer = fails("usage", "return " + call + ";");
        assertEquals(error, answer.get("error"));
        assertEquals(102L, answer.get("result"));
        assertFalse(((String) answer.get("hint")).isEmpty());
        try (Stream<Path> made = Files.list(directory.resolve("store"))) {
            assertEquals(0, made.count(), "something was started");
        }
    }

    @Test
    void an_object_that_holds_itself_is_refused() {
        fails("limit", "var knot = {store: store, bucket: 'b'}; knot.claim = knot; return J.discardBackup(knot);");
        fails("usage", "return J.discardBackup({store: store, bucket: 'b', claim: new java.util.Date()});");
    }

    @Test
    void failures_answer_code_text_and_hint() {
        succeeds("return J.makeBucket({store: store, bucket: 'b'});");
        Map<String, Object> missing = fails("not_found", "return J.readObject({store: store, bucket: 'b', key: 'none'});");
        assertEquals(104L, missing.get("result"));
        assertTrue(((String) missing.get("error")).contains("none"), missing::toString);
        succeeds("return J.writeObject({store: store, bucket: 'b', key: 'k', text: ''});");
        assertEquals("", succeeds("return J.readObject({store: store, bucket: 'b', key: 'k'});").get("text"));
        fails("conflict", "return J.writeObject({store: store, bucket: 'b', key: 'k', text: 'x'});");
        succeeds("return J.writeObject({store: store, bucket: 'b', key: 'k', text: 'x', replace: true});");
    }

    @Test
    void objects_that_are_no_text_are_refused() throws Exception {
        succeeds("return J.makeBucket({store: store, bucket: 'b'});");
        Files.write(directory.resolve("store/b/binary"), new byte[] {(byte) 0xff, 0});
        fails("format", "return J.readObject({store: store, bucket: 'b', key: 'binary'});");
        Files.write(directory.resolve("store/b/large"), new byte[(16 << 20) + 1]);
        fails("limit", "return J.readObject({store: store, bucket: 'b', key: 'large'});");
        Files.write(directory.resolve("store/b/fits"), new byte[16 << 20]);
        succeeds("return J.readObject({store: store, bucket: 'b', key: 'fits'});");
    }

    @Test
    void secrets_are_in_no_answer() {
        String credentials = "accessKey: 'AKIDEXAMPLE', secretKey: '" + SECRET + "', sessionToken: 'token-" + SECRET + "'";
        for (String call : new String[] {
            "J.makeBucket({store: {url: 's3://', endpoint: 'http://127.0.0.1:1', " + credentials + "}, bucket: 'b" + SECRET + "'})",
            "J.makeBucket({store: {url: 's3://" + SECRET + "', " + credentials + "}, bucket: 'bucket'})",
            "J.makeBucket({store: {url: 's3://', secretKey: ['" + SECRET + "']}, bucket: 'bucket'})",
            "J.makeBucket({store: {url: 's3://', secretKeys: '" + SECRET + "'}, bucket: 'bucket'})",
        }) {
            Map<String, Object> answer = answer("return " + call + ";");
            assertTrue((Long) answer.get("result") > 100, answer::toString);
            assertFalse(answer.toString().contains(SECRET), answer::toString);
        }
    }

    @Test
    void a_script_encrypts_and_decrypts_and_no_answer_tells_keys() throws Exception {
        String to = "encryption: {recipients: ['" + RECIPIENT + "']}";
        String by = "decryption: {identities: ['" + IDENTITY + "']}";
        Files.writeString(Files.createDirectories(directory.resolve("data")).resolve("file"), "old");
        succeeds("return J.backupDirectories({store: store, bucket: 'b', name: 'prod', directories: [directory + '/data'], " + to + "});");
        String prod = "({store: store, bucket: 'b', name: 'prod', ";
        Map<?, ?> verified = (Map<?, ?>) succeeds("return J.verifyBackup" + prod + "full: true, " + by + "});").get("account");
        assertEquals(true, ((Map<?, ?>) ((List<?>) verified.get("objects")).get(0)).get("decrypted"));
        assertEquals(2, ((List<?>) succeeds("return J.browseBackup" + prod + by + "});").get("members")).size());
        String restore = "return J.restore" + prod + "target: directory + '/back', journal: directory + '/journal'";
        fails("access", restore + "});");
        succeeds(restore + ", " + by + "});");
        assertEquals("old", Files.readString(directory.resolve("back/file")));

        String object = "Object({store: store, bucket: 'b', key: 'k', ";
        succeeds("return J.write" + object + "text: 'ä', encryption: {passphrase: '" + SECRET + "', recipients: null}});");
        assertEquals("ä", succeeds("return J.read" + object + "decryption: {passphrase: '" + SECRET + "'}});").get("text"));
        for (String call : new String[] {
            "J.read" + object + "decryption: {passphrase: 'x" + SECRET + "'}})",
            "J.read" + object + "decryption: {identities: ['" + IDENTITY.substring(0, 70) + "']}})",
            "J.read" + object + "decryption: {identities: [['" + SECRET + "']]}})",
            "J.readObject({store: store, bucket: 'b', key: '" + SECRET + "', decryption: {passphrase: '" + SECRET + "'}})",
            "J.write" + object + "replace: true, text: '', encryption: {passphrase: '" + SECRET + "', recipients: ['" + RECIPIENT + "']}})",
        }) {
            Map<String, Object> answer = answer("return " + call + ";");
            assertTrue((Long) answer.get("result") > 100, answer::toString);
            assertFalse(answer.toString().contains(SECRET) || answer.toString().contains(IDENTITY.substring(20, 40)), answer::toString);
        }
    }

    @Test
    void values_of_the_engine_become_plain() {
        Object plain = PlainValues.of(evaluate("return {a: 'x' + 1, b: [1, 2.5, 3e9], d: null, e: true, 1: {}};"));
        Map<?, ?> map = (Map<?, ?>) plain;
        assertEquals("x1", map.get("a"));
        assertEquals(List.of(1L, 2.5, 3_000_000_000L), map.get("b"));
        assertTrue(map.containsKey("d") && map.get("d") == null);
        assertEquals(Map.of(), map.get("1"));
    }
}
