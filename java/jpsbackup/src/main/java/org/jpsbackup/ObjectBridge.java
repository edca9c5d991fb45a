package org.jpsbackup;

import java.util.function.Consumer;

/** What the native library calls for each object of a listing. */
final class ObjectBridge {
    private final Consumer<? super ObjectInfo> each;

    ObjectBridge(Consumer<? super ObjectInfo> each) {
        this.each = each;
    }

    void object(ObjectInfo info) {
        each.accept(info);
    }
}
