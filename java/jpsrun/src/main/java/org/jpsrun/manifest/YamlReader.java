package org.jpsrun.manifest;

import java.io.StringReader;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** Reads YAML into maps and lists that know their lines. The text is hostile: everything is bounded. */
final class YamlReader {
    private static final int MAX_DEPTH = 100;
    private static final int MAX_ALIASES = 200;
    // Counted after aliases are expanded, so that a few lines cannot stand for millions of nodes.
    private static final int MAX_NODES = 200_000;

    private final String file;
    private final Scalars scalars;
    private int nodes;

    private YamlReader(String file, LoaderOptions options) {
        this.file = file;
        this.scalars = new Scalars(options);
    }

    /** Reads one document; an empty text gives null. */
    static Object read(String text, String file) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(true);
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setCodePointLimit(Resources.MAX_BYTES);
        options.setProcessComments(false);
        YamlReader reader = new YamlReader(file, options);
        try {
            Composer composer = new Composer(new ParserImpl(new StreamReader(new StringReader(text)), options),
                    new Resolver(), options);
            Node root = composer.getSingleNode();
            return root == null ? null : reader.value(root, 0);
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark() != null ? e.getProblemMark() : e.getContextMark();
            throw new ManifestException("manifest is not valid YAML: " + e.getProblem(),
                    mark == null ? new Location(file, 0) : new Location(file, mark.getLine() + 1),
                    "check the indentation and quotes around this line", e);
        } catch (YAMLException e) {
            throw new ManifestException("manifest is not valid YAML: " + e.getMessage(), new Location(file, 0), null, e);
        }
    }

    private Object value(Node node, int depth) {
        // An alias may refer to a node around itself, which only this check ends.
        if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
            throw new ManifestException(depth > MAX_DEPTH ? "manifest is nested more than " + MAX_DEPTH + " levels deep"
                    : "manifest has more than " + MAX_NODES + " values", location(node), null);
        }
        if (node instanceof MappingNode) {
            LocatedMap map = new LocatedMap(location(node));
            fill(map, (MappingNode) node, depth);
            return map;
        }
        if (node instanceof SequenceNode) {
            LocatedList list = new LocatedList();
            for (Node element : ((SequenceNode) node).getValue()) {
                list.add(value(element, depth + 1), location(element));
            }
            return list;
        }
        return scalars.value((ScalarNode) node);
    }

    private void fill(LocatedMap map, MappingNode node, int depth) {
        for (NodeTuple tuple : node.getValue()) {
            Node key = tuple.getKeyNode();
            if (!(key instanceof ScalarNode)) {
                throw new ManifestException("a key must be a text", location(key), "put quotes around the key");
            }
            if (Tag.MERGE.equals(key.getTag())) {
                merge(map, tuple.getValueNode(), depth);
            } else {
                map.put(((ScalarNode) key).getValue(), value(tuple.getValueNode(), depth + 1), location(key));
            }
        }
    }

    private void merge(LocatedMap map, Node source, int depth) {
        if (source instanceof SequenceNode) {
            ((SequenceNode) source).getValue().forEach(element -> merge(map, element, depth + 1));
            return;
        }
        Object value = value(source, depth + 1);
        if (!(value instanceof LocatedMap)) {
            throw new ManifestException("'<<' takes a mapping", location(source), null);
        }
        LocatedMap other = (LocatedMap) value;
        other.forEach((key, member) -> {
            if (!map.containsKey(key)) {
                map.put(key, member, other.locationOf(key));
            }
        });
    }

    private Location location(Node node) {
        return new Location(file, node.getStartMark().getLine() + 1);
    }

    /** Gives scalars their types; times and binary data stay text, as a manifest's values have no such types. */
    private static final class Scalars extends SafeConstructor {
        Scalars(LoaderOptions options) {
            super(options);
        }

        Object value(ScalarNode node) {
            Tag tag = node.getTag();
            boolean typed = Tag.INT.equals(tag) || Tag.FLOAT.equals(tag) || Tag.BOOL.equals(tag) || Tag.NULL.equals(tag);
            return typed ? constructObject(node) : node.getValue();
        }
    }
}
