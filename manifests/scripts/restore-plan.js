// First step of restore.yml: checks the parameters, finds the backup, and makes sure that it is whole and of a form that
// can be restored. It changes nothing; what it finds out is the plan for the scripts after it.
import org.jpsbackup.script.Jpsbackup;
var ENV_NAME = '${env.envName}';
var GIVEN = {
    backup_name: '${settings.backup_name.toBase64()}',
    aws_access_key: '${settings.aws_access_key.toBase64()}',
    aws_secret_key: '${settings.aws_secret_key.toBase64()}',
    env: '${settings.env.toBase64()}',
    source_env: '${settings.source_env.toBase64()}',
    envrole_source: '${settings.envrole_source.toBase64()}',
    cloud_source: '${settings.cloud_source.toBase64()}',
    region_source: '${settings.region_source.toBase64()}',
    uid_source: '${settings.uid_source.toBase64()}',
    timestamp: '${settings.timestamp.toBase64()}',
    retention: '${settings.retention.toBase64()}',
    backtype: '${settings.backtype.toBase64()}',
    removeEnvlink: '${settings.removeEnvlink.toBase64()}',
    store: '${settings.store.toBase64()}',
    endpoint: '${settings.endpoint.toBase64()}',
    node_role: '${settings.node_role.toBase64()}',
    node_hours: '${settings.node_hours.toBase64()}'
};
${globals.library}
${globals.parameters}

// Whose backup it is: {provider, region, role, uid}, from one of three places.
function source(info, own) {
    var place, name = setting('source_env');
    var parts = ['cloud_source', 'region_source', 'envrole_source', 'uid_source'];
    var given = parts.filter(function (part) {
        return setting(part) !== '';
    });
    if (name !== '') {
        if (!/^[A-Za-z0-9.-]+$/.test(name)) {
            fail("parameter 'source_env' is '" + name + "': give the name of an environment");
        }
        var other = environmentInfo(name);
        var nodes = other.groups.proc || other.groups.es;
        if (!nodes) {
            fail("source environment '" + name + "' has neither a node group 'proc' nor 'es'");
        }
        place = placeOf(nodes[0], name);
        place.uid = ownerOf(other);
        return place;
    }
    if (given.length === 0) {
        own.uid = ownerOf(info);
        return own;
    }
    if (given.length < parts.length) {
        fail("parameters " + parts.join(', ') + " belong together: '" + given.join("', '") + "' alone does not tell where the backup lies");
    }
    return {
        provider: oneOf('cloud_source', setting('cloud_source'), ['aws', 'azure', 'ovh']),
        region: checkedPlace('region', 'region_source', setting('region_source')),
        role: oneOf('envrole_source', setting('envrole_source'), ['dev', 'preprod', 'prod']),
        uid: checkedPlace('uid', 'uid_source', setting('uid_source'))
    };
}

// The backup's objects by what they hold; all of them must be there.
function objectsOf(seal, needsBalancer) {
    var names = seal.objects.map(function (object) {
        return object.name;
    });
    function find(what, candidates) {
        var found = candidates.filter(function (name) {
            return names.indexOf(name) >= 0;
        });
        if (found.length === 0) {
            fail("the backup holds no " + what + ": none of '" + candidates.join("', '") + "' is among '" + names.join("', '") + "'");
        }
        return found[0];
    }
    return {
        database: find('database', ['database.xbstream.zst', 'database.tar', 'jahia.sql.gz']),
        data: find('data directory', ['digital-factory-data.tar.zst', 'digital-factory-data.tar.gz']),
        config: find('configuration', ['digital-factory-config.tar.zst', 'digital-factory-config.tar.gz']),
        variables: find('variables', ['jahia-env-vars.gz']),
        // The source may have had no balancer, the target may have none.
        balancer: needsBalancer && names.indexOf('haproxy-00-global.cfg.gz') >= 0 ? 'haproxy-00-global.cfg.gz' : null
    };
}

return run(function () {
    var plan = {
        log: '/var/log/jelastic-packages/restore.log',
        name: checkedName(setting('backup_name')),
        mode: oneOf('backtype', setting('backtype'), ['manual', 'auto']),
        removeLinks: oneOf('removeEnvlink', setting('removeEnvlink'), ['0', '1']) === '1',
        grantSeconds: checkedHours(setting('node_hours')) * 3600
    };
    checkedRole(setting('node_role'));
    var timestamp = checkedTimestamp(setting('timestamp'));
    checkedRetention(setting('retention'));
    oneOf('env', setting('env'), ['dev', 'preprod', 'prod']);

    var info = environmentInfo(ENV_NAME);
    requireJahia(info, ENV_NAME);
    if (info.groups.sqldb.length > 1) {
        fail("environment '" + ENV_NAME + "' has " + info.groups.sqldb.length + ' database nodes: a cluster cannot be restored yet');
    }
    plan.proc = info.groups.proc[0];
    plan.processing = info.groups.proc;
    plan.browsing = info.groups.cp || [];
    plan.database = info.groups.sqldb[0];
    plan.balancers = info.groups.bl || [];

    var own = placeOf(plan.proc);
    plan.role = own.role;
    var from = source(info, own);
    var where = whereabouts(from, from.uid, plan.name);
    plan.store = where.store;
    plan.bucket = where.bucket;
    var store = withKeys(plan.store);
    var seal = engine("looking for the backup '" + plan.name + "'", Jpsbackup.showBackup({
        store: store, bucket: plan.bucket, name: plan.name, timestamp: timestamp, mode: plan.mode
    })).backup;
    // "Latest" is decided here once, so that every node restores the same backup.
    plan.timestamp = String(seal.timestamp);
    plan.old = seal.format === 'old';
    plan.objects = objectsOf(seal, plan.balancers.length > 0);
    // What a node may read for each of them, beside the seal.
    plan.folder = plan.name + '_' + plan.timestamp + '_' + plan.mode;
    plan.segments = {};
    seal.objects.forEach(function (object) {
        plan.segments[object.name] = (object.segments || [object]).map(function (segment) {
            return String(segment.name);
        });
    });
    engine('checking the backup', Jpsbackup.verifyBackup({
        store: store, bucket: plan.bucket, name: plan.name, timestamp: plan.timestamp, mode: plan.mode, full: false
    }));
    return keepPlan(plan);
});
