package org.jpsrun.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;

/** Builds a node's folder: its root on the host's disk, the programs that serve it, its mounts. */
final class NodeRoot {
    /** What nodes take from the host's /etc; the rest is the host's own business. */
    private static final String HOST_ETC = "{alternatives,bash.bashrc,ca-certificates*,debian_version,environment,haproxy,host.conf,"
            + "inputrc,java-*,ld.so.*,locale.alias,localtime,login.defs,magic,mime.types,mysql,nsswitch.conf,os-release,pam.d,perl,"
            + "profile,profile.d,protocols,python3*,rpc,security,services,shells,skel,ssl,terminfo,timezone,xattr.conf}";

    private final Path folder;
    private final Path root;

    NodeRoot(Path folder) {
        this.folder = folder;
        root = folder.resolve("root");
    }

    void build(Environment environment, Definition definition, Definition.Group group, Node node, Placeholders placeholders) {
        try {
            makeBase(environment, node, group);
            for (Definition.Directory entry : group.directories) {
                Path path = target(placeholders.resolve(entry.path));
                if (Files.isSymbolicLink(path)) {
                    throw new EnvironmentException("'" + entry.path + "' is a link on nodes", "name the place itself");
                }
                Files.createDirectories(path);
                own(path, entry.owner, entry.mode);
            }
            for (Definition.FileEntry entry : group.files) {
                addFile(definition.folder, entry, placeholders);
            }
            writeVariables(definition, group, placeholders);
            writePrograms(group, placeholders);
            writeMounts(definition.folder, group, placeholders);
        } catch (IOException e) {
            throw new EnvironmentException("cannot build node " + node.id + " of group '" + node.group + "': " + e,
                    "look for space and rights in '" + folder + "'", e);
        }
    }

    private void makeBase(Environment environment, Node node, Definition.Group group) throws IOException {
        for (String name : ("usr etc dev proc sys run tmp root home data opt srv mnt share .jpsrun var/lib/mysql var/lib/haproxy var/log"
                + " var/cache var/tmp var/spool var/mail var/backups").split(" ")) {
            Files.createDirectories(root.resolve(name));
        }
        Files.createDirectories(folder.resolve("usr-local/sbin"));
        Files.createDirectories(folder.resolve("usr-local/bin"));
        for (String name : "bin sbin lib lib32 lib64 libx32".split(" ")) {
            if (Files.exists(Path.of("/usr", name))) {
                Files.createSymbolicLink(root.resolve(name), Path.of("usr", name));
            }
        }
        Files.createSymbolicLink(root.resolve("var/run"), Path.of("/run"));
        Files.createSymbolicLink(root.resolve("var/lock"), Path.of("/run/lock"));
        own(root, "root", 0755);
        own(root.resolve("tmp"), "root", 01777);
        own(root.resolve("var/tmp"), "root", 01777);
        own(root.resolve("root"), "root", 0700);
        own(root.resolve("var/lib/mysql"), "mysql", 0755);

        List<String> copy = new ArrayList<>(Arrays.asList("cp", "-a", "-t", root.resolve("etc").toString()));
        try (DirectoryStream<Path> names = Files.newDirectoryStream(Path.of("/etc"), HOST_ETC)) {
            names.forEach(name -> copy.add(name.toString()));
        }
        Command.require("copy the host's settings", copy);
        Command.require("leave out the host's keys", Arrays.asList("rm", "-rf", "--", root.resolve("etc/ssl/private").toString()));
        write("etc/passwd", Users.passwd(), 0644);
        write("etc/group", Users.group(), 0644);
        write("etc/shadow", Users.shadow(), 0600);
        write("etc/hostname", node.hostname + "\n", 0644);
        Files.createSymbolicLink(root.resolve("etc/mtab"), Path.of("../proc/self/mounts"));
        write("etc/resolv.conf", "# nodes have names in /etc/hosts only\n", 0644);
    }

    /** Names of all nodes; written when all groups are known. */
    void writeHosts(String hosts) {
        try {
            write("etc/hosts", hosts, 0644);
        } catch (IOException e) {
            throw new EnvironmentException("cannot write '" + root.resolve("etc/hosts") + "': " + e.getMessage(), null, e);
        }
    }

