package org.jpsbackup.script;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jpsbackup.Backups;
import org.jpsbackup.BrowseOptions;
import org.jpsbackup.Member;

/** The first members of an archive as plain values, no more than an answer should hold. */
final class MemberList {
    static final int MOST = 10_000;

    /** Ends the browsing. */
    private static final class Full extends RuntimeException {
        Full() {
            super("the list is full", null, false, false);
        }
    }

    private final List<Map<String, Object>> members = new ArrayList<>();
    private boolean more;

    static MemberList of(Backups backups, BrowseOptions options) {
        MemberList list = new MemberList();
        try {
            backups.browse(options, list::add, null);
        } catch (Full e) {
            list.more = true;
        }
        return list;
    }

    List<Map<String, Object>> members() {
        return members;
    }

    boolean more() {
        return more;
    }

    private void add(Member member) {
        if (members.size() == MOST) {
            throw new Full();
        }
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("path", member.path());
        plain.put("type", member.type().name().toLowerCase(Locale.ROOT));
        plain.put("bytes", member.bytes());
        plain.put("mode", (long) member.mode());
        plain.put("uid", member.uid());
        plain.put("gid", member.gid());
        putUnlessNull(plain, "user", member.user());
        putUnlessNull(plain, "group", member.group());
        plain.put("modified", member.modified().toString());
        putUnlessNull(plain, "link", member.link());
        putUnlessNull(plain, "trouble", member.trouble());
        members.add(plain);
    }

    private static void putUnlessNull(Map<String, Object> plain, String name, String value) {
        if (value != null) {
            plain.put(name, value);
        }
    }
}
