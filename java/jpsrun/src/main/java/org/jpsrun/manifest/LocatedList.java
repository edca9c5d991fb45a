package org.jpsrun.manifest;

import java.util.ArrayList;
import java.util.List;

/** A sequence of a manifest that knows where its elements stand. */
public final class LocatedList extends ArrayList<Object> {
    private final transient List<Location> locations = new ArrayList<>();

    void add(Object value, Location location) {
        add(value);
        locations.add(location);
    }

    /** Where an element stands in any list; {@code otherwise} for a list without locations. */
    public static Location locate(List<Object> list, int index, Location otherwise) {
        if (!(list instanceof LocatedList)) {
            return otherwise;
        }
        List<Location> locations = ((LocatedList) list).locations;
        return index < locations.size() ? locations.get(index) : otherwise;
    }
}
