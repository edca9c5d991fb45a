package org.jpsrun.local;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;

/** The users of every node. Their numbers are fixed, whatever the host's are, so that trees of two nodes compare. */
final class Users {
    private static final Map<String, String[]> USERS = new LinkedHashMap<>();

    static {
        add("root", 0, "/root", "/bin/bash");
        add("daemon", 1, "/usr/sbin", "/usr/sbin/nologin");
        add("bin", 2, "/bin", "/usr/sbin/nologin");
        add("mail", 8, "/var/mail", "/usr/sbin/nologin");
        add("www-data", 33, "/var/www", "/usr/sbin/nologin");
        add("tomcat", 700, "/opt/tomcat", "/bin/bash");
        add("mysql", 701, "/var/lib/mysql", "/bin/false");
        add("haproxy", 702, "/var/lib/haproxy", "/usr/sbin/nologin");
        add("nobody", 65534, "/nonexistent", "/usr/sbin/nologin");
    }

    private Users() {}

    private static void add(String name, int id, String home, String shell) {
        USERS.put(name, new String[] {String.valueOf(id), home, shell});
    }

    /** The user's and the group's number, which are the same on nodes. */
    static int id(String name) {
        String[] user = USERS.get(name);
        if (user == null) {
            throw new EnvironmentException("no user '" + name + "' on nodes", "there are " + String.join(", ", USERS.keySet()));
        }
        return Integer.parseInt(user[0]);
    }

    static String passwd() {
        StringBuilder text = new StringBuilder();
        USERS.forEach((name, user) -> text.append(name).append(":x:").append(user[0]).append(':').append(user[0]).append(':')
                .append(name).append(':').append(user[1]).append(':').append(user[2]).append('\n'));
        return text.toString();
    }

    static String group() {
        StringBuilder text = new StringBuilder();
        USERS.forEach((name, user) -> text.append(name.equals("nobody") ? "nogroup" : name).append(":x:").append(user[0])
                .append(":\n"));
        return text.append("tty:x:5:\nadm:x:4:\nshadow:x:42:\n").toString();
    }

    static String shadow() {
        StringBuilder text = new StringBuilder();
        USERS.keySet().forEach(name -> text.append(name).append(":*:19000:0:99999:7:::\n"));
        return text.toString();
    }
}
