package org.jpsrun.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.jpsrun.flow.InvalidSettingException;
import org.jpsrun.local.LocalEnvironments;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.platform.EnvironmentException;
import org.jpsrun.platform.Environments;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command {@code jpsrun}. Exit codes: 0 success, 1 failure, 2 usage, 130 cancelled. */
@Command(name = "jpsrun", description = "Runs JPS manifests on environments of this machine.",
        subcommands = {RunCommand.class, EnvCommand.class, CommandLine.HelpCommand.class},
        mixinStandardHelpOptions = true, versionProvider = Main.Version.class, synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:success", "1:the manifest or the command failed", "2:wrong usage or settings", "130:cancelled"})
public final class Main {
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int CANCELLED = 130;

    private Main() {
    }

    /** Runs the command and ends the program with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command with all subcommands, as tests use it too. */
    static CommandLine commandLine() {
        // An argument that begins with '@' is one, for instance of a command on a node: no file to read options from.
        return new CommandLine(new Main()).setExpandAtFiles(false).setExecutionExceptionHandler((e, line, parsed) -> {
            PrintWriter err = line.getErr();
            if (e instanceof EnvironmentException) {
                report(err, e.getMessage(), ((EnvironmentException) e).hint());
            } else if (e instanceof ManifestException) {
                ManifestException failure = (ManifestException) e;
                report(err, (failure.location() == null ? "" : failure.location() + ": ") + e.getMessage(), failure.hint());
            } else if (e instanceof InvalidSettingException) {
                report(err, e.getMessage(), ((InvalidSettingException) e).hint());
                return USAGE;
            } else {
                throw e;
            }
            return FAILED;
        });
    }

    private static void report(PrintWriter err, String message, String hint) {
        err.println("jpsrun: " + message + (hint == null ? "" : " (" + hint + ")"));
        err.flush();
    }

    /** The environments of a state folder. */
    static Environments environments(Path stateRoot) {
        return new LocalEnvironments(stateRoot == null ? LocalEnvironments.defaultStateRoot() : stateRoot);
    }

    /** The version out of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"jpsrun " + (version == null ? "(not packaged)" : version)};
        }
    }
}
