package org.jpsrun.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileManifestTest {
    private static ManifestException refused(String text) {
        return assertThrows(ManifestException.class, () -> ManifestReader.read(text, "m.yml"));
    }

    @Test
    void aliasBombIsRefused() {
        StringBuilder text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            text.append("a").append(i).append(": &a").append(i).append(" [").append(("*a" + (i - 1) + ", ").repeat(9)).append("x]\n");
        }
        assertTrue(refused(text.toString()).getMessage().contains("values"));
    }

    @Test
    void aliasToItselfIsRefused() {
        assertTrue(refused("a: &a [*a]").getMessage().contains("levels deep"));
    }

    @Test
    void deepNestingIsRefused() {
        refused("a: " + "[".repeat(100_000));
        refused("{\"a\": " + "[".repeat(100_000));
        refused("a: " + "{b: ".repeat(5_000) + "}".repeat(5_000));
    }

    @Test
    void tagsMakeNoObjects() {
        assertTrue(refused("a: !!javax.script.ScriptEngineManager [x]").getMessage().contains("not valid YAML"));
        assertEquals(Map.of("c", 1), ManifestReader.read("b: !x {c: 1}", "m.yml").get("b"));
    }

    @Test
    void notAMapping() {
        assertTrue(refused("[1]").getMessage().contains("not a mapping"));
        assertTrue(refused("").getMessage().contains("not a mapping"));
    }

    @Test
    void syntaxErrorNamesItsLine() {
        assertEquals("m.yml:3", refused("a: 1\nb: 2\n c: d: e\n").location().toString());
    }

    @Test
    void valuesKeepTheirTypes() {
        Map<String, Object> map = ManifestReader.read("i: 7\nt: true\nn: null\nf: 1.5\ns: '7'\nd: 2026-11-22\nk: 1\nk: 2\n"
                + "cmd [cp, bl]: x\nif (a == \"b\" && c): y\nbase: &b {x: 1, y: 2}\nm: {<<: *b, y: 3}\ntab: v\t\n", "m.yml");
        assertEquals(7, map.get("i"));
        assertEquals(true, map.get("t"));
        assertEquals(null, map.get("n"));
        assertEquals(1.5, map.get("f"));
        assertEquals("7", map.get("s"));
        assertEquals("2026-11-22", map.get("d"));
        assertEquals(2, map.get("k"));
        assertEquals("x", map.get("cmd [cp, bl]"));
        assertEquals("y", map.get("if (a == \"b\" && c)"));
        assertEquals(Map.of("x", 1, "y", 3), map.get("m"));
        assertEquals("v", map.get("tab"));
    }

    @Test
    void jsonHasLines() {
        LocatedMap map = ManifestReader.read("{\n\t\"a\": 1,\n\t\"b\": [1,\n 2]}", "m.json");
        assertEquals(3, map.locationOf("b").line());
    }

    @Test
    void resourcesStayBelowTheirRoot(@TempDir Path folder) throws IOException {
        Path root = Files.createDirectory(folder.resolve("root"));
        Files.writeString(root.resolve("in.txt"), "in");
        Files.writeString(folder.resolve("out.txt"), "out");
        Files.createSymbolicLink(root.resolve("link.txt"), folder.resolve("out.txt"));
        Files.createDirectory(root.resolve("sub"));
        Resources resources = new Resources();
        resources.allowDirectory("http://h/b", root);
        String base = "http://h/b/sub/";
        assertEquals("in", resources.load("../in.txt?_r=1", base).body());
        assertEquals("in", resources.load("/../in.txt", base).body());
        assertEquals("in", resources.load("http://h/b/in.txt", base).body());
        for (String link : new String[] {"../../out.txt", "../link.txt", "%2e%2e/%2e%2e/out.txt", "..%2f..%2fout.txt",
            "http://h/out.txt", "http://other/in.txt", "file:///etc/passwd", "../../../../etc/passwd", "../../b2/in.txt"}) {
            ManifestException e = assertThrows(ManifestException.class, () -> resources.load(link, base), link);
            assertTrue(e.getMessage().contains("outside"), link + ": " + e.getMessage());
        }
        assertTrue(assertThrows(ManifestException.class, () -> resources.load("none.txt", base)).isMissing());
        assertThrows(ManifestException.class, () -> resources.load("..", base));
    }

    @Test
    void longResourcesAreRefused(@TempDir Path folder) throws IOException {
        Files.write(folder.resolve("big"), new byte[Resources.MAX_BYTES + 1]);
        Resources resources = new Resources();
        resources.allowDirectory("http://h/", folder);
        assertTrue(assertThrows(ManifestException.class, () -> resources.load("big", "http://h/")).getMessage().contains("longer"));
    }

    @Test
    void baseUrls() {
        assertEquals("https://github.com/o/r/raw/master/", BaseUrl.normalize("https://github.com/o/r/blob/master"));
        assertEquals("http://h/a/", BaseUrl.ofResource("http://h/a/m.yml?x=/y"));
        assertEquals("http://h/b/c.js", BaseUrl.resolve("/b/c.js", "http://h/").toString());
        assertTrue(BaseUrl.isLink("a.js"));
        assertTrue(!BaseUrl.isLink("return 1;") && !BaseUrl.isLink("f()") && !BaseUrl.isLink("a b"));
    }
}
