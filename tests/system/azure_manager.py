"""Azure Resource Manager's calls for storage accounts, as Microsoft documents them (Storage resource provider, REST
reference, 2023-01-01), and strictly: what is not asked for exactly so is refused. Tokens must be signed by the login
service given, for this manager and this client.

usage: azure_manager.py LOGIN TENANT CLIENT SUBSCRIPTION
Writes its endpoint to the file 'manager', each request to 'manager.log', and each account's keys to 'keys'.
The first request is throttled once. The only resource group is 'paas_backup'; the name 'takenbyothers' is taken."""
import base64
import hashlib
import http.server
import json
import os
import random
import re
import sys
import time
import urllib.request

LOGIN, TENANT, CLIENT, SUBSCRIPTION = sys.argv[1:5]
VERSION = '2023-01-01'
ISSUER = f'{LOGIN}/{TENANT}/oauth2/v2.0'
PROVIDER = f'/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage'
ACCOUNT = re.compile(f'/subscriptions/{SUBSCRIPTION}/resourceGroups/([^/]+)/providers/Microsoft.Storage/storageAccounts/'
                     '([a-z0-9]{3,24})(/listKeys)?')
accounts, operations, throttled = {}, {}, []
# The login service answers without a proxy.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    def __init__(self, status, code, message, headers=()):
        super().__init__(code)
        self.status, self.headers = status, dict(headers)
        self.body = {'error': {'code': code, 'message': message}}


