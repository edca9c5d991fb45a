package org.jpsrun.manifest;

import java.net.URI;
import java.util.regex.Pattern;

/** The rules for a manifest's base URL and for the links that are relative to it. */
public final class BaseUrl {
    private static final int MAX_LINK = 2048;
    private static final Pattern NOT_A_LINK = Pattern.compile("[\\s;()]");
    private static final Pattern ABSOLUTE = Pattern.compile("(?i)^(https?|file)://.*");
    private static final Pattern GITHUB = Pattern.compile("(?i)^(https?://github\\.com/[^/]+/[^/]+)/blob/");

    private BaseUrl() {
    }

    /** Whether a text can be a link: it has no white space, semicolon or round bracket. */
    public static boolean isLink(String text) {
        return !text.isEmpty() && text.length() <= MAX_LINK && !NOT_A_LINK.matcher(text).find();
    }

    /** Whether a text begins like a URL. */
    public static boolean isAbsolute(String text) {
        return ABSOLUTE.matcher(text).matches();
    }

    /** A base URL with a slash at its end, and GitHub's page for a folder turned into its raw files. */
    public static String normalize(String url) {
        String raw = GITHUB.matcher(url).replaceFirst("$1/raw/");
        return raw.endsWith("/") ? raw : raw + "/";
    }

    /** The base URL of what was loaded from a URL: its folder. */
    public static String ofResource(String url) {
        int query = url.indexOf('?');
        String path = query < 0 ? url : url.substring(0, query);
        return normalize(path.substring(0, path.lastIndexOf('/') + 1));
    }

    /** The URL of a link, without `.` and `..`; a leading slash means the base, not the host's root. */
    static URI resolve(String link, String base) {
        try {
            String text = isAbsolute(link) ? GITHUB.matcher(link).replaceFirst("$1/raw/")
                    : base + (link.startsWith("/") ? link.substring(1) : link);
            return URI.create(text).normalize();
        } catch (IllegalArgumentException e) {
            throw new ManifestException("'" + link + "' is not a link", null, null, e);
        }
    }
}
