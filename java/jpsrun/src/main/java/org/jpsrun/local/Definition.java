package org.jpsrun.local;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a definition file says, checked in form; texts still hold their placeholders ({@link Placeholders}). */
final class Definition {
    /** Folder of the definition file, absolute. */
    Path folder;
    String name;
    String displayName;
    int uid;
    String owner;
    String region;
    String provider;
    String role;
    String availabilityZone;
    Subnet network;
    List<Group> groups;

    /** One node group; its nodes are alike. */
    static final class Group {
        String group;
        String nodeType;
        int count;
        /** Names by which the other nodes find this group's first node, beside the group's own. */
        List<String> aliases;
        /** Groups whose services are ready before this group's first setup or service starts. */
        List<String> after;
        Map<String, String> variables;
        List<Directory> directories;
        List<FileEntry> files;
        List<Mount> mounts;
        List<String> setup;
        Map<String, Service> services;
    }

    static final class Directory {
        String path;
        String owner;
        int mode;
    }

    /** A file, or a tree if the source is a folder. */
    static final class FileEntry {
        String path;
        /** File or folder on the host; null when there is content. */
        String source;
        String content;
        String owner;
        /** Permission bits; -1 to keep those of the source. */
        int mode;
    }

    static final class Mount {
        String source;
        String target;
    }

    /** Shell texts and settings by the names that the node's {@code service} command reads. */
    static final class Service {
        Map<String, String> settings;
    }
}
