// Prints the catalog of the environment's owner, as the platform's front end reads it.
import org.jpsbackup.script.Jpsbackup;
var ENV_NAME = '${env.envName}';
var GIVEN = {
    aws_access_key: '${settings.aws_access_key.toBase64()}',
    aws_secret_key: '${settings.aws_secret_key.toBase64()}',
    env: '${settings.env.toBase64()}',
    store: '${settings.store.toBase64()}',
    endpoint: '${settings.endpoint.toBase64()}',
    node_role: ''
};
${globals.library}
${globals.parameters}

return run(function () {
    oneOf('env', setting('env'), ['dev', 'preprod', 'prod']);
    var info = environmentInfo(ENV_NAME);
    var nodes = info.groups.proc || info.groups.es;
    if (!nodes) {
        fail("environment '" + ENV_NAME + "' has neither a node group 'proc' nor 'es'");
    }
    var place = placeOf(nodes[0]);
    var uid = ownerOf(info);
    var catalog = catalogOf(checkedStore(place.provider, place.region, bucketName(place.role, uid, place.region)), place.role, uid);
    var list = engine('reading the catalog', Jpsbackup.listCatalog({
        store: withKeys(catalog.store, catalog.region), bucket: catalog.bucket, key: catalog.key
    }));
    var listed = JSON.stringify({backups: list.backups}, null, 2).replace(/\$\{/g, '$ {');
    return {result: 0, backups: list.backups, onAfterReturn: {setGlobals: {backups: listed}}};
});
