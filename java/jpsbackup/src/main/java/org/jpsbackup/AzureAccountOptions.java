package org.jpsbackup;

/** Which storage account, and what it is made as where it is made; every setter answers this object. */
public final class AzureAccountOptions {
    final String name;
    String group;
    String location;
    String sku;
    String kind;

    /** @param name 3 to 24 lower-case letters and digits */
    public AzureAccountOptions(String name) {
        this.name = name;
    }

    /** Resource group; default "paas_backup". */
    public AzureAccountOptions group(String group) {
        this.group = group;
        return this;
    }

    /** To make it: required, "westeurope". */
    public AzureAccountOptions location(String location) {
        this.location = location;
        return this;
    }

    /** To make it: default "Standard_RAGRS". */
    public AzureAccountOptions sku(String sku) {
        this.sku = sku;
        return this;
    }

    /** To make it: default "StorageV2". */
    public AzureAccountOptions kind(String kind) {
        this.kind = kind;
        return this;
    }

    byte[] nameBytes() {
        return Utf8.required("account's name", name);
    }

    byte[] groupBytes() {
        return Utf8.encode("resource group", group);
    }
}
