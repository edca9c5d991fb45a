package org.jpsrun.local;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;

/** An environment as a state folder keeps it, for tests that need no nodes. */
final class TestEnvironments {
    private TestEnvironments() {}

    static Environment environment() {
        Environment environment = new Environment();
        environment.name = "shop";
        environment.displayName = "My Shop";
        environment.uid = 42;
        environment.owner = "a@example.com";
        environment.region = "eu-west-1";
        environment.provider = "aws";
        environment.role = "prod";
        environment.network = "10.99.9.0/24";
        environment.nodes = new ArrayList<>(Arrays.asList(node(1001, "cp", 0), node(1002, "cp", 1), node(1003, "sqldb", 0)));
        return environment;
    }

    private static Node node(int id, String group, int index) {
        Node node = new Node();
        node.id = id;
        node.group = group;
        node.index = index;
        node.nodeType = group.equals("cp") ? "tomcat9" : "mariadb";
        node.address = "10.99.9." + (id - 1000);
        node.hostname = "node" + id + "-shop";
        node.after = Collections.emptyList();
        node.setup = Collections.emptyList();
        node.services = Collections.emptyList();
        return node;
    }
}
