package org.jpsrun.local;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpsrun.platform.EnvironmentException;

/** An IPv4 network of 256 addresses: node n has address n, the host's side of the bridge has 254. */
final class Subnet {
    private static final Pattern FORM = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.0/24");
    /** Highest number of a node in a network. */
    static final int MAX_NODES = 250;

    private final String base;

    private Subnet(String base) {
        this.base = base;
    }

    static Subnet parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || !isOctet(matcher.group(1)) || !isOctet(matcher.group(2)) || !isOctet(matcher.group(3))) {
            throw new EnvironmentException("network '" + text + "' is not of the form 'A.B.C.0/24'",
                    "choose a private network that this machine does not use, such as 10.99.7.0/24");
        }
        String base = text.substring(0, text.length() - "0/24".length());
        if (!base.matches("10\\..*|172\\.(1[6-9]|2\\d|3[01])\\..*|192\\.168\\..*")) {
            throw new EnvironmentException("network '" + text + "' is not private",
                    "choose one within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
        }
        return new Subnet(base);
    }

    private static boolean isOctet(String text) {
        return Integer.parseInt(text) <= 255;
    }

    String address(int number) {
        return base + number;
    }

    /** The host's address in this network. */
    String gateway() {
        return address(254);
    }

    @Override
    public String toString() {
        return base + "0/24";
    }

    /**
     * Refuses this network if an interface or a route of the machine uses a part of it already.
     *
     * @param ownBridge interface that may have it: the environment's own
     */
    void requireUnused(String ownBridge) {
        try {
            for (NetworkInterface card : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                for (InterfaceAddress address : card.getInterfaceAddresses()) {
                    if (!card.getName().equals(ownBridge) && address.getAddress() instanceof Inet4Address
                            && overlaps(number(address.getAddress().getAddress()), address.getNetworkPrefixLength())) {
                        throw used("interface '" + card.getName() + "'");
                    }
                }
            }
            for (String line : Files.readAllLines(Path.of("/proc/net/route"))) {
                String[] fields = line.trim().split("\\s+");
                if (fields.length < 8 || fields[0].equals("Iface") || fields[0].equals(ownBridge)) {
                    continue;
                }
                int mask = Integer.bitCount(Integer.parseUnsignedInt(fields[7], 16));
                // The kernel prints addresses as little-endian numbers.
                int destination = Integer.reverseBytes(Integer.parseUnsignedInt(fields[1], 16));
                if (mask > 0 && overlaps(destination, mask)) {
                    throw used("a route over interface '" + fields[0] + "'");
                }
            }
        } catch (IOException e) {
            throw new EnvironmentException("cannot list the machine's networks: " + e.getMessage(), null, e);
        }
    }

    boolean overlaps(int address, int prefix) {
        int shorter = Math.min(prefix, 24);
        if (shorter == 0) {
            return true;
        }
        int mask = -1 << (32 - shorter);
        String[] octets = base.split("\\.");
        int own = Integer.parseInt(octets[0]) << 24 | Integer.parseInt(octets[1]) << 16 | Integer.parseInt(octets[2]) << 8;
        return (own & mask) == (address & mask);
    }

    static int number(byte[] address) {
        return (address[0] & 255) << 24 | (address[1] & 255) << 16 | (address[2] & 255) << 8 | (address[3] & 255);
    }

    private EnvironmentException used(String by) {
        return new EnvironmentException("network '" + this + "' is in use by " + by,
                "choose another with the definition's 'network'");
    }
}
