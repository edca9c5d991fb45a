// The backup itself, from the claim of its name to its place in the catalog. One script drives all of it, because a
// manifest's steps cannot catch errors, and a claim must not stay behind when a step fails: here it is discarded.
import org.jpsbackup.script.Jpsbackup;
var ENV_NAME = '${env.envName}';
var NODE_DIGEST = '${globals.nodeBundleDigest}';
var PLAN = '${globals.plan}';
var GIVEN = {
    aws_access_key: '${settings.aws_access_key.toBase64()}',
    aws_secret_key: '${settings.aws_secret_key.toBase64()}',
    node_role: '${settings.node_role.toBase64()}'
};
${globals.library}

// Sizes that objects stay below, in MiB: where requests are signed for a node, they decide how many parts there may be.
var LARGE = 1048576, SMALL = 1024;

// Is the description about the object of this name, and its segments (NAME, NAME.001, …) alone?
function describes(description, name) {
    return description.name === name && Array.isArray(description.segments) && description.segments.every(function (segment, i) {
        return segment !== null && segment.name === (i === 0 ? name : name + '.' + (i < 100 ? ('00' + i).slice(-3) : i));
    });
}

// Puts one object of the backup from a node. `source` are the options that say what is put.
function put(plan, claim, nodeId, what, object, size, source, argv) {
    var words = ['put'].concat(source, ['--alive', claim.folder + '/alive.' + nodeId]);
    // An archive of a tree gets an index of its members beside it, an object of its own.
    var objects = [object];
    if (source.indexOf('--tree') >= 0) {
        words.push('--index');
        objects.push(object + '.index.zst');
    }
    // Of the arguments only a file comes before the object's name.
    var account = command(plan, nodeId, what, words.concat([plan.bucket + '/' + claim.folder + '/' + object]), argv,
        {write: objects.map(function (name) { return claim.folder + '/' + name; }), writeSmall: [claim.folder + '/alive.' + nodeId], sizeMiB: size});
    // The seal takes the node's words for this object, its index and their own segments alone; that the store holds
    // them the engine asks itself.
    var own = describes(account, object) && (objects.length === 1 ? !account.index : account.index && describes(account.index, objects[1]));
    if (!own) {
        fail(what + ' on node ' + nodeId + ": its account is about another object than '" + object + "'");
    }
    return account;
}

// The database node with the fewest open connections, and whether it is a ready member of a cluster.
function chooseDatabase(plan) {
    var best = null;
    plan.databases.forEach(function (id) {
        var status = values(must(id, 'asking the database',
            'client=$(command -v mariadb || command -v mysql) || { echo "no database client" >&2; exit 1; }\n'
            + '"$client" --user=root --batch --skip-column-names --execute "SHOW GLOBAL STATUS WHERE Variable_name IN '
            + "('Threads_connected', 'wsrep_ready')\" < /dev/null | tr '\\t' '='").replace(/\r/g, ''));
        var found = {id: id, connections: Number(status.Threads_connected), cluster: status.wsrep_ready === 'ON'};
        if (isNaN(found.connections)) {
            fail('the database on node ' + id + ' does not tell its number of connections');
        }
        if (best === null || found.connections < best.connections) {
            best = found;
        }
    });
    best.tool = must(best.id, "looking for 'mariabackup'", 'command -v mariabackup || command -v mariadb-backup').split('\n')[0];
    return best;
}

function putAll(plan, claim) {
    var objects = [];
    var database = chooseDatabase(plan);
    var producer = [database.tool, '--backup', '--stream=xbstream', '--user=root'];
    if (database.cluster) {
        producer.push('--galera-info');
    }
    objects.push(put(plan, claim, database.id, 'the backup of the database', 'database.xbstream.zst', LARGE,
        ['--command', '--success-text', 'completed OK!'], producer));
    objects.push(put(plan, claim, plan.proc, 'the backup of the data directory', 'digital-factory-data.tar.zst', LARGE,
        ['--tree', '/data/digital-factory-data'], null));
    objects.push(put(plan, claim, plan.proc, 'the backup of the configuration', 'digital-factory-config.tar.zst', SMALL,
        ['--strict', '--tree', '/opt/tomcat/conf/digital-factory-config'], null));
    objects.push(put(plan, claim, plan.proc, 'the backup of the variables', 'jahia-env-vars.gz', SMALL, ['--command'],
        ['sed', '-n', '-e', '/^jahia_cfg_/p', '-e', '/^tomcat_cfg_/p', '/.jelenv']));
    if (plan.balancer !== null) {
        objects.push(put(plan, claim, plan.balancer, "the backup of HAProxy's file", 'haproxy-00-global.cfg.gz', SMALL,
            ['/etc/haproxy/haproxy.cfg.d/00-global.cfg'], null));
    }
    return objects;
}

return run(function () {
    var plan = keptPlan();
    if (plan.location !== null) {
        // One that is there stays as it is.
        engine('making the storage account', Jpsbackup.azureCreateAccount({
            azure: azure(), name: accountOf(plan.store), location: plan.location
        }));
    }
    var store = withKeys(plan.store);
    var catalog = {store: withKeys(plan.catalog.store, plan.catalog.region), bucket: plan.catalog.bucket, key: plan.catalog.key};
    startNodes(plan, plan.databases.concat([plan.proc], plan.balancer === null ? [] : [plan.balancer]));

    var claim = engine('claiming the name', Jpsbackup.beginBackup({
        store: store, bucket: plan.bucket, name: plan.name, timestamp: plan.timestamp, mode: plan.mode,
        environment: plan.environment
    })).claim;
    var seal;
    try {
        seal = engine('completing the backup', Jpsbackup.completeBackup({
            store: store, bucket: plan.bucket, claim: claim, objects: putAll(plan, claim)
        })).backup;
    } catch (e) {
        var left = toNative(Jpsbackup.discardBackup({store: store, bucket: plan.bucket, claim: claim}));
        fail(reason(e) + (Number(left.result) === 0 ? '; nothing of this backup remains'
            : "; what was already stored remains in '" + claim.folder + "', unfinished: " + left.error));
    }

    // From here on the backup is whole; a failure below must not cost it.
    var whole = "the backup '" + claim.folder + "' is complete, but ";
    // First, so that a trouble with the catalog does not leave it open to removal; and a trouble here not unlisted.
    var protection = plan.lock === null ? null : Jpsbackup.protectBackup({
        store: store, bucket: plan.bucket, name: plan.name, timestamp: plan.timestamp, mode: plan.mode,
        lock: plan.lock.lock, lockDays: plan.lock.lockDays
    });
    var entry = {name: plan.name, timestamp: plan.timestamp, mode: plan.mode, size: seal.size};
    Object.keys(plan.environment).forEach(function (name) {
        entry[name] = plan.environment[name];
    });
    engine(whole + 'it is not listed: entering it in the catalog', Jpsbackup.addToCatalog({
        store: catalog.store, bucket: catalog.bucket, key: catalog.key, entry: entry
    }));
    if (protection !== null) {
        engine(whole + 'it is not protected against removal', protection);
    }
    if (plan.mode === 'auto') {
        engine(whole + 'rotating the older ones', Jpsbackup.rotateBackups({
            store: store, bucket: plan.bucket, name: plan.name, mode: 'auto', keep: plan.retention, catalog: catalog
        }));
    }
    return {result: 0, folder: claim.folder, size: seal.size};
});
