package org.jpsrun.placeholder;

import static org.jpsrun.value.Undefined.UNDEFINED;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;

/** The functions {@code fn.*}. Thread-safe. */
public final class Functions {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int MAX_PASSWORD = 1024;

    private final String engineVersion;

    /** Functions of an engine with this version, which {@code fn.compareEngine} compares. */
    public Functions(String engineVersion) {
        this.engineVersion = engineVersion;
    }

    /** The function's value; UNDEFINED for an unknown name or arguments that it cannot use. */
    Object call(String name, List<String> arguments) {
        String first = arguments.isEmpty() ? null : arguments.get(0);
        try {
            switch (name) {
                case "password":
                    return password(first == null ? 10 : Integer.parseInt(first.trim()));
                case "random":
                    return random(arguments);
                case "uuid":
                    return UUID.randomUUID().toString();
                case "md5":
                    return md5(first == null ? "" : first);
                case "base64":
                    return Methods.toBase64(first == null ? "" : first);
                case "compare":
                    return arguments.size() < 2 ? 0 : compare(first, arguments.get(1));
                case "compareEngine":
                    return first == null ? 0 : compare(engineVersion, first);
                default:
                    return UNDEFINED;
            }
        } catch (NumberFormatException e) {
            return UNDEFINED;
        }
    }

    private static Object password(int length) {
        if (length < 1 || length > MAX_PASSWORD) {
            return UNDEFINED;
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < length; i++) {
            out.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
        }
        return out.toString();
    }

    private static Object random(List<String> arguments) {
        long min = 1_000_000;
        long max = 9_999_999;
        if (arguments.size() == 1) {
            min = 0;
            max = Long.parseLong(arguments.get(0).trim());
        } else if (arguments.size() > 1) {
            min = Long.parseLong(arguments.get(0).trim());
            max = Long.parseLong(arguments.get(1).trim());
        }
        if (min > max || max - min < 0 || max - min == Long.MAX_VALUE) {
            return UNDEFINED;
        }
        return min + (long) (RANDOM.nextDouble() * (max - min + 1));
    }

    static String md5(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
            return String.format("%032x", new BigInteger(1, digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    /** Compares dotted versions number by number; parts that one of them lacks count as 0. */
    static int compare(String left, String right) {
        String[] a = left.trim().split("[.-]");
        String[] b = right.trim().split("[.-]");
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            int order = comparePart(i < a.length ? a[i] : "0", i < b.length ? b[i] : "0");
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int comparePart(String a, String b) {
        boolean numbers = a.matches("\\d+") && b.matches("\\d+");
        return Integer.signum(numbers ? new BigInteger(a).compareTo(new BigInteger(b)) : a.compareTo(b));
    }
}
