package org.jpsrun.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jpsrun.platform.EnvironmentException;

/** One node as processes: namespaces that live as long as their process 1, which outlives this runner. */
final class LocalNode {
    private static final long END_TIMEOUT_MS = 10_000;

    private final Path folder;
    final Node node;

    LocalNode(Path environmentFolder, Node node) {
        this.node = node;
        folder = folder(environmentFolder, node.id);
    }

    static Path folder(Path environmentFolder, int id) {
        return environmentFolder.resolve("nodes").resolve(String.valueOf(id));
    }

    /** The node's process 1 by the host's numbers, or 0 when the node does not run. */
    long pid() {
        return pid(folder);
    }

    private static long pid(Path folder) {
        try {
            String[] parts = Files.readString(folder.resolve("pid")).trim().split(" ");
            String stat = Files.readString(Path.of("/proc", parts[0], "stat"));
            // Behind the program's name, which may hold blanks: state is the first field, the start time the 20th.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            boolean same = fields[19].equals(parts[1]) && !fields[0].equals("Z") && !fields[0].equals("X");
            return same ? Long.parseLong(parts[0]) : 0;
        } catch (IOException | IndexOutOfBoundsException e) {
            return 0;
        }
    }

    boolean runs() {
        return pid() != 0;
    }

    /** Brings the node up, without its services. */
    void start(Bridge bridge) {
        Process process = null;
        try {
            Files.deleteIfExists(startedMark());
            process = Command.builder(Arrays.asList("setsid", "unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork",
                    "--propagation", "private", "/bin/bash", folder.resolve("init.sh").toString(), folder.toString(), node.hostname,
                    node.address + "/24")).redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile())).start();
            BufferedReader answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            expect(answers, "up");
            bridge.connect(pid(), Integer.parseInt(node.address.substring(node.address.lastIndexOf('.') + 1)));
            process.getOutputStream().write("go\n".getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            expect(answers, "ready");
            // From here on the node has streams of its own.
            process.getOutputStream().close();
            answers.close();
        } catch (IOException | RuntimeException e) {
            end();
            if (process != null) {
                process.destroyForcibly();
            }
            if (e instanceof EnvironmentException) {
                throw (EnvironmentException) e;
            }
            throw new EnvironmentException("cannot start node " + node.id + ": " + e, null, e);
        }
    }

    private void expect(BufferedReader answers, String word) throws IOException {
        if (!word.equals(answers.readLine())) {
            String log = Files.readString(folder.resolve("log"));
            throw new EnvironmentException("cannot start node " + node.id + " of group '" + node.group + "': "
                    + log.substring(Math.max(0, log.length() - 2000)).trim(), "nodes need root's rights and kernel namespaces");
        }
    }

    /** Ends the node at once, with all that runs on it; its files stay. */
    void end() {
        end(folder);
    }

    /** As {@link #end()}, for a node of which only the folder is known. */
    static void end(Path folder) {
        long pid = pid(folder);
        try {
            if (pid != 0) {
                // The kernel ends every process of the PID namespace with its first.
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
                long deadline = System.nanoTime() + END_TIMEOUT_MS * 1_000_000;
                while (pid(folder) != 0) {
                    if (System.nanoTime() > deadline) {
                        throw new EnvironmentException("process " + pid + " of the node in '" + folder + "' does not end",
                                "look what it waits for in /proc/" + pid + "/wchan");
                    }
                    Thread.sleep(5);
                }
            }
            Files.deleteIfExists(folder.resolve("pid"));
            Files.deleteIfExists(folder.resolve("started"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EnvironmentException("ending the node in '" + folder + "' was interrupted", null,
                    new InterruptedIOException());
        } catch (IOException e) {
            throw new EnvironmentException("cannot end the node in '" + folder + "': " + e, null, e);
        }
    }

    /** The host's command line that runs something on this node as a user; see run.sh. */
    List<String> commandLine(String user, String... arguments) {
        long pid = pid();
        if (pid == 0) {
            throw new EnvironmentException("node " + node.id + " of group '" + node.group + "' does not run",
                    "start its environment with 'jpsrun env start'");
        }
        List<String> command = new ArrayList<>(Arrays.asList("nsenter", "--target", String.valueOf(pid), "--mount", "--uts", "--ipc",
                "--net", "--pid", "--", "/bin/bash", "/.jpsrun/run", user));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    /**
     * As {@link #commandLine}, in a session of its own: a terminal's signals are for the runner alone, which ends what
     * shall end, and lets go on what puts something back.
     */
    private List<String> ownSession(String user, String... arguments) {
        List<String> command = commandLine(user, arguments);
        command.add(0, "setsid");
        return command;
    }

    /** Runs a shell script as a user; it travels by a pipe, for everybody sees arguments. */
    Command.Result script(String user, String script, boolean sayYes) {
        if (script.indexOf('\0') >= 0) {
            throw new EnvironmentException("a command for node " + node.id + " holds a zero byte", "write binary data with the file API");
        }
        return Command.run(ownSession(user, "script", sayYes ? "yes" : "no"), script.getBytes(StandardCharsets.UTF_8));
    }

    /** Runs a program as root with this standard input. */
    Command.Result command(byte[] input, String... command) {
        String[] arguments = new String[command.length + 1];
        arguments[0] = "command";
        System.arraycopy(command, 0, arguments, 1, command.length);
        return Command.run(ownSession("root", arguments), input);
    }

    /** Brings up what runs on the node; the first time, what makes it ready for that. */
    void startServices() {
        try {
            Path ready = folder.resolve("setup-done");
            if (!Files.exists(ready)) {
                for (String script : node.setup) {
                    requireScript("set up", script);
                }
                Files.createFile(ready);
            }
            for (String service : node.services) {
                requireScript("start '" + service + "' on", "service " + service + " start && service " + service + " await");
            }
            Files.createFile(startedMark());
        } catch (IOException e) {
            throw new EnvironmentException("cannot start the services of node " + node.id + ": " + e, null, e);
        }
    }

    /** Ends what runs on the node in its own way, last started first. */
    void stopServices() {
        for (int i = node.services.size() - 1; i >= 0; i--) {
            requireScript("stop '" + node.services.get(i) + "' on", "service " + node.services.get(i) + " stop");
        }
    }

    private void requireScript(String purpose, String script) {
        Command.Result result = script("root", script, false);
        if (result.status != 0) {
            String errors = result.errText();
            throw new EnvironmentException("cannot " + purpose + " node " + node.id + " of group '" + node.group + "': exit status "
                    + result.status + ", " + errors.substring(Math.max(0, errors.length() - 2000)),
                    "'jpsrun env exec' runs commands on the node; its root is '" + folder.resolve("root") + "'");
        }
    }

    private Path startedMark() {
        return folder.resolve("started");
    }

    /** Whether all services were started since the node came up; what a manifest stopped later stays stopped. */
    boolean wasStarted() {
        return runs() && Files.exists(startedMark());
    }
}
