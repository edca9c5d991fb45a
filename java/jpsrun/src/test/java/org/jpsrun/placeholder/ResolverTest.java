package org.jpsrun.placeholder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Undefined;
import org.jpsrun.value.Values;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResolverTest {
    private final Map<String, Object> names = new LinkedHashMap<>();
    private final Resolver resolver =
            new Resolver(name -> names.containsKey(name) ? names.get(name) : Undefined.UNDEFINED, new Functions("8.15.1"));

    ResolverTest() {
        names.putAll(Values.map(Json.read("{'x':{'a':'A','n':7,'f':false,'z':null,'e':'','git-repos-url':'u','q':'b','name':'a'},"
                .replace('\'', '"') + "\"list\":[\"a\",\"b\",\"c d\"],\"rows\":[{\"id\":10,\"t\":\"p\"},{\"id\":20},5,null],"
                + "\"empty\":[],\"obj\":{\"k\":[1,{\"m\":2}]}}")));
    }

    @ParameterizedTest(name = "{0} gives {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', ignoreLeadingAndTrailingWhitespace = true, value = {
        "a ${x.a} b | a A b", "${x.n}${x.f}${x.z} | 7falsenull", "<${x.e}> | <>", "${x.git-repos-url}! | u!",
        // Undefined names and shells' own braces stay as they are.
        "${nothing}! | ${nothing}!", "${x.b.c}! | ${x.b.c}!", "echo ${VAR%%.*} ${#a} ${a[@]} ${!b} | echo ${VAR%%.*} ${#a} ${a[@]} ${!b}",
        "open ${x.a | open ${x.a", "${ x.a }! | A!", "${}! | ${}!", "${x.}! | ${x.}!", "${${x.a}}! | ${A}!", "$${x.a} | $A",
        // Defaults: only for what is not defined.
        "${no:text}! | text!", "<${no:}> | <>", "<${x.z:d}${x.f:d}${x.e:d}> | <nullfalse>", "${no:[x.a]-[x.n]}! | A-7!",
        "${no:{a}}! | {a}!", "${no:[nope]}! | [nope]!", "${no:http://h:80/}! | http://h:80/!",
        // Paths.
        "${list[1]}! | b!", "${list[9]}! | ${list[9]}!", "${rows.id}! | 10!", "${rows[1].id}! | 20!", "${rows.length}! | 4!",
        "${list.first}${list.last}! | ac d!", "${list.master}! | a!", "${empty.first}! | ${empty.first}!", "${x.[x.name]}! | A!",
        "${x.[nope]}! | ${x.[nope]}!", "${obj.k[1].m}! | 2!", "${obj}! | {\"k\":[1,{\"m\":2}]}!", "${list}! | [\"a\",\"b\",\"c d\"]!",
        // join.
        "${list.join()}! | abc d!", "${list.join(id)}! | aidbidc d!", "${list.join(,)}! | a,b,c d!", "${list.join(-)}! | a-b-c d!",
        "${rows.join(id,)}! | 10,20,,!", "${rows.join(id,;)}! | 10;20;;!", "${rows.join(id, -)}! | 10-20--!",
        "${rows.join(id, )}! | 10 20  !", "${list.join(\\,)}! | a,b,c d!", "${list.join([x.q])}! | abbbc d!",
        // Other methods, also on what is not defined.
        "${obj.toJSON()}! | {\"k\":[1,{\"m\":2}]}!", "${x.a.toJSON()}! | \"A\"!", "${x.a.print()}! | A!", "<${no.print()}> | <>",
        "<${no.toJSON()}${no.toBase64()}${no.fromBase64()}${no.md5()}> | <>", "${no.contains(a)} | false",
        "${list.contains(c d)}${list.contains(x)} | truefalse", "${list.contains([x.q])}! | true!",
        "${rows.contains(id, 20)}${rows.contains(id,30)}${rows.contains(t,p)} | truefalsetrue",
        "${x.a.toBase64()}! | QQ==!", "${x.a.toBase64().fromBase64()}! | A!", "${x.a.md5()}! | 7fc56270e7a70fa81a5935b72eacbe29!",
        "${x.a.nomethod()}! | ${x.a.nomethod()}!",
        // Functions.
        "${fn.md5(A)}! | 7fc56270e7a70fa81a5935b72eacbe29!", "${fn.base64([x.a])}! | QQ==!", "${fn.compare(5.4.0,5.4.0.0)}! | 0!",
        "${fn.compare(5.10,5.9)}${fn.compare(1,1.0.1)} | 1-1", "${fn.compare}${fn.compareEngine} | 00", "${fn.compareEngine(8.0)}! | 1!",
        "${fn.unknown}! | ${fn.unknown}!", "${fn.random(3,3)}! | 3!", "${fn.random(x)}! | ${fn.random(x)}!"})
    void text(String template, String expected) {
        assertEquals(expected, resolver.text(template));
    }

    @Test
    void wholePlaceholderKeepsItsType() {
        assertEquals(7, resolver.resolve("${x.n}"));
        assertEquals(false, resolver.resolve("${x.f}"));
        assertEquals(null, resolver.resolve("${x.z}"));
        assertEquals(names.get("obj"), resolver.resolve("${obj}"));
        assertEquals("7", resolver.resolve("${x.n}${x.e}"));
        assertEquals(List.of(7, "A"), resolver.resolve(List.of("${x.n}", "${x.a}")));
        assertEquals(Map.of("A", List.of(7)), resolver.resolve(Map.of("${x.a}", List.of("${x.n}"))));
        assertEquals(true, resolver.resolve("${list.contains(a)}"));
        assertEquals(7, resolver.resolve("${no:[x.n]}"));
    }

    @Test
    void newlineInSeparator() {
        assertEquals("a\nb\nc d", resolver.text("${list.join(\\n)}"));
    }

    @Test
    void toJsonIndents() {
        assertEquals("{\n  \"k\": [\n    1,\n    {\n      \"m\": 2\n    }\n  ]\n}", resolver.text("${obj.toJSON(2)}"));
        assertEquals(resolver.text("${obj.toJSON(2)}"), resolver.text("${obj.print()}"));
    }

    @Test
    void randomFunctions() {
        assertTrue(resolver.text("${fn.password}").matches("[A-Za-z0-9]{10}"));
        assertTrue(resolver.text("${fn.password(7)}").matches("[A-Za-z0-9]{7}"));
        assertTrue(resolver.text("${no:[fn.password(7)]}").matches("[A-Za-z0-9]{7}"));
        assertTrue(resolver.text("${fn.random()}").matches("\\d{7}"));
        assertTrue(resolver.text("${fn.md5([fn.random])}").matches("[0-9a-f]{32}"));
        assertTrue(resolver.text("${fn.uuid}").matches("[0-9a-f-]{36}"));
        assertNotEquals(resolver.text("${fn.uuid}"), resolver.text("${fn.uuid}"));
        for (int i = 0; i < 100; i++) {
            assertTrue(List.of(2L, 3L, 4L).contains(resolver.resolve("${fn.random(2,4)}")));
        }
    }

    @Test
    void insertedTextIsNotResolvedAgain() {
        names.put("evil", "${x.a}");
        assertEquals("${x.a}!", resolver.text("${evil}!"));
        assertEquals("${x.a}", resolver.text("${evil}"));
        assertEquals("${x.a}", resolver.text("${no:[evil]}"));
    }

    @Test
    void deepNestingStaysLiteral() {
        String deep = "${a:" + "[b:".repeat(100_000) + "]".repeat(100_000) + "}";
        assertTrue(resolver.text(deep).contains("[b:"));
        String brackets = "${" + "[".repeat(100_000) + "a" + "]".repeat(100_000) + "}";
        assertEquals(brackets, resolver.text(brackets));
        String openings = "${".repeat(200_000);
        assertEquals(openings, resolver.text(openings));
        String calls = "${x.a" + ".md5(".repeat(50_000) + ")".repeat(50_000) + "}";
        assertEquals("d41d8cd98f00b204e9800998ecf8427e".length(), resolver.text(calls).length());
    }

    @Test
    void growthIsBounded() {
        names.put("big", "x".repeat(Resolver.MAX_LENGTH / 4));
        assertThrows(ManifestException.class, () -> resolver.text("${big}".repeat(5)));
    }

    @Test
    void emptyAndNullMembers() {
        names.put("odd", Arrays.asList(null, Map.of("a", 1), "s"));
        assertEquals(",1,", resolver.text("${odd.join(a,)}"));
        assertEquals("null{\"a\":1}s", resolver.text("${odd.join()}"));
    }
}
