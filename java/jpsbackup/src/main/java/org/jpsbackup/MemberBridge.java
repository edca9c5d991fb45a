package org.jpsbackup;

import java.time.Instant;
import java.util.function.Consumer;

/** What the native library calls for each member of an archive. */
final class MemberBridge {
    private final Consumer<? super Member> each;

    MemberBridge(Consumer<? super Member> each) {
        this.each = each;
    }

    void member(byte[] path, int type, long bytes, int mode, long uid, long gid, byte[] user, byte[] group, long seconds, int nanoseconds,
            byte[] link, byte[] trouble) {
        Member member = new Member(Utf8.decode(path), Member.Type.of(type), bytes);
        member.mode = mode;
        member.uid = uid;
        member.gid = gid;
        member.user = optional(user);
        member.group = optional(group);
        member.modified = instant(seconds, nanoseconds);
        member.link = optional(link);
        member.trouble = optional(trouble);
        each.accept(member);
    }

    private static String optional(byte[] text) {
        return text == null ? null : Utf8.decode(text);
    }

    /** What an archive says may lie beyond what Java's calendar holds. */
    private static Instant instant(long seconds, int nanoseconds) {
        if (seconds >= Instant.MAX.getEpochSecond()) {
            return Instant.MAX;
        }
        return seconds <= Instant.MIN.getEpochSecond() ? Instant.MIN : Instant.ofEpochSecond(seconds, nanoseconds);
    }

    static native byte[] browse(long store, long operation, byte[] bucket, byte[] name, byte[] timestamp, byte[] mode, byte[] object,
            byte[] path, byte[][] decryption, MemberBridge bridge);
}
