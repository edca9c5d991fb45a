package org.jpsrun.placeholder;

/** Gives values to the first part of a placeholder's path. */
public interface Scope {
    /**
     * The value of a name.
     *
     * @param name first part of the path: {@code settings}, {@code this}, {@code @i}
     * @return the value, which may be null; {@link org.jpsrun.value.Undefined#UNDEFINED} when nothing defines it
     */
    Object lookup(String name);
}
