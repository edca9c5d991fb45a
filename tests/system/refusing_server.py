"""An S3 endpoint that refuses all credentials, or with the argument "stall" takes requests and never answers. Writes its port to the file
'port'. With a certificate (two files) it speaks TLS."""
import http.server
import os
import random
import ssl
import sys
import time

BODY = (b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidAccessKeyId</Code>'
        b'<Message>The key does not exist.</Message></Error>')


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        with open('requests', 'a', encoding='utf-8') as log:
            log.write(f'{self.command} {self.path} {self.headers.get("Authorization", "")}\n')
        if sys.argv[1] == 'stall':
            time.sleep(1000)
        length = int(self.headers.get('Content-Length') or 0)
        self.rfile.read(length)
        self.send_response(403)
        self.send_header('Content-Type', 'application/xml')
        self.send_header('Content-Length', str(len(BODY)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(BODY)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *arguments):
        pass


while True:
    try:
        # Below the ports that the kernel gives away by itself.
        server = http.server.ThreadingHTTPServer(('127.0.0.1', random.randrange(3000, 12000)), Handler)
        break
    except OSError:
        continue
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open('port.new', 'w', encoding='ascii') as port:
    port.write(str(server.server_address[1]))
os.rename('port.new', 'port')
server.serve_forever()
