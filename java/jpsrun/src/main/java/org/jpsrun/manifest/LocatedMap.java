package org.jpsrun.manifest;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** A mapping of a manifest that knows where its keys stand. */
public final class LocatedMap extends LinkedHashMap<String, Object> {
    private final transient Location start;
    private final transient Map<String, Location> locations = new HashMap<>();

    /** An empty mapping that begins at this place. */
    public LocatedMap(Location start) {
        this.start = start;
    }

    /** Adds a member, or replaces it where the first of several equal keys stood: the last one's value wins. */
    void put(String key, Object value, Location location) {
        put(key, value);
        locations.put(key, location);
    }

    /** A copy of the mapping itself; its members' values are the same. */
    public LocatedMap copy() {
        LocatedMap copy = new LocatedMap(start);
        copy.putAll(this);
        copy.locations.putAll(locations);
        return copy;
    }

    /** Where the mapping begins. */
    public Location start() {
        return start;
    }

    /** Where the key stands, or where the mapping begins when the key came later. */
    public Location locationOf(String key) {
        return locations.getOrDefault(key, start);
    }

    /** Where a value's key stands in any map; {@code otherwise} for a map without locations. */
    public static Location locate(Map<String, Object> map, String key, Location otherwise) {
        return map instanceof LocatedMap ? ((LocatedMap) map).locationOf(key) : otherwise;
    }
}
