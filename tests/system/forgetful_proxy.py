"""Stands before an HTTP server, HOST:PORT as the argument, and loses the answer to the first request of each key that is
written: the server has acted on it, and the client's connection is reset. Writes its port to the file 'port', and each
request with the status that the server gave to the file 'requests'."""
import http.client
import http.server
import os
import random
import socket
import struct
import sys

forgotten = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def forward(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        server = http.client.HTTPConnection(sys.argv[1])
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            server.putheader(name, value)
        server.endheaders(body)
        answer = server.getresponse()
        reply = answer.read()
        lost = self.command == 'PUT' and self.path.count('/') > 1 and self.path not in forgotten
        with open('requests', 'a', encoding='utf-8') as log:
            log.write(f'{self.command} {self.path} {answer.status}{" lost" if lost else ""}\n')
        if lost:
            forgotten.add(self.path)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ('transfer-encoding', 'connection', 'content-length'):
                self.send_header(name, value)
        self.send_header('Content-Length', answer.getheader('Content-Length', '0') if self.command == 'HEAD' else str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward

    def log_message(self, *arguments):
        pass


while True:
    try:
        # See free_ports in scripts/servers/lib.sh.
        listener = http.server.ThreadingHTTPServer(('127.0.0.1', random.randrange(3000, 12000)), Handler)
        break
    except OSError:
        continue
with open('port.new', 'w', encoding='ascii') as port:
    port.write(str(listener.server_address[1]))
os.rename('port.new', 'port')
listener.serve_forever()
