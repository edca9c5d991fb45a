package org.jpsrun.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jpsrun.platform.EnvironmentException;
import org.jpsrun.platform.Platform;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Real nodes: needs root's rights, and fails without them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LocalEnvironmentsSystemTest {
    private static final String HEADER = "owner: a@example.com\nregion: eu-west-1\nprovider: aws\nrole: prod\n";

    private Path folder;
    private LocalEnvironments environments;
    private Platform platform;

    /** One environment serves most tests; those that end nodes make their own. */
    @BeforeAll
    void startTwoNodes(@TempDir Path temporary) throws IOException {
        folder = temporary;
        environments = new LocalEnvironments(folder.resolve("state"));
        Files.createDirectories(folder.resolve("store"));
        create("two", "10.231.17.0/24",
                "- group: sqldb\n  nodeType: mariadb\n  aliases: [mysqldb]\n  setup: ['echo ready > /data/order']\n"
                + "- group: cp\n  nodeType: tomcat9\n  after: [sqldb]\n"
                + "  variables: {PLAIN: 'a b', QUOTES: \"it's \\\"$HOME\\\"\", DB_PASSWORD: hush}\n"
                + "  files: [{path: /data/sub/file, content: 'node ${node.id}', owner: tomcat, mode: 600}]\n"
                + "  mounts: [{source: " + folder.resolve("store") + ", target: /shared}]\n"
                + "  setup: ['echo once >> /data/setup', 'bash -c \"exec 3<>/dev/tcp/localhost/1\" 2>/dev/null || :']\n"
                + "  services: {app: {user: tomcat, start: 'echo started >> /tmp/starts; exec sleep 1000', ready: test -s /tmp/starts}}\n");
        environments.start("two");
        platform = environments.platform("two");
    }

    @AfterAll
    void leaveNothing() throws IOException {
        // Also what a failed test has left.
        for (String name : Arrays.asList("two", "again", "crash", "bad", "other")) {
            environments.destroy(name);
        }
        assertNothingLeft("two");
    }

    private void create(String name, String network, String groups) throws IOException {
        Path definition = folder.resolve(name + ".yml");
        Files.writeString(definition, "name: " + name + "\nnetwork: " + network + "\n" + HEADER + "nodeGroups:\n" + groups);
        environments.create(definition, folder.resolve("state"));
    }

    private Path environmentFolder(String name) {
        return folder.resolve("state").resolve(name);
    }

    private void assertNothingLeft(String name) throws IOException {
        Path gone = environmentFolder(name);
        String tag = Bridge.tag(gone);
        assertFalse(Files.exists(gone));
        try (Stream<Path> cards = Files.list(Path.of("/sys/class/net"))) {
            assertEquals(Arrays.asList(), cards.filter(card -> card.toString().contains(tag)).collect(Collectors.toList()));
        }
        assertFalse(Files.readString(Path.of("/proc/self/mountinfo")).contains(gone.toString()));
        assertEquals(Arrays.asList(), processesMentioning(gone.toString()));
    }

    /** Processes of the host whose arguments hold a text; nodes' first programs name their folder. */
    private static List<Long> processesMentioning(String text) {
        return ProcessHandle.allProcesses().map(ProcessHandle::pid).filter(pid -> {
            try {
                return Files.readString(Path.of("/proc", pid.toString(), "cmdline"), StandardCharsets.ISO_8859_1).contains(text)
                        && pid != ProcessHandle.current().pid();
            } catch (IOException e) {
                return false;
            }
        }).collect(Collectors.toList());
    }

    private Map<String, Object> call(String method, Object... namesAndValues) {
        Map<String, Object> parameters = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parameters.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return platform.invoke(method, parameters);
    }

    private Map<String, Object> command(String script, Object... more) {
        Object[] all = Stream.concat(Stream.of("nodeGroup", "cp", "commandList", List.of(Map.of("command", script, "params", ""))),
                Stream.of(more)).toArray();
        return call("environment.control.ExecCmdByGroup", all);
    }

    private void assertOut(String expected, String script) {
        Map<String, Object> answer = command(script);
        assertEquals(0, answer.get("result"), answer.toString());
        assertEquals(expected, answer.get("out"), answer.toString());
    }

    @Test
    void answersCommandsAsThePlatformDoes() {
        Map<String, Object> answer = command("echo out; echo err >&2; exit 3");
        assertEquals(4109, answer.get("result"));
        assertEquals(3, answer.get("exitStatus"));
        assertEquals("out", answer.get("out"));
        assertEquals("err", answer.get("errOut"));
        Map<?, ?> response = (Map<?, ?>) ((List<?>) answer.get("responses")).get(0);
        assertEquals(4109, response.get("result"));
        assertEquals(answer.get("nodeid"), response.get("nodeid"));
        // One session: what one line sets the next one sees.
        assertOut("/data a", "cd /data\nx=a\necho $(pwd) $x");
    }

    @Test
    void runsAsTheUserAndWithTheVariables() {
        assertOut("root", "id -un");
        assertEquals("tomcat /opt/tomcat 700", command("echo $(id -un) $HOME $(id -u)", "userName", "tomcat").get("out"));
        assertEquals(126, command("true", "userName", "nobody-knows").get("exitStatus"));
        assertOut("a b|it's \"$HOME\"", "echo \"$PLAIN|$QUOTES\"");
    }

    @Test
    void saysYesUnlessToldNotTo() {
        assertOut("y", "read x; echo $x");
        assertEquals("none", command("read x || echo none", "sayYes", false).get("out"));
    }

    @Test
    void keepsScriptsOutOfTheProcessList() throws Exception {
        Thread sleeper = new Thread(() -> command("secret=se-cret-word; sleep 1"));
        sleeper.start();
        Thread.sleep(500);
        assertEquals(Arrays.asList(), processesMentioning("se-cret-word"));
        sleeper.join();
    }

    @Test
    void refusesEndlessOutput() {
        Map<String, Object> answer = command("head -c 9M /dev/zero");
        assertEquals(4, answer.get("result"));
        assertTrue(answer.get("error").toString().contains("8 MiB"), answer.toString());
    }

    @Test
    void nodesAreMachinesOfTheirOwn() {
        assertOut("1", "cat /proc/1/stat | cut -d' ' -f1");
        assertOut("lo eth0", "ip -o link | sed 's/[0-9]*: \\([a-z0-9]*\\).*/\\1/' | xargs");
        assertOut("10.231.17.1", "getent hosts mysqldb | cut -d' ' -f1");
        assertOut("JEL_REGION=eu-west-1", "grep REGION /metadata_from_HOST");
        assertEquals(0, command("mkdir /tmp/m; ! mount -t tmpfs x /tmp/m && ! touch /usr/x && ! touch /.jpsrun/run").get("result"));
        assertOut("0", "(sleep 0.01 &) ; sleep 0.2; ps -eo stat | grep -c '^Z' || :");
    }

    @Test
    void everyDirectoryCanBeRenamed() {
        assertOut("node", "mv /data /data.old && mkdir /data && mv /data.old/* /data && rmdir /data.old && cut -c1-4 /data/sub/file");
        assertEquals(0, command("for d in /opt /home /root /tmp /srv /var/lib /var/lib/mysql /var/log /etc; do"
                + " mv $d $d.old && mv $d.old $d || exit 1; done; cp -p /.jelenv /new && mv /new /.jelenv").get("result"));
    }

    @Test
    void sharedMountsAreSeenOnBothSides() throws IOException {
        Files.writeString(folder.resolve("store/from-host"), "hello");
        assertOut("hello", "cat /shared/from-host; echo back > /shared/from-node");
        assertEquals("back\n", Files.readString(folder.resolve("store/from-node")));
    }

    @Test
    void filesKeepModeAndOwner() {
        Object[] file = {"nodeGroup", "cp", "path", "/data/sub/kept", "body", "one\n"};
        assertEquals(0, call("environment.file.Create", "nodeGroup", "cp", "path", "/data/sub/kept").get("result"));
        assertEquals(4036, call("environment.file.Create", "nodeGroup", "cp", "path", "/data/sub/kept").get("result"));
        command("chown tomcat: /data/sub/kept; chmod 600 /data/sub/kept");
        assertEquals(0, call("environment.file.Write", file).get("result"));
        assertEquals(0, call("environment.file.Append", file).get("result"));
        assertEquals("one\none\n", call("environment.file.Read", file).get("body"));
        assertOut("600 tomcat", "stat -c '%a %U' /data/sub/kept");
        assertTrue(call("environment.file.GetList", "nodeGroup", "cp", "path", "/data/sub").get("array").toString().contains("name=kept"));
        assertEquals(0, call("environment.file.Delete", file).get("result"));
        assertEquals(4037, call("environment.file.Read", file).get("result"));
    }

    @Test
    void linksOnANodeDoNotLeadToTheHost() throws IOException {
        Path target = folder.resolve("untouched");
        Files.writeString(target, "host");
        command("mkdir -p " + folder + "; ln -sf " + target + " /data/link");
        assertEquals(0, call("environment.file.Write", "nodeGroup", "cp", "path", "/data/link", "body", "node").get("result"));
        assertEquals("host", Files.readString(target));
        assertEquals("node", call("environment.file.Read", "nodeGroup", "cp", "path", target.toString()).get("body"));
    }

    @Test
    void changesVariables() {
        assertEquals(0, call("environment.control.AddContainerEnvVars", "nodeGroup", "cp", "vars", "{\"NEW\":\"x=y z\",\"N\":5}").get("result"));
        assertOut("x=y z 5 a b", "echo $NEW $N $PLAIN");
        assertEquals(0, call("environment.control.RemoveContainerEnvVars", "nodeGroup", "cp", "vars", "[\"NEW\",\"N\"]").get("result"));
        Map<?, ?> left = (Map<?, ?>) call("environment.control.GetContainerEnvVars", "nodeGroup", "cp").get("object");
        assertEquals(List.of("PLAIN", "QUOTES", "DB_PASSWORD"), List.copyOf(left.keySet()));
    }

    @Test
    void controlsServices() {
        assertEquals("is running", command("service app status | cut -d' ' -f2,3").get("out"));
        assertOut("tomcat", "ps -o user= -p $(cat /run/app.pid)");
        assertEquals(0, command("before=$(cat /run/app.pid); service app restart && [ $before != $(cat /run/app.pid) ]").get("result"));
        assertEquals(0, command("service app stop; service app stop; service app status; [ $? = 3 ] && service app start && service app start").get("result"));
        assertEquals(2, command("service none start").get("exitStatus"));
        assertEquals(2, command("service ../app start").get("exitStatus"));
        assertEquals(1, command("service app stop", "userName", "tomcat").get("exitStatus"));
    }

    @Test
    void execGivesStreamsThrough() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = environments.exec("two", "cp[0]", "tomcat", Arrays.asList("sh", "-c", "id -un; cat; echo \"$1\" >&2; exit 5", "-", "a b"),
                new ByteArrayInputStream("input".getBytes(StandardCharsets.UTF_8)), out, err);
        assertEquals(5, status);
        assertEquals("tomcat\ninput", out.toString());
        assertEquals("a b\n", err.toString());
        assertThrows(EnvironmentException.class, () -> environments.exec("two", "cp[1]", "root", Arrays.asList("true"),
                new ByteArrayInputStream(new byte[0]), out, err));
    }

    @Test
    void servesFilesToNodes() throws IOException {
        Path served = Files.createDirectories(folder.resolve("served"));
        Files.writeString(served.resolve("x.yml"), "served");
        String base = environments.serve("two", served);
        assertTrue(base.matches("http://10\\.231\\.17\\.254:\\d+/"), base);
        assertOut("served", "curl -fsS " + base + "x.yml");
    }

    @Test
    void refusesWhatWouldCollide() {
        assertThrows(EnvironmentException.class, () -> create("two", "10.231.20.0/24", "- {group: cp, nodeType: t}\n"));
        assertThrows(EnvironmentException.class, () -> create("other", "10.231.17.0/24", "- {group: cp, nodeType: t}\n"));
        assertFalse(Files.exists(environmentFolder("other")));
        // Another state folder knows nothing of this one; the machine's networks tell.
        LocalEnvironments elsewhere = new LocalEnvironments(folder.resolve("elsewhere"));
        EnvironmentException e = assertThrows(EnvironmentException.class, () -> elsewhere.create(folder.resolve("other.yml"), null));
        assertTrue(e.getMessage().contains("is in use by"), e.getMessage());
    }

    @Test
    void aDefinitionThatCannotBeBuiltLeavesNothing() throws IOException {
        for (String line : List.of("files: [{path: /x, source: none}]", "mounts: [{source: none, target: /x}]",
                "files: [{path: /bin/x, content: x}]", "files: [{path: /data/../x, content: x}]", "files: [{path: /x, content: '${nothing}'}]",
                "directories: [{path: /x, owner: stranger}]")) {
            assertThrows(EnvironmentException.class, () -> create("bad", "10.231.21.0/24", "- group: cp\n  nodeType: t\n  " + line + "\n"), line);
            assertNothingLeft("bad");
        }
    }

    @Test
    void stopKeepsFilesAndStartDoesNotSetUpAgain() throws IOException {
        create("again", "10.231.18.0/24", "- group: cp\n  nodeType: t\n  setup: ['echo once >> /data/setup']\n"
                + "  services: {app: {start: exec sleep 1000}}\n");
        environments.start("again");
        String first = Files.readString(nodeFolder("again").resolve("pid"));
        environments.start("again");
        assertEquals(first, Files.readString(nodeFolder("again").resolve("pid")), "a running environment stays as it is");
        environments.stop("again");
        environments.stop("again");
        assertEquals("stopped", environments.status("again").get(0).get("status"));
        environments.start("again");
        assertEquals("once\n", Files.readString(nodeFolder("again").resolve("root/data/setup")));
        assertTrue(environments.status("again").toString().contains("app=running"));
        environments.destroy("again");
        environments.destroy("again");
        assertNothingLeft("again");
    }

    @Test
    void outlivesItsMakerAndSurvivesCrashes() throws Exception {
        create("crash", "10.231.19.0/24", "- {group: cp, nodeType: t, count: 2, setup: ['echo x > /data/x']}\n");
        Process maker = runner("start", "crash");
        assertEquals(0, maker.waitFor());
        assertEquals("running", environments.status("crash").get(0).get("status"));
        long pid = Long.parseLong(Files.readString(nodeFolder("crash").resolve("pid")).split(" ")[0]);
        ProcessHandle.of(pid).orElseThrow(IllegalStateException::new).destroyForcibly();
        for (int i = 0; i < 200 && environments.status("crash").get(0).get("status").equals("running"); i++) {
            Thread.sleep(10);
        }
        assertEquals("partly running", environments.status("crash").get(0).get("status"));
        environments.start("crash");
        assertEquals("running", environments.status("crash").get(0).get("status"));
        // As after a crash while it was made: what belongs to it is found all the same.
        Files.delete(environmentFolder("crash").resolve("environment.json"));
        environments.destroy("crash");
        assertNothingLeft("crash");
    }

    private Path nodeFolder(String name) throws IOException {
        try (Stream<Path> nodes = Files.list(environmentFolder(name).resolve("nodes"))) {
            return nodes.sorted().findFirst().orElseThrow(IllegalStateException::new);
        }
    }

    @Test
    void restartsANode() {
        assertEquals(0, command("touch /run/gone /data/kept").get("result"));
        assertEquals(0, call("environment.control.RestartNodesByGroup", "nodeGroup", "cp").get("result"));
        assertOut("is running", "[ ! -e /run/gone ] && [ -e /data/kept ] && service app status | cut -d' ' -f2,3");
    }

    @Test
    void commandsEndWithTheirRunner() throws Exception {
        Process runner = runner("exec", "two", "sleep", "987");
        for (int i = 0; i < 500 && !command("ps -eo args").get("out").toString().contains("sleep 987"); i++) {
            Thread.sleep(20);
        }
        assertTrue(command("ps -eo args").get("out").toString().contains("sleep 987"));
        runner.destroy();
        runner.waitFor();
        assertFalse(command("ps -eo args").get("out").toString().contains("sleep 987"));
    }

    private Process runner(String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(Arrays.asList(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp", System.getProperty("java.class.path"), Runner.class.getName(), folder.resolve("state").toString()));
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("runner.log").toFile()).start();
    }

    /** A runner of its own: STATE start NAME, or STATE exec NAME COMMAND... */
    static final class Runner {
        private Runner() {}

        public static void main(String[] arguments) {
            LocalEnvironments environments = new LocalEnvironments(Path.of(arguments[0]));
            environments.endCommandsWithRunner();
            if (arguments[1].equals("start")) {
                environments.start(arguments[2]);
            } else {
                environments.exec(arguments[2], "cp", "root", Arrays.asList(arguments).subList(3, arguments.length), System.in, System.out,
                        System.err);
            }
        }
    }
}