    private void addFile(Path definitionFolder, Definition.FileEntry entry, Placeholders placeholders) throws IOException {
        Path path = target(placeholders.resolve(entry.path));
        Files.createDirectories(path.getParent());
        if (Files.isSymbolicLink(path)) {
            // Replaced, not followed: what the host's settings link to is the host's.
            Files.delete(path);
        }
        if (entry.content != null) {
            Files.writeString(path, placeholders.resolve(entry.content));
            own(path, entry.owner, entry.mode);
            return;
        }
        Path source = definitionFolder.resolve(placeholders.resolve(entry.source)).normalize();
        if (!Files.exists(source)) {
            throw new EnvironmentException("file '" + source + "', which the definition names, does not exist",
                    "build or fetch it first, or correct 'source'");
        }
        // Owners of the host's tree mean nothing on a node; links inside the tree stay links.
        Command.require("copy '" + source + "' to the node", Arrays.asList("cp", "-a", "--reflink=auto", "-T", "--",
                source.toRealPath().toString(), path.toString()));
        String id = String.valueOf(Users.id(entry.owner));
        Command.require("give '" + path + "' its owner", Arrays.asList("chown", "-hR", id + ":" + id, "--", path.toString()));
        if (entry.mode >= 0) {
            setMode(path, entry.mode);
        }
    }

    private void writeVariables(Definition definition, Definition.Group group, Placeholders placeholders) throws IOException {
        Map<String, String> variables = new java.util.LinkedHashMap<>();
        for (Map.Entry<String, String> entry : group.variables.entrySet()) {
            String value = placeholders.resolve(entry.getValue());
            Variables.check(entry.getKey(), value);
            variables.put(entry.getKey(), value);
        }
        write(".jelenv", Variables.format(variables), 0644);
        write("metadata_from_HOST", "JEL_CLOUDPROVIDER=" + definition.provider + "\nJEL_REGION=" + definition.region
                + "\nJEL_ENV_ROLE=" + definition.role + "\nJEL_AVAILABILITYZONE=" + definition.availabilityZone + "\n", 0644);
    }

    /** The programs lie outside the root and are mounted read-only, so that no node can change what the host calls. */
    private void writePrograms(Definition.Group group, Placeholders placeholders) throws IOException {
        Path programs = folder.resolve("programs");
        Files.createDirectories(programs.resolve("services"));
        for (String[] program : new String[][] {{"run.sh", "run"}, {"as.sh", "as"}, {"wait.sh", "wait"},
            {"service.sh", "service"}, {"bounding-set", "bounding-set"}}) {
            Files.write(programs.resolve(program[1]), resource(program[0]));
        }
        setMode(programs.resolve("service"), 0755);
        Files.write(folder.resolve("init.sh"), resource("init.sh"));
        for (Map.Entry<String, Definition.Service> service : group.services.entrySet()) {
            Path settings = Files.createDirectory(programs.resolve("services").resolve(service.getKey()));
            for (Map.Entry<String, String> setting : service.getValue().settings.entrySet()) {
                Files.writeString(settings.resolve(setting.getKey()), placeholders.resolve(setting.getValue()));
            }
        }
    }

    private void writeMounts(Path definitionFolder, Definition.Group group, Placeholders placeholders) throws IOException {
        StringBuilder mounts = new StringBuilder();
        for (Definition.Mount mount : group.mounts) {
            Path source = definitionFolder.resolve(placeholders.resolve(mount.source)).normalize();
            if (!Files.isDirectory(source)) {
                throw new EnvironmentException("folder '" + source + "', which the definition mounts, does not exist",
                        "make it first, or correct 'source'");
            }
            mounts.append(source.toRealPath()).append('\0').append(checked(placeholders.resolve(mount.target))).append('\0');
        }
        Files.writeString(folder.resolve("mounts"), mounts.toString());
    }

    /** Where a node's path lies on the host. It must not go through a link: that could lead out of the root. */
    private Path target(String path) {
        Path result = root;
        for (Path part : checked(path)) {
            if (Files.isSymbolicLink(result)) {
                throw new EnvironmentException("'" + path + "' goes through the link '" + result + "'", "name the place itself");
            }
            result = result.resolve(part);
        }
        return result;
    }

    private static Path checked(String path) {
        Path parsed = Path.of(path);
        if (!parsed.isAbsolute() || !parsed.normalize().equals(parsed) || parsed.getNameCount() == 0
                || path.indexOf('\n') >= 0) {
            throw new EnvironmentException("'" + path + "' is no place for a file of a node", "give an absolute path without '..'");
        }
        return parsed;
    }

    private void write(String name, String content, int mode) throws IOException {
        Path path = root.resolve(name);
        Files.write(path, content.getBytes(StandardCharsets.UTF_8));
        setMode(path, mode);
    }

    private static void own(Path path, String owner, int mode) throws IOException {
        int id = Users.id(owner);
        Files.setAttribute(path, "unix:uid", id, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:gid", id, LinkOption.NOFOLLOW_LINKS);
        setMode(path, mode);
    }

    private static void setMode(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = NodeRoot.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("the runner lacks its resource '" + name + "'");
            }
            return in.readAllBytes();
        }
    }
}
