package org.jpsbackup.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import org.apache.jackrabbit.core.data.DataIdentifier;
import org.apache.jackrabbit.core.data.DataRecord;
import org.apache.jackrabbit.core.data.DataStoreException;
import org.apache.jackrabbit.core.data.FileDataStore;

/** Binaries as files on this node's disk; one that another node wrote is fetched from there when first read. */
public final class PeerDataStore extends FileDataStore {
    private String peer = "";

    /** Set by Jackrabbit from the configuration: base URL of the other node's records, or empty. */
    public void setPeer(String peer) {
        this.peer = peer;
    }

    @Override
    public DataRecord getRecordIfStored(DataIdentifier identifier) throws DataStoreException {
        DataRecord record = super.getRecordIfStored(identifier);
        if (record != null || peer.isEmpty()) {
            return record;
        }
        try {
            URLConnection connection = URI.create(peer + identifier).toURL().openConnection();
            connection.setConnectTimeout(5_000);
            connection.setReadTimeout(30_000);
            try (InputStream in = connection.getInputStream()) {
                record = addRecord(in);
            }
        } catch (FileNotFoundException e) {
            return null;
        } catch (IOException e) {
            throw new DataStoreException("record " + identifier + " is neither here nor to be had from " + peer, e);
        }
        if (!record.getIdentifier().equals(identifier)) {
            throw new DataStoreException("record " + identifier + " came from " + peer + " as " + record.getIdentifier());
        }
        return record;
    }
}
