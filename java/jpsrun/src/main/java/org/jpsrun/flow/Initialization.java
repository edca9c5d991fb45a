package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpsrun.manifest.BaseUrl;
import org.jpsrun.manifest.Location;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.manifest.Resources;
import org.jpsrun.script.ScriptCall;
import org.jpsrun.script.ScriptException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** {@code onBeforeInit} and {@code onBeforeInstall}: scripts that may change the manifest before it runs. */
final class Initialization {
    private static final Set<String> FIXED = Set.of("type", "jpsType", "name", "baseUrl");
    private static final Set<String> FIXED_LATER = Set.of("type", "jpsType", "name", "baseUrl", "globals", "settings");

    // The script's last words: without a return of its own it changed the manifest in place.
    private static final String FORM_AFTER = "\nreturn settings;";
    private static final String MANIFEST_BEFORE = "var settings = jps.settings;\n";
    private static final String MANIFEST_AFTER = "\nreturn jps;";

    private final Run run;

    Initialization(Run run) {
        this.run = run;
    }

    /** The top-level members that the scripts before the form changed. */
    Map<String, Object> beforeInit() {
        Map<String, Object> changed = new LinkedHashMap<>();
        Map<String, Object> settings = Values.map(run.manifest().field("settings"));
        Map<String, Object> main = settings == null ? null : Values.map(settings.get("main"));
        if (main != null && main.get("onBeforeInit") != null) {
            Location place = run.manifest().locationOf("settings");
            Map<String, Object> form = perform("onBeforeInit", main.get("onBeforeInit"), place, "", FORM_AFTER, main);
            if (form.containsKey("fields")) {
                Map<String, Object> forms = new LinkedHashMap<>(settings);
                forms.put("main", form);
                changed.put("settings", forms);
            }
        }
        if (run.manifest().field("onBeforeInit") != null) {
            Location place = run.manifest().locationOf("onBeforeInit");
            changed.putAll(changes(perform("onBeforeInit", run.manifest().field("onBeforeInit"), place, MANIFEST_BEFORE,
                    MANIFEST_AFTER, null), FIXED));
        }
        return changed;
    }

    /** The top-level members that the script after the form changed. */
    Map<String, Object> beforeInstall() {
        Object script = run.manifest().field("onBeforeInstall");
        if (script == null) {
            return Map.of();
        }
        return changes(perform("onBeforeInstall", script, run.manifest().locationOf("onBeforeInstall"), "", MANIFEST_AFTER,
                run.settings()), FIXED_LATER);
    }

    private Map<String, Object> perform(String name, Object script, Location place, String before, String after,
            Map<String, Object> settings) {
        String source = text(script);
        Location at = new Location(place.file(), place.line() + 1);
        if (BaseUrl.isLink(source)) {
            Resources.Text file = run.resources().load(source, run.manifest().baseUrl());
            source = file.body();
            at = new Location(file.name(), 1);
        }
        String resolved = run.resolver(new Frame(null, 0, Map.of())).text(source);
        Location shifted = new Location(at.file(), before.isEmpty() ? at.line() : at.line() - 1);
        // The script works on copies: what it changed is found by comparing.
        ScriptCall call = ScriptAction.scriptCall(run, before + resolved + after, shifted, Map.of())
                .variable("jps", Values.copy(run.manifest().root()));
        if (settings != null) {
            call.variable("settings", Values.copy(settings));
        }
        try {
            Map<String, Object> returned = Values.map(run.scripts().run(call));
            if (returned != null && Values.result(returned) != 0) {
                Object reason = returned.containsKey("error") ? returned.get("error") : returned.get("message");
                throw failure(name, Values.text(reason), place, null);
            }
            return returned == null ? Map.of() : returned;
        } catch (ScriptException e) {
            throw failure(name, e.getMessage(), e.location(), e);
        }
    }

    private static ManifestException failure(String name, String reason, Location place, Throwable cause) {
        return new ManifestException("JPS manifest initialization error: " + name + ": " + reason, place, null, cause);
    }

    private static String text(Object script) {
        List<String> lines = new ArrayList<>();
        Values.asList(script).forEach(line -> lines.add(Values.text(line)));
        return String.join("\n", lines);
    }

    private Map<String, Object> changes(Map<String, Object> returned, Set<String> fixed) {
        Map<String, Object> changed = new LinkedHashMap<>();
        returned.forEach((member, value) -> {
            // An unchanged member keeps the places of its lines.
            boolean same = Json.write(run.manifest().field(member)).equals(Json.write(value));
            if (!fixed.contains(member) && !member.equals("result") && !same) {
                changed.put(member, value);
            }
        });
        return changed;
    }
}
