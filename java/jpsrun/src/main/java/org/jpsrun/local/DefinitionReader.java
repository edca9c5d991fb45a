package org.jpsrun.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jpsrun.platform.EnvironmentException;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/** Reads and checks a definition file (docs/jpsrun-environments.md). */
final class DefinitionReader {
    private static final int MAX_BYTES = 1 << 20;
    private static final String NAME = "[a-z][a-z0-9-]{0,30}";
    private static final String[] SERVICE_SETTINGS = {"user", "start", "stop", "reload", "status", "ready", "healthy", "pidfile", "timeout"};

    private DefinitionReader() {}

    /** @param host gives the value of a variable of the runner's own process, or null */
    static Definition read(Path file, UnaryOperator<String> host) {
        Path path = file.toAbsolutePath().normalize();
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new EnvironmentException("definition '" + file + "' is larger than " + MAX_BYTES + " bytes",
                        "lay large files beside it and name them as 'source'");
            }
            Object document = yaml().load(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
            Definition definition = environment(new Fields(document, "definition '" + file + "'").resolvedBy(
                    text -> Placeholders.resolveHost(text, host)));
            definition.folder = path.getParent();
            return definition;
        } catch (YAMLException e) {
            throw new EnvironmentException("definition '" + file + "' is not YAML: " + e.getMessage(), null, e);
        } catch (IOException e) {
            throw new EnvironmentException("cannot read definition '" + file + "': " + e, "check the path", e);
        }
    }

    /** Every scalar stays text: a mode of 0640 or a version of 8.10 means what is written. */
    private static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_BYTES);
        options.setNestingDepthLimit(20);
        options.setMaxAliasesForCollections(50);
        options.setAllowDuplicateKeys(false);
        DumperOptions unused = new DumperOptions();
        return new Yaml(new SafeConstructor(options), new Representer(unused), unused, options, new Resolver() {
            @Override
            protected void addImplicitResolvers() {}
        });
    }

    private static Definition environment(Fields fields) {
        Definition definition = new Definition();
        definition.name = checked(fields, "name", NAME, "use up to 31 small letters, digits and '-', a letter first");
        definition.displayName = fields.text("displayName", definition.name);
        definition.uid = fields.number("uid", 1, 1, 999_999_999);
        definition.owner = fields.text("owner");
        definition.region = checked(fields, "region", "[A-Za-z0-9._-]{1,63}", "give it as the platform does: eu-west-1");
        definition.provider = checked(fields, "provider", "[a-z0-9]{1,31}", "aws, azure or ovh");
        definition.role = checked(fields, "role", "[a-z0-9]{1,31}", "dev, preprod or prod");
        definition.availabilityZone = fields.text("availabilityZone", definition.region + "a");
        definition.network = Subnet.parse(fields.text("network", "10.99.7.0/24"));
        definition.groups = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int nodes = 0;
        for (Fields group : fields.mappings("nodeGroups")) {
            Definition.Group read = group(group, names);
            nodes += read.count;
            definition.groups.add(read);
        }
        if (nodes == 0 || nodes > Subnet.MAX_NODES) {
            throw fields.error("'nodeGroups' make " + nodes + " nodes", "describe 1 to " + Subnet.MAX_NODES);
        }
        fields.refuseUnknown();
        return definition;
    }

    private static Definition.Group group(Fields fields, Set<String> names) {
        Definition.Group group = new Definition.Group();
        group.group = checked(fields, "group", NAME, "use small letters, digits and '-'");
        group.nodeType = fields.text("nodeType");
        group.count = fields.number("count", 1, 1, Subnet.MAX_NODES);
        group.aliases = fields.texts("aliases");
        group.after = fields.texts("after");
        for (String earlier : group.after) {
            // Also keeps groups from waiting for each other.
            if (!names.contains(earlier)) {
                throw fields.error("'after' names '" + earlier + "'", "name groups that are described above this one");
            }
        }
        if (!names.add(group.group)) {
            throw fields.error("there are two groups '" + group.group + "'", "give each group its own name");
        }
        for (String alias : group.aliases) {
            if (!alias.matches(NAME) || !names.add(alias)) {
                throw fields.error("alias '" + alias + "' is taken or no host name", "give each alias a name of its own");
            }
        }
        group.variables = fields.textMap("variables");
        for (Map.Entry<String, String> entry : group.variables.entrySet()) {
            Variables.check(entry.getKey(), entry.getValue());
        }
        readContents(fields, group);
        group.setup = fields.texts("setup");
        group.services = new LinkedHashMap<>();
        for (Map.Entry<String, Fields> entry : fields.fieldsMap("services").entrySet()) {
            group.services.put(entry.getKey(), service(entry.getKey(), entry.getValue()));
        }
        fields.refuseUnknown();
        return group;
    }

    private static void readContents(Fields fields, Definition.Group group) {
        group.directories = new ArrayList<>();
        for (Fields entry : fields.mappings("directories")) {
            Definition.Directory directory = new Definition.Directory();
            directory.path = absolute(entry, "path");
            directory.owner = entry.text("owner", "root");
            directory.mode = mode(entry, 0755);
            entry.refuseUnknown();
            group.directories.add(directory);
        }
        group.files = new ArrayList<>();
        for (Fields entry : fields.mappings("files")) {
            Definition.FileEntry file = new Definition.FileEntry();
            file.path = absolute(entry, "path");
            file.source = entry.text("source", null);
            file.content = entry.text("content", null);
            if ((file.source == null) == (file.content == null)) {
                throw entry.error("needs either 'source' or 'content'", null);
            }
            file.owner = entry.text("owner", "root");
            file.mode = mode(entry, file.source == null ? 0644 : -1);
            entry.refuseUnknown();
            group.files.add(file);
        }
        group.mounts = new ArrayList<>();
        for (Fields entry : fields.mappings("mounts")) {
            Definition.Mount mount = new Definition.Mount();
            mount.source = entry.text("source");
            mount.target = absolute(entry, "target");
            entry.refuseUnknown();
            group.mounts.add(mount);
        }
    }

    private static Definition.Service service(String name, Fields fields) {
        if (!name.matches("[A-Za-z0-9_-]{1,63}")) {
            throw fields.error("bad name of a service", "use letters, digits, '_' and '-'");
        }
        Definition.Service service = new Definition.Service();
        service.settings = new LinkedHashMap<>();
        fields.text("start");
        fields.number("timeout", 60, 1, 3600);
        for (String setting : SERVICE_SETTINGS) {
            if (fields.has(setting)) {
                service.settings.put(setting, fields.text(setting));
            }
        }
        fields.refuseUnknown();
        return service;
    }

    private static String checked(Fields fields, String name, String form, String hint) {
        String value = fields.text(name);
        if (!value.matches(form)) {
            throw fields.error("'" + name + "' is '" + value + "'", hint);
        }
        return value;
    }

    /** An absolute path; its placeholders are resolved and checked again when the node is built. */
    private static String absolute(Fields fields, String name) {
        String value = fields.text(name);
        if (!value.startsWith("/") && !value.startsWith("${")) {
            throw fields.error("'" + name + "' is '" + value + "'", "give an absolute path");
        }
        return value;
    }

    private static int mode(Fields fields, int fallback) {
        String value = fields.text("mode", null);
        if (value == null) {
            return fallback;
        }
        if (!value.matches("[0-7]{3,4}")) {
            throw fields.error("'mode' is '" + value + "'", "give three or four octal digits");
        }
        return Integer.parseInt(value, 8);
    }
}
