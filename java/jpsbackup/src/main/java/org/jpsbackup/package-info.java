/**
 * Backs environments up into object storage and restores them, verified: the Java interface to the native library.
 *
 * <p>A {@link org.jpsbackup.Store} says where objects lie. {@link org.jpsbackup.Backups}, {@link org.jpsbackup.Catalog} and
 * {@link org.jpsbackup.Restore} work on it, each call under an {@link org.jpsbackup.Operation}, which reports progress and can be
 * cancelled; {@code null} in its place means one that nobody watches. Failures are {@link org.jpsbackup.JpsBackupException}s. Accounts
 * are JSON objects as plain maps, lists, strings, booleans and longs, in the forms of docs/formats.md.
 *
 * <p>Local paths are strings, not {@code Path}s, because a JVM that runs in the C locale cannot express all file names as paths; the
 * library reads them as UTF-8.
 */
package org.jpsbackup;
