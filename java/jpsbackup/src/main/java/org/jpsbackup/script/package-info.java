/** What the scripts of the platform's manifests call: {@link org.jpsbackup.script.Jpsbackup}. */
package org.jpsbackup.script;
