package org.jpsrun.flow;

/** Result codes that the platform's users know. */
final class Codes {
    static final int UNKNOWN_ERROR = 99;
    static final int COMMAND_FAILED = 4109;
    static final int NODE_NOT_FOUND = 11022;
    static final int STOP_EVENT = 11031;
    static final int TEXT_RESPONSE = 11039;
    static final int INIT_ERROR = 11041;
    static final int MIXIN_NOT_LOADED = 11042;

    private Codes() {
    }
}
