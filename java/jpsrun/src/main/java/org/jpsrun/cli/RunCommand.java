package org.jpsrun.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jpsrun.console.Console;
import org.jpsrun.console.Secrets;
import org.jpsrun.flow.Host;
import org.jpsrun.flow.Installation;
import org.jpsrun.manifest.BaseUrl;
import org.jpsrun.manifest.Manifest;
import org.jpsrun.manifest.Resources;
import org.jpsrun.platform.Environments;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jpsrun run}: installs a manifest on an environment. */
@Command(name = "run", description = "Runs a manifest on an environment.", mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n", footer = {
            "  jpsrun run manifests/backup.yml --env demo --set backup_name=nightly",
            "  jpsrun run manifests/backup.yml --env demo --set backup_name=nightly \\",
            "      --set-file aws_secret_key=/root/secret-key --json"})
final class RunCommand implements Callable<Integer> {
    // Custom actions may call each other hundreds of levels deep.
    private static final long STACK_BYTES = 256L << 20;
    // How long a cancelled run may take to put back what a script began.
    private static final long CANCEL_MS = 10L * 60 * 1000;

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "MANIFEST", description = "File or http(s) URL of the manifest.")
    private String manifest;

    @Option(names = "--env", paramLabel = "NAME", required = true, description = "The environment to run on.")
    private String environment;

    @Mixin
    private SettingOptions settings = new SettingOptions();

    @Option(names = "--root", paramLabel = "LOCATION", description = "Folder or URL below which manifests may read files "
            + "too. The first folder is served to the nodes; it must hold the manifest. Default: the manifest's folder.")
    private List<String> roots = List.of();

    @Option(names = "--state", paramLabel = "DIR", description = "Folder of the environments. Default: $JPSRUN_STATE or /var/lib/jpsrun.")
    private Path state;

    @Option(names = "--json", description = "Print the final response as one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        // Everything said by a script goes to the log's stream, so that standard output holds the response alone.
        PrintStream log = json ? System.err : System.out;
        Map<String, Object> given = settings.values();
        Secrets secrets = new Secrets();
        settings.hidden().values().forEach(secrets::add);
        Environments environments = Main.environments(state);
        Resources resources = new Resources();
        String base = allow(environments, resources);
        Host host = new Host(environments.platform(environment), resources, new Console(log, secrets, Clock.systemDefaultZone()));
        FutureTask<Installation.Result> task = new FutureTask<>(() -> {
            Manifest loaded = host.loader().fromLink(link(), base);
            return new Installation(host, loaded, environment, given).run();
        });
        return finish(host, task, secrets);
    }

    private Integer finish(Host host, FutureTask<Installation.Result> task, Secrets secrets) {
        Thread thread = new Thread(null, task, "manifest", STACK_BYTES);
        Thread hook = new Thread(() -> cancel(host, thread), "cancel");
        Runtime.getRuntime().addShutdownHook(hook);
        thread.start();
        Installation.Result result;
        try {
            result = task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StackOverflowError) {
                throw new ParameterException(command.commandLine(), "manifest '" + manifest + "' is nested too deeply");
            }
            if (e.getCause() instanceof Error) {
                throw (Error) e.getCause();
            }
            throw (RuntimeException) e.getCause();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Main.FAILED;
        } finally {
            removeHook(hook);
        }
        return host.isCancelled() ? Main.CANCELLED : report(result, secrets);
    }

    private int report(Installation.Result result, Secrets secrets) {
        if (json) {
            System.out.println(secrets.mask(Json.write(result.response())));
        }
        Object message = result.response().get("message");
        if (result.succeeded()) {
            if (!json && message != null && !Values.text(message).isEmpty()) {
                System.out.println(secrets.mask(Values.text(message)));
            }
            return 0;
        }
        String action = result.action().isEmpty() ? "" : "action '" + result.action() + "': ";
        String text = result.location() + ": " + action + Values.text(message) + " (result "
                + Values.text(result.response().get("result")) + ")";
        System.err.println("jpsrun: " + secrets.mask(text));
        return Main.FAILED;
    }

    /**
     * Runs while the program is ending because of a signal, and gives it its exit code. The interrupt ends the one call
     * that runs now, and no later one. What still runs at the time's end is left alone: it may be putting things back.
     */
    private static void cancel(Host host, Thread thread) {
        host.cancel();
        thread.interrupt();
        try {
            thread.join(CANCEL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.err.println("jpsrun: cancelled");
        System.err.flush();
        // The virtual machine's own code tells the signal, which is not the same for SIGTERM.
        Runtime.getRuntime().halt(Main.CANCELLED);
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The program is ending already, and the hook with it: there is nothing left to remove.
            return;
        }
    }

    /** Allows what the manifest may read, and gives the base URL for its link. */
    private String allow(Environments environments, Resources resources) throws IOException {
        List<String> urls = new ArrayList<>();
        List<Path> folders = new ArrayList<>();
        roots.forEach(root -> {
            if (BaseUrl.isAbsolute(root)) {
                urls.add(root);
            } else {
                folders.add(Path.of(root));
            }
        });
        urls.forEach(resources::allowUrl);
        if (BaseUrl.isAbsolute(manifest)) {
            resources.allowUrl(BaseUrl.ofResource(manifest));
            for (Path folder : folders) {
                resources.allowDirectory(folder.toRealPath().toUri().toString(), folder);
            }
            return "";
        }
        Path file = manifestFile();
        Path root = folders.isEmpty() ? file.getParent() : folders.get(0).toRealPath();
        if (!file.startsWith(root)) {
            throw new ParameterException(command.commandLine(), "manifest '" + manifest + "' does not lie below '" + root
                    + "', the first --root");
        }
        for (Path folder : folders) {
            resources.allowDirectory(folder.toRealPath().toUri().toString(), folder);
        }
        String served = environments.serve(environment, root);
        resources.allowDirectory(served, root);
        String below = root.relativize(file.getParent()).toString();
        return below.isEmpty() ? served : served + below.replace(" ", "%20") + "/";
    }

    private String link() throws IOException {
        return BaseUrl.isAbsolute(manifest) ? manifest : manifestFile().getFileName().toString().replace(" ", "%20");
    }

    private Path manifestFile() throws IOException {
        Path file = Path.of(manifest);
        if (!Files.isRegularFile(file)) {
            throw new ParameterException(command.commandLine(), "manifest '" + manifest + "' is not a file");
        }
        return file.toRealPath();
    }
}
