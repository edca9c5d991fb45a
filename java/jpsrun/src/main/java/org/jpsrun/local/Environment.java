package org.jpsrun.local;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/** What is kept about one environment, in {@code environment.json}: written once, when it is created. */
final class Environment {
    public String name;
    public String displayName;
    public int uid;
    public String owner;
    public String region;
    public String provider;
    public String role;
    public String network;
    public List<Node> nodes;

    @JsonIgnore
    Subnet subnet() {
        return Subnet.parse(network);
    }
}
