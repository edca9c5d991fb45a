package org.jpsrun.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.manifest.Location;
import org.jpsrun.platform.Platform;
import org.jpsrun.value.Undefined;
import org.junit.jupiter.api.Test;

class ScriptEngineTest {
    private final List<String> calls = new ArrayList<>();
    private final Platform platform = (method, parameters) -> {
        calls.add(method + " " + parameters);
        return new LinkedHashMap<>(Map.of("result", 0, "items", List.of(Map.of("id", 5))));
    };

    private ScriptCall script(String source) {
        return new ScriptCall(source, new Location("s.js", 10), platform);
    }

    private Object run(String source) {
        return new ScriptEngine().run(script(source));
    }

    @Test
    void returnedValues() {
        assertEquals(Undefined.UNDEFINED, run("var a = 1;"));
        assertEquals(7, run("return 7;"));
        assertEquals(4294967296L, run("return 4294967296;"));
        assertEquals(1.5, run("return 1.5"));
        assertEquals("ab", run("return 'a' + 'b'"));
        assertEquals(List.of(1, "x", true), run("return [1, 'x', true]"));
        assertEquals("{a={b=[1]}}", run("return {a: {b: [1]}, f: function () {}, u: undefined}").toString());
        assertEquals(Map.of("k", List.of("v")), run("var m = new java.util.HashMap(); m.put('k', java.util.Arrays.asList('v')); return m;"));
        assertEquals("2026-11-22T00:00:00.000Z", run("return new Date(Date.UTC(2026, 10, 22)).toISOString()"));
    }

    @Test
    void newerSyntax() {
        assertEquals(List.of(2), run("const f = x => x + 1; let a = [1]; return a.map(f).filter(x => [2].includes(x)); // end"));
        assertEquals("ab", run("return String(java.lang.String('a').concat('b'));"));
    }

    @Test
    void importLines() {
        assertEquals(1, run("import java.util.ArrayList;\nimport java.io.File\nvar l = new ArrayList(); l.add(File.separator); return l.size();"));
        assertEquals("import x.Y;", run("var s = ' import x.Y;'; return s.trim();"));
    }

    @Test
    void apiCalls() {
        assertEquals("{\"result\":0,\"items\":[{\"id\":5}]}".length(),
                ((String) run("return '' + jelastic.env.control.GetEnvInfo('e', session = 's');")).length());
        run("api.environment.control.getenvinfo({envName: 'x'}); hivext.users.account.GetUserInfo('app', null);");
        assertEquals(List.of("environment.control.GetEnvInfo {envName=e, session=s}", "environment.control.GetEnvInfo {envName=x}",
                "users.account.GetUserInfo {appid=app}"), calls);
    }

    @Test
    void positionalArgumentsOfUnknownMethods() {
        ScriptException e = assertThrows(ScriptException.class, () -> run("\napi.some.service.Call(1, 2);"));
        assertTrue(e.getMessage().contains("pass one object"), e.getMessage());
        assertEquals("s.js:11", e.location().toString());
        assertTrue(assertThrows(ScriptException.class, () -> run("api.env.control.GetEnvInfo(1, 2, 3)")).getMessage().contains("at most"));
    }

    @Test
    void returnResultPassesCatchAndRunsFinally() {
        ScriptCall call = script("try { try { hivext.local.ReturnResult({out: 1}); } catch (e) { return 2; } } finally { seen = api.a.b.C({}); }");
        assertEquals("{out=1}", new ScriptEngine().run(call).toString());
        assertEquals(1, calls.size());
    }

    @Test
    void parameters() {
        ScriptCall call = script("return [a, getParam('a'), getParam('o'), getParam('no', 3), hivext.local.GetParam('a'), v, '' + getParam('no')];")
                .parameter("a", 1).parameter("o", Map.of("k", 2)).variable("v", "V");
        assertEquals("[1, 1, {\"k\":2}, 3, 1, V, null]", new ScriptEngine().run(call).toString());
    }

    @Test
    void requiredParameters() {
        ScriptException e = assertThrows(ScriptException.class, () -> run("//@req(a, b)\nreturn 1;"));
        assertEquals("script needs the parameter 'a'", e.getMessage());
    }

    @Test
    void errorsNameTheirLine() {
        assertEquals("s.js:12", assertThrows(ScriptException.class, () -> run("\n\nthrow 'x';")).location().toString());
        assertEquals("s.js:11", assertThrows(ScriptException.class, () -> run("\nvar = 1;")).location().toString());
        assertEquals("s.js:10", assertThrows(ScriptException.class, () -> run("nothing.x();")).location().toString());
        assertTrue(assertThrows(ScriptException.class, () -> run("java.nio.file.Files.readString(java.nio.file.Path.of('/none'));"))
                .getMessage().contains("NoSuchFile"));
    }

    @Test
    void endlessRecursionEnds() {
        assertThrows(ScriptException.class, () -> run("function f() { return f() + 1; } return f();"));
        assertThrows(ScriptException.class, () -> run("var a = {}; a.a = a; return a;"));
    }

    @Test
    void conditions() {
        Map<String, Object> names = Map.of("nodes", Map.of("cp", List.of(Map.of("id", 1), Map.of("id", 2))), "n", 1);
        for (String text : new String[] {"nodes.cp.length > 1", "nodes.cp.last.id == 2", "nodes.cp.master.id === 1", "this.x === 'y'",
            "(false) || (n === 1)", "'7.10' < '7.9'", "true // comment", "/^y/.test(this.x)"}) {
            assertEquals(Conditions.Outcome.TRUE, Conditions.evaluate(text, names, Map.of("x", "y")), text);
        }
        for (String text : new String[] {"nodes.bl", "0", "''", "null"}) {
            assertEquals(Conditions.Outcome.FALSE, Conditions.evaluate(text, names, Map.of()), text);
        }
        for (String text : new String[] {"", " ", "()", "a b", "${x}", "nothing", "nodes.bl[0]", "java.lang.System",
            "Packages.java", "(function f() { return f(); })()"}) {
            assertEquals(Conditions.Outcome.INVALID, Conditions.evaluate(text, names, Map.of()), text);
        }
    }
}