def decode(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def check_signature(signed, signature, key_id):
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2)."""
    keys = json.load(opener.open(f'{ISSUER}/jwks'))['keys']
    key = next(key for key in keys if key['kid'] == key_id)
    n, e = (int.from_bytes(decode(key[name]), 'big') for name in 'ne')
    size = (n.bit_length() + 7) // 8
    found = pow(int.from_bytes(signature, 'big'), e, n).to_bytes(size, 'big')
    digest = bytes.fromhex('3031300d060960864801650304020105000420') + hashlib.sha256(signed).digest()
    return found == b'\0\1' + b'\xff' * (size - len(digest) - 3) + b'\0' + digest


def check_token(header, endpoint):
    kind, _, token = (header or '').partition(' ')
    try:
        assert kind == 'Bearer'
        head, body, signature = token.split('.')
        claims, top = json.loads(decode(body)), json.loads(decode(head))
        assert top['alg'] == 'RS256' and check_signature(f'{head}.{body}'.encode(), decode(signature), top['kid'])
        assert claims['iss'] == ISSUER and claims['sub'] == CLIENT and claims['aud'] == f'{endpoint}/.default'
        assert claims['nbf'] <= time.time() < claims['exp']
    except (AssertionError, ValueError, KeyError, StopIteration):
        raise Refused(401, 'InvalidAuthenticationToken', 'The access token is invalid.',
                      {'WWW-Authenticate': f'Bearer authorization_uri="{LOGIN}/{TENANT}"'}) from None


def keys_of(name):
    return [base64.b64encode(hashlib.sha512(f'{name} {number}'.encode()).digest()).decode() for number in (1, 2)]


def describe(group, name, wish):
    return {'id': f'/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{name}',
            'name': name, 'type': 'Microsoft.Storage/storageAccounts', 'location': wish['location'], 'kind': wish['kind'],
            'sku': {'name': wish['sku']['name'], 'tier': 'Standard'}, 'tags': {},
            'properties': {**wish['properties'], 'provisioningState': 'Succeeded', 'statusOfPrimary': 'available',
                           'primaryLocation': wish['location'],
                           'primaryEndpoints': {'blob': f'https://{name}.blob.core.windows.net/'}}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, status, body=None, headers=()):
        data = b'' if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if body is not None:
            self.send_header('Content-Type', 'application/json; charset=utf-8')
        if status != 204:
            self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        data = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        with open('manager.log', 'a', encoding='utf-8') as log:
            log.write(f'{self.command} {self.path}\n')
        try:
            self.dispatch(data)
        except Refused as refused:
            self.answer(refused.status, refused.body, refused.headers)

    def dispatch(self, data):
        check_token(self.headers.get('Authorization'), self.server.endpoint)
        if not throttled:
            throttled.append(True)
            raise Refused(429, 'TooManyRequests', 'The request is being throttled.', {'Retry-After': '1'})
        path, _, query = self.path.partition('?')
        if query != f'api-version={VERSION}':
            raise Refused(400, 'InvalidApiVersionParameter', f'The api-version is invalid: {query}')
        body = None
        if data:
            if self.headers.get('Content-Type') != 'application/json':
                raise Refused(415, 'UnsupportedMediaType', 'The content media type is not supported.')
            body = json.loads(data)
        if path == f'{PROVIDER}/checkNameAvailability' and self.command == 'POST':
            return self.check_name(body)
        if path in operations and self.command == 'GET' and body is None:
            return self.progress(path)
        match = ACCOUNT.fullmatch(path)
        if not match:
            raise Refused(404, 'NotFound', f'The path {path} is not known.')
        if match[1].lower() != 'paas_backup':
            raise Refused(404, 'ResourceGroupNotFound', f"Resource group '{match[1]}' could not be found.")
        handle = {('PUT', False): self.create, ('GET', False): self.look, ('DELETE', False): self.delete,
                  ('POST', True): self.list_keys}.get((self.command, bool(match[3])))
        if handle is None or (body is not None) != (self.command == 'PUT'):
            raise Refused(405, 'HttpMethodNotSupported', 'The method or its body is not supported.')
        return handle(match[1], match[2], body)

    def check_name(self, body):
        if set(body) != {'name', 'type'} or body['type'] != 'Microsoft.Storage/storageAccounts':
            raise Refused(400, 'InvalidRequestContent', 'The request content is invalid.')
        if body['name'] in accounts or body['name'] == 'takenbyothers':
            return self.answer(200, {'nameAvailable': False, 'reason': 'AlreadyExists',
                                     'message': f'The storage account named {body["name"]} is already taken.'})
        return self.answer(200, {'nameAvailable': True})

    def create(self, group, name, wish):
        if set(wish) != {'sku', 'kind', 'location', 'properties'} or set(wish['sku']) != {'name'}:
            raise Refused(400, 'InvalidRequestContent', 'The request content is invalid.')
        if wish['properties'] != {'minimumTlsVersion': 'TLS1_2', 'allowBlobPublicAccess': False,
                                  'supportsHttpsTrafficOnly': True}:
            raise Refused(400, 'InvalidValuesForRequestParameters', 'Values for the request parameters are invalid.')
        if wish['location'] not in ('westeurope', 'northeurope'):
            raise Refused(400, 'LocationNotAvailableForResourceType',
                          f"The provided location '{wish['location']}' is not available for resource type "
                          "'Microsoft.Storage/storageAccounts'.")
        if name == 'takenbyothers':
            raise Refused(409, 'StorageAccountAlreadyTaken', f'The storage account named {name} is already taken.')
        path = f'{PROVIDER}/locations/{wish["location"]}/asyncoperations/{random.getrandbits(64):016x}'
        operations[path] = [2, group, name, wish]
        return self.answer(202, None, {'Location': f'{self.server.endpoint}{path}?api-version={VERSION}', 'Retry-After': '1'})

    def progress(self, path):
        operation = operations[path]
        operation[0] -= 1
        if operation[0] > 0:
            return self.answer(202, None, {'Location': f'{self.server.endpoint}{path}?api-version={VERSION}',
                                           'Retry-After': '1'})
        _, group, name, wish = operation
        accounts[name] = describe(group, name, wish)
        with open('keys', 'w', encoding='ascii') as keys:
            keys.write('\n'.join(keys_of(name)) + '\n')
        return self.answer(200, accounts[name])

    def find(self, group, name):
        if name not in accounts:
            raise Refused(404, 'ResourceNotFound', f"The Resource 'Microsoft.Storage/storageAccounts/{name}' under "
                                                   f"resource group '{group}' was not found.")
        return accounts[name]

    def look(self, group, name, _):
        return self.answer(200, self.find(group, name))

    def delete(self, _, name, __):
        return self.answer(200 if accounts.pop(name, None) else 204)

    def list_keys(self, group, name, _):
        self.find(group, name)
        if self.headers.get('Content-Length') != '0':
            raise Refused(411, 'LengthRequired', 'The request needs a length.')
        return self.answer(200, {'keys': [{'keyName': f'key{number}', 'value': value, 'permissions': 'FULL'}
                                          for number, value in enumerate(keys_of(name), 1)]})

    do_GET = do_PUT = do_POST = do_DELETE = serve

    def log_message(self, *arguments):
        pass


while True:
    try:
        # Below the ports that the kernel gives away by itself.
        server = http.server.ThreadingHTTPServer(('127.0.0.1', random.randrange(3000, 12000)), Handler)
        break
    except OSError:
        continue
server.endpoint = f'http://127.0.0.1:{server.server_address[1]}'
with open('manager.new', 'w', encoding='ascii') as ready:
    ready.write(server.endpoint)
os.rename('manager.new', 'manager')
server.serve_forever()
