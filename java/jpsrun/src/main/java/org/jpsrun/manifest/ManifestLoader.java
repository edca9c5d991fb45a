package org.jpsrun.manifest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** Turns a link, a text or a mapping into a {@link Manifest} with its mixins included. */
public final class ManifestLoader {
    private static final int MAX_MIXINS = 200;
    private static final List<String> MIXABLE = List.of("globals", "actions", "addons", "responses");

    private final Resources resources;
    private final Log log;

    /** Told about each mixin as it is loaded. */
    public interface Log {
        /** Gets one line of the console log. */
        void line(String text);
    }

    /** Loads what {@code resources} allows. */
    public ManifestLoader(Resources resources, Log log) {
        this.resources = resources;
        this.log = log;
    }

    /** Loads the manifest that a link refers to. */
    public Manifest fromLink(String link, String base) {
        Resources.Text text = resources.load(link, base);
        LocatedMap map = ManifestReader.read(text.body(), text.name());
        return fromMap(map, map.start(), BaseUrl.ofResource(Resources.absolute(link, base)));
    }

    /** Loads a manifest from its text. */
    public Manifest fromText(String text, String name, String base) {
        LocatedMap map = ManifestReader.read(text, name);
        return fromMap(map, map.start(), base);
    }

    /**
     * Includes the mixins of a manifest that is read already.
     *
     * @param base base URL of relative links, unless the manifest has its own
     */
    public Manifest fromMap(Map<String, Object> root, Location start, String base) {
        Object own = root.get("baseUrl");
        String baseUrl = own instanceof String && !((String) own).isBlank() ? BaseUrl.normalize(((String) own).trim()) : base;
        Object mixins = root.get("mixins");
        if (mixins == null) {
            return new Manifest(root, start, baseUrl);
        }
        log.line("BEGIN MIXINS INITIALIZATION");
        List<LocatedMap> loaded = new ArrayList<>();
        collect(mixins, baseUrl, LocatedMap.locate(root, "mixins", start), new HashSet<>(), loaded);
        log.line("END MIXINS INITIALIZATION");
        LocatedMap whole = new LocatedMap(start);
        root.forEach((key, value) -> whole.put(key, value, LocatedMap.locate(root, key, start)));
        for (String name : MIXABLE) {
            Location place = LocatedMap.locate(root, name, start);
            Object mixed = name.equals("addons") ? joined(loaded, root, name) : overlaid(loaded, root, name, place);
            if (mixed != null) {
                whole.put(name, mixed, place);
            }
        }
        return new Manifest(whole, start, baseUrl);
    }

    /** Lists all mixins so that each stands after those that it includes itself: what comes later wins. */
    private void collect(Object mixins, String baseUrl, Location location, Set<String> seen, List<LocatedMap> loaded) {
        List<Object> list = Values.asList(mixins);
        for (int i = 0; i < list.size(); i++) {
            LocatedMap mixin = loadMixin(list.get(i), baseUrl, LocatedList.locate(list, i, location), seen);
            if (mixin != null) {
                collect(mixin.get("mixins"), baseUrl, mixin.locationOf("mixins"), seen, loaded);
                loaded.add(mixin);
            }
        }
    }

    private LocatedMap loadMixin(Object mixin, String baseUrl, Location place, Set<String> seen) {
        boolean isLink = mixin instanceof String;
        String identity = isLink ? Resources.absolute((String) mixin, baseUrl) : Json.write(mixin);
        if (!seen.add(identity)) {
            return null;
        }
        if (seen.size() > MAX_MIXINS) {
            throw new ManifestException("manifest has more than " + MAX_MIXINS + " mixins", place, null);
        }
        if (mixin instanceof LocatedMap) {
            return (LocatedMap) mixin;
        }
        if (!isLink) {
            throw new ManifestException("a mixin must be a link or a mapping", place, null);
        }
        try {
            Resources.Text text = resources.load((String) mixin, baseUrl);
            log.line("mixin: " + mixin);
            return ManifestReader.read(text.body(), text.name());
        } catch (ManifestException e) {
            throw new ManifestException("mixin '" + mixin + "' is not loaded: "
                    + (e.location() == null ? "" : e.location() + ": ") + e.getMessage(), place, e.hint(), e);
        }
    }

    private static Object joined(List<LocatedMap> mixins, Map<String, Object> root, String name) {
        List<Object> all = new ArrayList<>(Values.asList(root.get(name)));
        mixins.forEach(mixin -> all.addAll(Values.asList(mixin.get(name))));
        return all.isEmpty() ? null : all;
    }

    private static Object overlaid(List<LocatedMap> mixins, Map<String, Object> root, String name, Location place) {
        LocatedMap all = new LocatedMap(place);
        mixins.forEach(mixin -> addMembers(all, mixin.get(name), mixin.locationOf(name), name));
        addMembers(all, root.get(name), place, name);
        return all.isEmpty() ? null : all;
    }

    /** Adds the members of a mapping, or of a list of mappings, as old manifests write actions. */
    private static void addMembers(LocatedMap all, Object value, Location location, String name) {
        for (Object part : Values.asList(value)) {
            Map<String, Object> map = Values.map(part);
            if (map == null) {
                throw new ManifestException("'" + name + "' must be a mapping", location, null);
            }
            map.forEach((key, member) -> all.put(key, member, LocatedMap.locate(map, key, location)));
        }
    }
}
