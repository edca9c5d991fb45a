package org.jpsrun.local;

import java.util.List;

/** What is kept about one node: written once when its environment is created. */
final class Node {
    public int id;
    public String group;
    /** Position within its group, from 0; the first is the group's master. */
    public int index;
    public String nodeType;
    public String address;
    public String hostname;
    public List<String> after;
    public List<String> setup;
    /** In the order in which they start. */
    public List<String> services;
}
