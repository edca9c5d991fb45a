package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.manifest.Location;
import org.jpsrun.manifest.Manifest;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** One installation of a manifest, from its settings to its success text. Run once, by one thread. */
public final class Installation {
    private final Host host;
    private final String envName;
    private final Map<String, Object> given;
    private final String targetGroup;
    private final String logger;
    private final int depth;
    private Manifest manifest;
    private Run run;

    /**
     * @param envName the environment that the manifest runs on; null for none
     * @param given values of the settings
     * @param targetGroup node group that it is installed on, or null
     * @param logger name in the log, or null for the manifest's own
     * @param depth how many installations are running around this one
     */
    Installation(Host host, Manifest manifest, String envName, Map<String, Object> given, String targetGroup, String logger,
            int depth) {
        this.host = host;
        this.manifest = manifest;
        this.envName = envName;
        this.given = given;
        this.targetGroup = targetGroup;
        this.logger = logger;
        this.depth = depth;
        this.run = newRun();
    }

    /**
     * An installation that a user asks for.
     *
     * @param envName the environment that the manifest runs on; null for none
     * @param given values of the settings, by name
     */
    public Installation(Host host, Manifest manifest, String envName, Map<String, Object> given) {
        this(host, manifest, envName, given, null, null, 0);
    }

    private Run newRun() {
        // Without nodes such a manifest runs without an environment.
        boolean without = manifest.type().equals("install");
        return new Run(host, manifest, without ? null : envName, targetGroup, logger, depth);
    }

    /**
     * Runs the installation to its end.
     *
     * @throws InvalidSettingException before anything ran, when the user's settings do not fit the manifest's;
     *     an installation inside another one takes what it is given
     */
    public Result run() {
        try {
            run.log("BEGIN INSTALLATION: " + manifest.name());
            initialize();
            install();
            return finished();
        } catch (StopException e) {
            return stopped(e);
        } catch (ManifestException e) {
            String message = e.getMessage() + (e.hint() == null ? "" : " (" + e.hint() + ")");
            return stopped(new StopException(Values.error(Codes.INIT_ERROR, message),
                    e.location() == null ? manifest.start() : e.location(), ""));
        } catch (ActionFailure e) {
            return stopped(new StopException(e.response(), manifest.start(), ""));
        }
    }

    private void initialize() {
        given.forEach(host.console().secrets()::learn);
        if (manifest.type().equals("install") && manifest.field("nodes") != null) {
            throw new ManifestException("this runner cannot make the environment of a manifest with 'nodes'",
                    manifest.locationOf("nodes"), "make the environment with 'jpsrun env create' and install with 'type: update'");
        }
        Initialization scripts = new Initialization(run);
        Map<String, Object> changed = scripts.beforeInit();
        if (!changed.isEmpty()) {
            manifest = manifest.with(changed);
            run = newRun();
        }
        fillSettings();
        fillGlobals();
        changed = new Initialization(run).beforeInstall();
        if (!changed.isEmpty()) {
            manifest = manifest.with(changed);
            Run before = run;
            run = newRun();
            run.settings().putAll(before.settings());
            run.globals().putAll(before.globals());
        }
    }

    private void fillSettings() {
        SettingsForm form = new SettingsForm(manifest.field("settings"));
        Frame frame = new Frame(null, 0, Map.of());
        Map<String, Object> values = form.values(given, run.resolver(frame));
        if (depth == 0) {
            form.check(given, values);
        }
        values.forEach(host.console().secrets()::learn);
        run.settings().putAll(values);
        Object email = run.email();
        if (email != null) {
            run.settings().putIfAbsent("jelastic_email", email);
        }
    }

    /** Top to bottom: a global may use those before it. */
    private void fillGlobals() {
        Object globals = manifest.field("globals");
        if (globals == null) {
            return;
        }
        Map<String, Object> map = Values.map(globals);
        if (map == null) {
            throw new ManifestException("'globals' must be a mapping", manifest.locationOf("globals"), null);
        }
        Frame frame = new Frame(null, 0, Map.of());
        map.forEach((name, value) -> {
            Object resolved = run.resolver(frame).resolve(value);
            host.console().secrets().learn(name, resolved);
            run.globals().put(name, resolved);
        });
    }

    private void install() {
        Location at = manifest.locationOf("onInstall");
        Object handler = manifest.field("onInstall");
        if (handler == null) {
            return;
        }
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("envAppid", run.environment().exists() ? Values.map(run.environment().env()).get("appid") : "");
        event.put("topic", "application/install");
        run.log("BEGIN HANDLE EVENT: " + Json.write(event));
        try {
            new BlockRunner(run, new Frame(null, 0, Map.of())).executeHandler(handler, at);
        } finally {
            run.log("END HANDLE EVENT: application/install");
        }
    }

    private Result finished() {
        Map<String, Object> response = Values.ok();
        response.put("type", "success");
        Object success = manifest.field("success");
        Map<String, Object> map = Values.map(success);
        if (map != null && map.containsKey("text")) {
            success = map.get("text");
        }
        String text = success == null ? "" : Endings.text(run, success);
        response.put("message", text);
        return end(response, null, "");
    }

    private Result stopped(StopException stop) {
        Map<String, Object> response = Endings.response(run, stop.response());
        boolean good = Values.result(response) == 0;
        if (!good) {
            String place = stop.location() + (stop.action().isEmpty() ? "" : ": action '" + stop.action() + "'");
            run.log("ERROR: " + place + ": " + Values.text(response.get("message")));
        }
        return end(response, good ? null : stop.location(), stop.action());
    }

    private Result end(Map<String, Object> response, Location location, String action) {
        if ("success".equals(response.get("type"))) {
            response.put("successText", response.get("message"));
        }
        Object startPage = manifest.field("startPage");
        if (startPage != null) {
            response.put("startPage", Endings.text(run, startPage));
        }
        if (manifest.field("id") != null) {
            response.put("uniqueName", Values.text(manifest.field("id")));
        }
        run.log("END INSTALLATION: " + manifest.name());
        return new Result(response, location, action);
    }

    /** How an installation ended. */
    public static final class Result {
        private final Map<String, Object> response;
        private final Location location;
        private final String action;

        private Result(Map<String, Object> response, Location location, String action) {
            this.response = response;
            this.location = location;
            this.action = action;
        }

        /** {@code result} (0 is success), {@code type}, {@code message} and more. */
        public Map<String, Object> response() {
            return response;
        }

        /** Whether the installation succeeded. */
        public boolean succeeded() {
            return Values.result(response) == 0;
        }

        /** Where the action stands that failed; null after a success. */
        public Location location() {
            return location;
        }

        /** The key of the action that failed; empty when it was none. */
        public String action() {
            return action;
        }
    }
}
