package org.jpsrun.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jpsrun.platform.EnvironmentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubnetTest {
    @ParameterizedTest
    @ValueSource(strings = {"10.1.2.0/24", "172.16.0.0/24", "172.31.255.0/24", "192.168.77.0/24"})
    void acceptsPrivateNetworks(String text) {
        assertEquals(text, Subnet.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.1.2.0", "10.1.2.0/16", "10.1.2.1/24", "10.1.256.0/24", "10.1.2.0/24 ", "127.0.0.0/24",
        "172.32.0.0/24", "192.169.0.0/24", "11.0.0.0/24", "::1/24"})
    void refusesOthers(String text) {
        assertThrows(EnvironmentException.class, () -> Subnet.parse(text));
    }

    @Test
    void givesAddresses() {
        Subnet subnet = Subnet.parse("10.1.2.0/24");
        assertEquals("10.1.2.7", subnet.address(7));
        assertEquals("10.1.2.254", subnet.gateway());
    }

    @ParameterizedTest
    @CsvSource({"10.1.2.3,32,true", "10.1.2.0,24,true", "10.1.2.200,25,true", "10.1.0.0,16,true", "10.0.0.1,8,true", "0.0.0.0,0,true",
        "10.1.3.0,24,false", "10.1.3.0,32,false", "10.2.0.0,16,false", "192.168.1.1,24,false"})
    void seesOverlaps(String address, int prefix, boolean expected) throws UnknownHostException {
        int number = Subnet.number(InetAddress.getByName(address).getAddress());
        assertEquals(expected, Subnet.parse("10.1.2.0/24").overlaps(number, prefix));
    }
}
