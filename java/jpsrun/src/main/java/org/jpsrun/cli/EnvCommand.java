package org.jpsrun.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jpsrun.platform.Environments;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** {@code jpsrun env}: makes and drives environments on this machine. */
@Command(name = "env", description = "Makes and drives environments on this machine.", mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND", subcommands = CommandLine.HelpCommand.class)
final class EnvCommand {
    @Option(names = "--state", paramLabel = "DIR", scope = ScopeType.INHERIT,
            description = "Folder of the environments. Default: $JPSRUN_STATE or /var/lib/jpsrun.")
    private Path state;

    private Environments environments() {
        Environments environments = Main.environments(state);
        environments.endCommandsWithRunner();
        return environments;
    }

    @Command(name = "create", description = "Makes an environment as a definition file describes it.",
            mixinStandardHelpOptions = true)
    int create(@Parameters(paramLabel = "DEFINITION", description = "YAML file that describes the environment.") Path definition) {
        environments().create(definition, state);
        return 0;
    }

    @Command(name = "start", description = "Starts an environment's nodes and what runs on them.", mixinStandardHelpOptions = true)
    int start(@Parameters(paramLabel = "NAME", description = "The environment.") String name) {
        environments().start(name);
        return 0;
    }

    @Command(name = "stop", description = "Stops an environment and keeps its files.", mixinStandardHelpOptions = true)
    int stop(@Parameters(paramLabel = "NAME", description = "The environment.") String name) {
        environments().stop(name);
        return 0;
    }

    @Command(name = "destroy", description = "Removes an environment with all its files.", mixinStandardHelpOptions = true)
    int destroy(@Parameters(paramLabel = "NAME", description = "The environment.") String name) {
        environments().destroy(name);
        return 0;
    }

    @Command(name = "status", description = "Shows environments and their nodes.", mixinStandardHelpOptions = true)
    int status(@Parameters(paramLabel = "NAME", arity = "0..1", description = "One environment; all without.") String name,
            @Option(names = "--json", description = "Print JSON, one environment a line.") boolean json) {
        for (Map<String, Object> environment : environments().status(name)) {
            if (json) {
                System.out.println(Json.write(environment));
                continue;
            }
            environment.forEach((member, value) -> {
                if (!(value instanceof List)) {
                    System.out.println(member + ": " + Values.text(value));
                }
            });
            for (Object node : Values.asList(environment.get("nodes"))) {
                System.out.println("  " + Values.text(node));
            }
        }
        return 0;
    }

    @Command(name = "exec", description = "Runs a command on one node; its exit status becomes this command's.",
            mixinStandardHelpOptions = true, footerHeading = "%nExample:%n",
            footer = "  jpsrun env exec demo cp[1] --user tomcat -- ls -l /data")
    int exec(@Parameters(index = "0", paramLabel = "NAME", description = "The environment.") String name,
            @Parameters(index = "1", paramLabel = "NODE", description = "A node group, GROUP[INDEX] or a node's id.") String node,
            @Parameters(index = "2..*", arity = "1..*", paramLabel = "COMMAND", description = "Program and arguments.")
                    List<String> command,
            @Option(names = "--user", defaultValue = "root", description = "Unix user on the node. Default: ${DEFAULT-VALUE}.")
                    String user) {
        return environments().exec(name, node, user, command, System.in, System.out, System.err);
    }
}
