package org.jpsrun.value;

/** The value of a name that nothing defines; a defined null is Java's null. */
public final class Undefined {
    /** The only instance. */
    public static final Undefined UNDEFINED = new Undefined();

    private Undefined() {
    }

    @Override
    public String toString() {
        return "undefined";
    }
}
