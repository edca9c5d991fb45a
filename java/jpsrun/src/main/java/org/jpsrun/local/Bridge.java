package org.jpsrun.local;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/** The bridge that joins an environment's nodes and the host; its name comes from the environment's folder. */
final class Bridge {
    private final String tag;

    Bridge(Path environmentFolder) {
        tag = tag(environmentFolder);
    }

    /** Eight hexadecimal digits that tell environments of all state folders apart: interfaces' names are short. */
    static String tag(Path environmentFolder) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(environmentFolder.toString().getBytes(StandardCharsets.UTF_8));
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 4; i++) {
                text.append(String.format("%02x", digest[i]));
            }
            return text.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    String name() {
        return "jps" + tag;
    }

    boolean exists() {
        return Files.exists(Path.of("/sys/class/net", name()));
    }

    void start(Subnet subnet) {
        subnet.requireUnused(name());
        if (!exists()) {
            ip("make bridge '" + name() + "'", "link add " + name() + " type bridge\naddr add " + subnet.gateway() + "/24 dev "
                    + name() + "\nlink set " + name() + " up\n");
        }
    }

    /** Gives the network namespace of a process an eth0 on this bridge; the pair vanishes with the namespace. */
    void connect(long pid, int number) {
        String card = "jv" + tag + "-" + number;
        if (Files.exists(Path.of("/sys/class/net", card))) {
            // The kernel takes a dead namespace's interfaces away a little later.
            Command.run(Arrays.asList("ip", "link", "del", card), Command.noInput());
        }
        ip("connect node " + number, "link add " + card + " type veth peer name eth0 netns " + pid + "\nlink set " + card
                + " master " + name() + " up\n");
    }

    void remove() {
        if (exists()) {
            Command.require("remove bridge '" + name() + "'", Arrays.asList("ip", "link", "del", name()));
        }
    }

    private static void ip(String purpose, String batch) {
        List<String> command = Arrays.asList("ip", "-batch", "-");
        Command.require(purpose, command, batch);
    }
}
